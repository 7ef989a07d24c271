//! Templates: a tenant's library of ready messages.

mod render;

pub use render::{Rendering, TemplateCheck};

use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

use super::{Account, IfMatch, List, list::ListName, member, query::Query, require_any};
use crate::{
    access::Principal,
    json_size::{self, MOST_HANDED_ON},
    model::{Scope, Template, TemplateName, TemplateNameFault, TemplateSummary},
    port::{Clock, Entropy, Files, Replaced, TemplateLibrary},
    problem::{Fault, Faults, Problem, Reader},
    send::{body::Body, order::draw_request_identifier},
    template::Definition,
};

/// How long such a link works.
const LINK_LIFE: Duration = Duration::from_secs(15 * 60);
/// How often a new version is planned again when somebody else made one meanwhile.
const TRIES: usize = 4;

/// A version that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The version in short.
    pub summary: TemplateSummary,
    /// Whether this request made it, and the template with it.
    pub kept: Kept,
    /// What would be refused when it is sent, as far as a trial with sample values shows.
    pub warnings: Vec<Fault>,
}

/// What became of a template that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is the first version.
    First,
    /// It is a further version.
    Next,
    /// The latest version says the same already.
    Before,
}

/// A version as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadTemplate {
    /// The version.
    pub template: Template,
    /// Where its contents are answered, when they are too large for one answer, and until when.
    pub link: Option<(String, Timestamp)>,
}

/// A name to make, and what it says.
struct Asked {
    name: TemplateName,
    definition: Definition,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: TemplateLibrary + Files,
    C: Clock + Entropy,
{
    /// Makes a template: `{"name", "type", "content", "description"?, "locale"?, "locales"?,
    /// "variables"?}`, or `{"uploadId"}` alone, then that upload is the body.
    pub async fn create_template(
        &self,
        principal: &Principal,
        body: &[u8],
    ) -> Result<Written, Problem> {
        principal.require(Scope::Admin)?;
        let asked = self.asked(principal, None, body).await?;
        let warnings = asked.definition.warnings.clone();
        let template = self.version(principal, asked, 1);
        if let Some(existing) = self.store.template(&principal.tenant, &template.name, None).await?
        {
            // The same again: a request whose answer was lost.
            if existing.says_the_same(&template) {
                return Ok(Written { summary: existing.summary(), kept: Kept::Before, warnings });
            }
            return Err(Problem::template_exists().detail("PUT makes a new version of it."));
        }
        self.room_for_one_more(principal).await?;
        match self.store.put_template(&template).await? {
            Replaced::Done => {
                Ok(Written { summary: template.summary(), kept: Kept::First, warnings })
            }
            Replaced::Moved => Err(Problem::template_exists()),
        }
    }

    /// Makes a new version of a template, or the first; no new one if the latest says the same.
    pub async fn replace_template(
        &self,
        principal: &Principal,
        name: &str,
        if_match: Option<&str>,
        body: &[u8],
    ) -> Result<Written, Problem> {
        principal.require(Scope::Admin)?;
        let if_match = IfMatch::parse(if_match)?;
        let asked = self.asked(principal, Some(name), body).await?;
        let warnings = asked.definition.warnings.clone();
        let mut template = self.version(principal, asked, 1);
        for _ in 0..TRIES {
            let latest = self.store.template(&principal.tenant, &template.name, None).await?;
            template.version = match &latest {
                Some(latest) if latest.says_the_same(&template) => {
                    return Ok(Written { summary: latest.summary(), kept: Kept::Before, warnings });
                }
                Some(latest) => {
                    if_match.check(latest.version.into())?;
                    latest.version + 1
                }
                None if if_match == IfMatch::Any => {
                    self.room_for_one_more(principal).await?;
                    1
                }
                None => return Err(Problem::conflict().detail("There is no such template now.")),
            };
            if self.store.put_template(&template).await? == Replaced::Done {
                let kept = if latest.is_some() { Kept::Next } else { Kept::First };
                return Ok(Written { summary: template.summary(), kept, warnings });
            }
        }
        Err(Problem::conflict().retry_after(1))
    }

    /// The tenant's templates in short, by name.
    pub async fn list_templates(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<TemplateSummary>, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let all = self.store.templates(&principal.tenant).await?;
        let list = ListName { tenant: &principal.tenant, name: "templates" };
        self.page(list, all, |template| template.name.as_str(), paging)
    }

    /// The versions of a template in short, oldest first.
    pub async fn list_template_versions(
        &self,
        principal: &Principal,
        name: &str,
        query: &[(String, String)],
    ) -> Result<List<TemplateSummary>, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let name = known(name)?;
        let all = self.store.template_versions(&principal.tenant, &name).await?;
        if all.is_empty() {
            return Err(Problem::not_found());
        }
        let numbered = all.into_iter().map(|version| (format!("{:010}", version.version), version));
        let list = format!("template-versions-{}", name.as_str());
        let list = ListName { tenant: &principal.tenant, name: &list };
        let page = self.page(list, numbered.collect(), |(number, _)| number.as_str(), paging)?;
        Ok(page.map(|(_, version)| version))
    }

    /// A template, or the version that the query names.
    pub async fn template(
        &self,
        principal: &Principal,
        name: &str,
        query: &[(String, String)],
    ) -> Result<ReadTemplate, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let template = self.own_template(principal, name, query).await?;
        let Template { tenant, name, version, content, locales, variables, schema, .. } = &template;
        let said = (content, locales, variables, schema);
        // What is too large for one answer is answered by a link.
        let link = if json_size::handed_on(&said) > MOST_HANDED_ON {
            let link = self.store.template_link(tenant, name, *version, LINK_LIFE).await?;
            link.map(|url| (url, self.clock.now() + LINK_LIFE))
        } else {
            None
        };
        Ok(ReadTemplate { template, link })
    }

    /// What the variables of a template have to be, as JSON Schema.
    pub async fn template_schema(
        &self,
        principal: &Principal,
        name: &str,
        query: &[(String, String)],
    ) -> Result<Value, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        Ok(self.own_template(principal, name, query).await?.schema)
    }

    /// Deletes a template with all its versions. Messages that were taken are not touched: they were
    /// filled when they were taken.
    pub async fn delete_template(
        &self,
        principal: &Principal,
        name: &str,
        if_match: Option<&str>,
    ) -> Result<(), Problem> {
        principal.require(Scope::Admin)?;
        let if_match = IfMatch::parse(if_match)?;
        let name = known(name)?;
        for _ in 0..TRIES {
            let latest = self.store.latest_template(&principal.tenant, &name).await?;
            let latest = latest.ok_or_else(Problem::not_found)?.version;
            if_match.check(latest.into())?;
            let deleted = self.store.delete_template(&principal.tenant, &name, latest).await?;
            if deleted == Replaced::Done {
                return Ok(());
            }
        }
        Err(Problem::conflict().retry_after(1))
    }

    async fn own_template(
        &self,
        principal: &Principal,
        name: &str,
        query: &[(String, String)],
    ) -> Result<Template, Problem> {
        let mut query = Query::new(query);
        let version = query.parsed("version", version);
        query.finish(Some(()))?;
        let found = self.store.template(&principal.tenant, &known(name)?, version).await?;
        found.ok_or_else(Problem::not_found)
    }

    /// Reads the body of a template: the name is in it, or in the path.
    async fn asked(
        &self,
        principal: &Principal,
        in_path: Option<&str>,
        body: &[u8],
    ) -> Result<Asked, Problem> {
        let Body { map, .. } = Body::read(&self.store, &principal.tenant, body).await?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let name = match in_path {
            None => reader.parsed("name", TemplateName::parse, &mut faults),
            Some(path) => {
                let same = |text: &str| (text == path).then_some(()).ok_or("as in the path");
                member::optional_parsed(&mut reader, "name", same, &mut faults);
                let odd = |odd: TemplateNameFault| Fault::new("", "template_name", odd.to_string());
                TemplateName::parse(path).map_err(|fault| faults.push(odd(fault))).ok()
            }
        };
        let definition =
            Definition::read(&mut reader, &draw_request_identifier(&self.clock), &mut faults);
        reader.finish(&mut faults);
        let (name, definition) = faults.finish(name.zip(definition))?;
        Ok(Asked { name, definition })
    }

    fn version(&self, principal: &Principal, asked: Asked, version: u32) -> Template {
        let Asked { name, definition } = asked;
        Template {
            tenant: principal.tenant.clone(),
            name,
            version,
            kind: definition.kind,
            description: definition.description,
            locale: definition.locale,
            content: definition.content,
            locales: definition.locales,
            variables: definition.variables,
            schema: definition.schema,
            created_at: self.clock.now(),
        }
    }

    async fn room_for_one_more(&self, principal: &Principal) -> Result<(), Problem> {
        if self.store.templates(&principal.tenant).await?.len() < Template::MAX_PER_TENANT {
            return Ok(());
        }
        let detail = format!("A tenant has at most {}.", Template::MAX_PER_TENANT);
        Err(Problem::too_many_templates().detail(detail))
    }
}

/// A name in a path; what is no name names nothing.
fn known(name: &str) -> Result<TemplateName, Problem> {
    TemplateName::parse(name).map_err(|_odd| Problem::not_found())
}

fn version(text: &str) -> Result<u32, &'static str> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let version = text.parse().ok().filter(|version| digits && *version > 0);
    version.ok_or("a whole number from 1 on")
}
