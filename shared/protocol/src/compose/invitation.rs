//! Invitations to a phone number. Apple's page was not to be had: templates and limits are as
//! independent implementations send them.

use serde_json::{Map, Value, json};

use super::{
    Channel, Draft, ImageSource, Need, PendingImage, Slot,
    check::Check,
    image,
    interactive::{self, BUSINESS_BID},
    object::Object,
    private, wire,
};
use crate::{
    id::RequestIdentifier,
    rules::{Fault, RulePack},
};

/// The one of Apple's templates that shows the brand's logo.
const WITH_IMAGE: &str = "binaryChoice.engage.withImage";

/// `notification`.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What ties the answer to it.
    pub request_identifier: RequestIdentifier,
    /// One of Apple's templates.
    pub template_id: String,
    /// The language of the template, such as `en-us`.
    pub locale: String,
    /// The business's own reference, which comes back when the customer declines.
    pub reference_id: String,
    /// The brand's name, and what else the template takes.
    pub parameters: Map<String, Value>,
    /// The brand's logo, with the place in the business's request.
    pub brand_logo: Option<(ImageSource, String)>,
}

private!(Invitation);

impl Invitation {
    /// What `template_id` may be: with the brand's logo, and without.
    pub const TEMPLATES: [&'static str; 2] = [WITH_IMAGE, "binaryChoice.engage.noImage"];

    /// Reads a message as it goes over Apple's wire. All faults at once.
    pub fn parse(message: &Value, pack: &RulePack) -> Result<Self, Vec<Fault>> {
        let read = |interactive: &mut Object<'_>, check: &mut Check<'_>| {
            let mut data = interactive.object("data", check)?;
            Self::read_wire(&mut data, check)
        };
        wire::parse(message, "interactiveData", read, pack)
    }

    /// The message without its logo.
    pub fn draft(&self, pack: &RulePack) -> Draft {
        let mut parameters = self.parameters.clone();
        let mut needs = Vec::new();
        if let Some((source, origin)) = &self.brand_logo {
            parameters.insert("brandLogo".to_owned(), json!(""));
            needs.push(Need::Image(PendingImage {
                pointer: "/interactiveData/data/notification/parameters/brandLogo".to_owned(),
                origin: origin.clone(),
                slot: Slot::BrandLogo,
                source: source.clone(),
            }));
        }
        let notification = json!({
            "templateId": self.template_id,
            "locale": self.locale,
            "referenceId": self.reference_id,
            "parameters": parameters,
        });
        let data = json!({
            "version": "1.0",
            "requestIdentifier": self.request_identifier,
            "notification": notification,
        });
        let mut invitation = Map::new();
        invitation.insert("bid".to_owned(), json!(BUSINESS_BID));
        invitation.insert("useLiveLayout".to_owned(), json!(true));
        invitation.insert("data".to_owned(), data);
        Draft {
            request_identifier: Some(self.request_identifier.clone()),
            needs,
            pack: pack.name().to_owned(),
            ..Draft::plain(interactive::body(invitation), Channel::Notification)
        }
    }

    /// Reads a business's content.
    pub(super) fn read_content(
        content: &mut Object<'_>,
        drawn: &RequestIdentifier,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let request_identifier = interactive::request_identifier(content, drawn, check);
        Self::read(content, request_identifier, check)
    }

    /// Reads `data` of an invitation.
    pub(super) fn read_wire(data: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let request_identifier = interactive::envelope(data, check);
        let mut notification = data.object("notification", check)?;
        Self::read(&mut notification, request_identifier, check)
    }

    fn read(
        object: &mut Object<'_>,
        request_identifier: Option<RequestIdentifier>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        object.required("templateId", check);
        let template_id = object.word("templateId", &Self::TEMPLATES, "invitation_template", check);
        let locale = locale(object, check);
        let reference_id = reference_id(object, check);
        let parameters = object.object("parameters", check).and_then(|mut parameters| {
            let brand_name = parameters.shown("brandName", "invitation_brand_length", check);
            let brand_logo = brand_logo(&mut parameters, template_id, check);
            let rest = parameters.rest().map(|(name, value)| (name.clone(), value.clone()));
            let mut all = Map::new();
            all.insert("brandName".to_owned(), json!(brand_name?));
            all.extend(rest);
            Some((all, brand_logo))
        });
        let (parameters, brand_logo) = parameters?;
        Some(Self {
            request_identifier: request_identifier?,
            template_id: template_id?.to_owned(),
            locale: locale.to_owned(),
            reference_id: reference_id?.to_owned(),
            parameters,
            brand_logo,
        })
    }
}

/// A language, and a region if there is one: `en-us`.
fn locale<'v>(object: &mut Object<'v>, check: &mut Check<'_>) -> &'v str {
    let locale = object.optional_string("locale", check).unwrap_or("en-us");
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().is_some_and(|part| (2..=3).contains(&part.len()));
    let letters = locale.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !language || !letters || parts.any(str::is_empty) {
        let message = "a locale such as en-us is expected";
        check.fault(Fault::new(object.pointer("locale"), "invitation_locale", message));
    }
    locale
}

fn reference_id<'v>(object: &mut Object<'v>, check: &mut Check<'_>) -> Option<&'v str> {
    let reference = object.string("referenceId", check)?;
    let most = check.limit("invitation_reference_length").unwrap_or(u64::MAX);
    let length = reference.chars().count();
    if length as u64 > most {
        let message = format!("at most {most} characters are taken");
        let fault =
            Fault::new(object.pointer("referenceId"), "invitation_reference_length", message);
        check.fault(fault.limit(most, length));
    }
    if reference.contains(['"', '\'']) {
        let message = "quotes are not taken";
        let pointer = object.pointer("referenceId");
        check.fault(Fault::new(pointer, "invitation_reference_quotes", message));
    }
    Some(reference)
}

/// `brandLogo`: a picture in content, its Base64 on the wire. One template needs it, one has no
/// place for it.
fn brand_logo(
    parameters: &mut Object<'_>,
    template: Option<&str>,
    check: &mut Check<'_>,
) -> Option<(ImageSource, String)> {
    let pointer = parameters.pointer("brandLogo");
    let with_image = template == Some(WITH_IMAGE);
    if with_image {
        parameters.required("brandLogo", check);
    }
    if !check.is_content() {
        let data = parameters.optional_string("brandLogo", check)?;
        image::on_the_wire(data, "image_bytes", || pointer.clone(), check);
        return Some((ImageSource::Data(data.to_owned()), pointer));
    }
    let mut object = parameters.optional_object("brandLogo", check)?;
    let source = image::source(&mut object, check);
    object.finish(check);
    if template.is_some() && !with_image {
        let message = "this template shows no logo; it is left out";
        check.warn(Fault::new(pointer, "invitation_logo", message));
        return None;
    }
    source
}
