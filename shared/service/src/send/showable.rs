//! What a device can show of the choices.

use amb_protocol::{
    capability::{Capability, CapabilityList},
    compose::ContentType,
};

use crate::{
    model::{Choice, OutboundContent},
    problem::{Fault, Problem},
};

/// What a choice is and what it takes to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) kind: ContentType,
    pub(super) requires: Vec<Capability>,
}

impl Need {
    fn of(choice: &Choice) -> Self {
        let mut requires: Vec<_> = choice.requires().collect();
        requires.sort();
        requires.dedup();
        Self { kind: choice.kind, requires }
    }

    /// What of it the device lacks.
    pub(super) fn missing(&self, device: &CapabilityList) -> Vec<Capability> {
        self.requires.iter().copied().filter(|need| !device.contains(*need)).collect()
    }
}

/// What each choice takes; nothing for what every device shows.
pub(super) fn needs(content: &OutboundContent) -> Vec<Need> {
    match content {
        OutboundContent::Choices { choices } => choices.iter().map(Need::of).collect(),
        _ => Vec::new(),
    }
}

/// The first choice that the device can show, or for each what is missing. What takes nothing is
/// chosen on every device.
pub(super) fn choose(
    needs: &[Need],
    places: &[String],
    device: &CapabilityList,
) -> Result<usize, Vec<Fault>> {
    let fits = needs.iter().position(|need| need.missing(device).is_empty());
    match fits {
        Some(index) => Ok(index),
        None if needs.is_empty() => Ok(0),
        None => Err(needs.iter().zip(places).map(|(need, at)| lacks(need, at, device)).collect()),
    }
}

fn lacks(need: &Need, at: &str, device: &CapabilityList) -> Fault {
    let missing: Vec<_> = need.missing(device).into_iter().map(Capability::as_str).collect();
    let message = format!(
        "the customer's device cannot show a {}: it lacks {}",
        need.kind.as_str(),
        missing.join(", ")
    );
    let has: Vec<_> = device.iter().collect();
    Fault::new(format!("{at}/type"), "capability", message)
        .limit(missing, has)
        .fix("add a fallback that every device shows, such as text")
}

/// A refusal for a device that can show none of it.
pub(super) fn refuse(errors: Vec<Fault>) -> Problem {
    Problem { errors, ..Problem::not_showable() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(kind: ContentType, requires: &[Capability]) -> Need {
        Need { kind, requires: requires.to_vec() }
    }

    #[test]
    fn sc09_the_first_choice_that_the_device_has_the_capability_for_is_chosen() {
        let places = ["", "/fallback/0", "/fallback/1"].map(str::to_owned);
        for (kind, capability) in [
            (ContentType::ListPicker, Capability::List),
            (ContentType::TimePicker, Capability::Time),
            (ContentType::Form, Capability::Form),
            (ContentType::QuickReply, Capability::Quick),
            (ContentType::Raw, Capability::Auth2),
        ] {
            let needs = [need(kind, &[capability]), need(ContentType::Text, &[])];
            let has = [capability].into_iter().collect();
            let all_but = Capability::ALL.into_iter().filter(|c| *c != capability).collect();
            assert_eq!(choose(&needs, &places, &has), Ok(0), "{kind:?}");
            assert_eq!(choose(&needs, &places, &all_but), Ok(1), "{kind:?}");
            let errors = choose(&needs[..1], &places, &all_but).unwrap_err();
            assert_eq!((errors[0].pointer.as_str(), errors[0].rule), ("/type", "capability"));
            assert_eq!(errors[0].limit, Some(serde_json::json!([capability.as_str()])));
        }
    }

    #[test]
    fn ap27_what_is_missing_is_named_for_each_choice() {
        let needs = [
            need(ContentType::Form, &[Capability::Form]),
            need(ContentType::ListPicker, &[Capability::List]),
        ];
        let places = ["", "/fallback/0"].map(str::to_owned);
        let errors = choose(&needs, &places, &CapabilityList::parse("QUICK")).unwrap_err();
        let pointers: Vec<_> = errors.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/type", "/fallback/0/type"]);
        assert!(errors[1].message.contains("a listPicker: it lacks LIST"), "{}", errors[1].message);
        // Nothing known of the device is nothing that it can show.
        assert!(choose(&needs, &places, &CapabilityList::default()).is_err());
        assert_eq!(choose(&[], &[], &CapabilityList::default()), Ok(0));
    }
}
