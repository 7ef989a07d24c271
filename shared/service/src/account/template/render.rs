//! Trying templates: filled with real variables, or checked before they are kept.

use amb_protocol::{
    compose::{Composing, ContentType, MerchantDefaults, compose},
    rules::RulePack,
};
use serde_json::{Map, Value};
use std::fmt;

use super::known;
use crate::{
    access::Principal,
    account::{Account, member, optional_body, require_any},
    json_size::{self, MOST_HANDED_ON},
    model::Scope,
    port::{Clock, Entropy, Files, TemplateLibrary},
    problem::{Fault, Faults, Problem, Reader},
    send::{body::Body, order::draw_request_identifier},
    template::{Definition, TemplateCall, fill_with},
};

/// A filled template, and whether it could be sent.
#[derive(Clone, PartialEq)]
pub struct Rendering {
    /// What it is.
    pub kind: ContentType,
    /// The content.
    pub content: Value,
    /// The version used.
    pub version: u32,
    /// The locale used.
    pub locale: Option<String>,
    /// What would be refused; pointers are into the answer.
    pub errors: Vec<Fault>,
}

impl fmt::Debug for Rendering {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendering")
            .field("kind", &self.kind)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What a check of a template finds.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateCheck {
    /// Why it would not be kept.
    pub errors: Vec<Fault>,
    /// What would be refused when it is sent, as far as a trial with sample values shows.
    pub warnings: Vec<Fault>,
    /// What its variables would have to be.
    pub schema: Option<Value>,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: TemplateLibrary + Files,
    C: Clock + Entropy,
{
    /// Fills a template: `{"variables"?, "locale"?, "version"?}`.
    pub async fn render_template(
        &self,
        principal: &Principal,
        name: &str,
        body: &[u8],
    ) -> Result<Rendering, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let body = optional_body(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&body.0);
        let nothing = Map::new();
        let variables = match reader.optional("variables") {
            None => &nothing,
            Some(Value::Object(variables)) => variables,
            Some(_) => {
                faults.push(Fault::new("/variables", "type", "an object is expected"));
                &nothing
            }
        };
        let locale = reader.optional_text("locale", 35, &mut faults);
        let version = member::whole(&mut reader, "version", 1..=u32::MAX.into(), &mut faults);
        reader.finish(&mut faults);
        let version = version.and_then(|version| u32::try_from(version).ok());
        faults.finish(Some(()))?;

        let template = self.store.template(&principal.tenant, &known(name)?, version).await?;
        let template = template.ok_or_else(Problem::not_found)?;
        let call = TemplateCall { name, version, locale, variables };
        let filled = fill_with(&template, &call, "").map_err(Problem::faulty)?;
        if json_size::handed_on(&filled.content) > MOST_HANDED_ON {
            let fix = "POST /v1/messages/validate with it: there long strings are left out";
            let fault =
                Fault::new("", "template_too_large", "what it makes is too large to be shown");
            return Err(Problem { errors: vec![fault.fix(fix)], ..Problem::too_large() });
        }
        // Which business it will be of is not known yet.
        let sample = MerchantDefaults::sample();
        let drawn = draw_request_identifier(&self.clock);
        let how = Composing {
            pack: RulePack::latest(),
            truncate: false,
            request_identifier: &drawn,
            merchant: Some(&sample),
        };
        let composed = compose(filled.kind, &filled.content, "/content", &how);
        Ok(Rendering {
            kind: filled.kind,
            content: filled.content,
            version: filled.version,
            locale: filled.locale,
            errors: composed.err().unwrap_or_default(),
        })
    }

    /// Checks a template without keeping it: a body as [`create_template`](Self::create_template)
    /// takes it, with or without a name.
    pub async fn validate_template(
        &self,
        principal: &Principal,
        body: &[u8],
    ) -> Result<TemplateCheck, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let Body { map, .. } = Body::read(&self.store, &principal.tenant, body).await?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let parse = |text: &str| crate::model::TemplateName::parse(text);
        member::optional_parsed(&mut reader, "name", parse, &mut faults);
        let read =
            Definition::read(&mut reader, &draw_request_identifier(&self.clock), &mut faults);
        reader.finish(&mut faults);
        Ok(match faults.finish(read) {
            Ok(read) => TemplateCheck {
                errors: Vec::new(),
                warnings: read.warnings,
                schema: Some(read.schema),
            },
            Err(problem) => {
                TemplateCheck { errors: problem.errors, warnings: Vec::new(), schema: None }
            }
        })
    }
}
