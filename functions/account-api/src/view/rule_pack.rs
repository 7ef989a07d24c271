use amb_protocol::rules::{Rule, RulePack};
use serde::Serialize;

/// A rule pack: what Apple enforced at a time.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = RulePack))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RulePackView {
    /// What `rulePack` of a message calls it.
    name: &'static str,
    /// It holds for messages that name none.
    latest: bool,
    rules: Vec<RuleView>,
}

/// One rule, and its limit if it has one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Rule))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleView {
    /// As `rule` of a fault has it.
    id: &'static str,
    /// Where it holds.
    place: &'static str,
    /// The least, where there has to be so much.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<u64>,
    /// The most, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// What these count.
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'static str,
    /// Where it is written down.
    source: &'static str,
}

/// A rule pack, in the list of them.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = RulePackName))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RulePackNameView {
    name: &'static str,
    latest: bool,
    /// How many rules it has.
    rules: usize,
}

impl From<&'static RulePack> for RulePackView {
    fn from(pack: &'static RulePack) -> Self {
        let rules = pack.rules().iter().map(RuleView::from).collect();
        Self { name: pack.name(), latest: is_latest(pack), rules }
    }
}

impl From<&'static RulePack> for RulePackNameView {
    fn from(pack: &'static RulePack) -> Self {
        Self { name: pack.name(), latest: is_latest(pack), rules: pack.rules().len() }
    }
}

impl From<&Rule> for RuleView {
    fn from(rule: &Rule) -> Self {
        let Rule { id, place, least, limit, unit, source } = *rule;
        Self { id, place, least, limit, unit, source }
    }
}

fn is_latest(pack: &RulePack) -> bool {
    pack.name() == RulePack::latest().name()
}
