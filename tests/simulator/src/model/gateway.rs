use serde::{Deserialize, Serialize};

use super::content::ContentSettings;

/// How Apple's gateway behaves where it could behave in more than one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GatewaySettings {
    /// By which rules messages are refused, such as `apple-2022`. Default: the latest.
    pub rule_pack: String,
    /// When `include-data-ref: true` is answered with a reference.
    pub data_refs: DataRefs,
    /// How long a reference can be used, in milliseconds. Default: 30 days.
    pub data_ref_life_ms: u64,
    /// Pages, beside the simulator's own `/shop/clip`, that have an App Clip.
    pub app_clips: Vec<String>,
    /// Files and large payloads.
    pub content: ContentSettings,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            rule_pack: amb_protocol::rules::RulePack::latest().name().to_owned(),
            data_refs: DataRefs::default(),
            data_ref_life_ms: 30 * 24 * 60 * 60 * 1000,
            app_clips: Vec::new(),
            content: ContentSettings::default(),
        }
    }
}

/// When `include-data-ref: true` is answered with a reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataRefs {
    /// For interactive content of more than 10 KB, as Apple documents.
    #[default]
    WhenLarge,
    /// For any interactive content.
    Always,
    /// Not at all.
    Never,
}

/// One reason why the gateway refused a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireFault {
    /// Where in the message, as a JSON Pointer.
    pub pointer: String,
    /// The rule broken; `field` for what MSPs report and no document of Apple's says.
    pub rule: String,
    /// What is wrong.
    pub message: String,
}
