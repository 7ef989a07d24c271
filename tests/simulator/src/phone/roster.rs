//! Who has a phone, and which conversations are on it.

use data_encoding::BASE64;

use crate::host;
use crate::model::{
    Conversation, ConversationState, Customer, CustomerPatch, NewConversation, NewCustomer, Preset,
};
use crate::world::{State, World};

/// Why the device cannot do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeviceError {
    #[error("there is no customer '{0}'")]
    NoSuchCustomer(String),
    #[error("customer '{0}' exists already")]
    CustomerExists(String),
    #[error("opaque id '{0}' belongs to another customer")]
    OpaqueIdTaken(String),
    #[error("a name has 1 to 64 letters, digits, '-' or '_'")]
    BadName,
    #[error("customer '{0}' has no conversation yet: name a business")]
    NoConversation(String),
    #[error("customer '{0}' sent no message with id '{1}'")]
    NoSuchMessage(String, String),
    #[error("the tapbacks of language '{0}' are not known")]
    UnknownLanguage(String),
    #[error("customer '{0}' got no message with id '{1}'")]
    NotReceived(String, String),
    #[error("the message cannot be answered that way: {0}")]
    NotAnswerable(String),
    #[error("there is no sheet '{0}'")]
    NoSuchSheet(String),
    #[error("a file has at most {0} bytes")]
    FileTooLarge(u64),
    #[error("the file ends before its end")]
    FileCutOff,
    #[error("a phone number is '+' and up to 15 digits, and nobody else's")]
    BadPhone,
}

/// Adds a customer.
pub(crate) fn create(state: &State, new: NewCustomer) -> Result<Customer, DeviceError> {
    state.change(|world| {
        let name = new.name.unwrap_or_else(|| format!("customer-{}", world.customers.len() + 1));
        if !is_name(&name) {
            return Err(DeviceError::BadName);
        }
        if world.customers.contains_key(&name) {
            return Err(DeviceError::CustomerExists(name));
        }
        let opaque_id = new.opaque_id.unwrap_or_else(new_opaque_id);
        if world.customer_by_opaque_id(&opaque_id).is_some() {
            return Err(DeviceError::OpaqueIdTaken(opaque_id));
        }
        if let Some(phone) = &new.phone {
            check_phone(world, &name, phone)?;
        }
        let customer = Customer {
            name: name.clone(),
            opaque_id,
            locale: new.locale.unwrap_or_else(|| "en_US".to_owned()),
            phone: new.phone,
            capabilities: new
                .capabilities
                .unwrap_or_else(|| tokens(new.preset.unwrap_or_default())),
            device: new.device.unwrap_or_default(),
        };
        world.customers.insert(name, customer.clone());
        Ok(customer)
    })
}

/// Changes a customer's device.
pub(crate) fn patch(
    state: &State,
    name: &str,
    patch: CustomerPatch,
) -> Result<Customer, DeviceError> {
    state.change(|world| {
        if let Some(phone) = &patch.phone {
            check_phone(world, name, phone)?;
        }
        let customer = world
            .customers
            .get_mut(name)
            .ok_or_else(|| DeviceError::NoSuchCustomer(name.to_owned()))?;
        if let Some(locale) = patch.locale {
            customer.locale = locale;
        }
        if let Some(phone) = patch.phone {
            customer.phone = Some(phone);
        }
        if let Some(preset) = patch.preset {
            customer.capabilities = tokens(preset);
        }
        if let Some(capabilities) = patch.capabilities {
            customer.capabilities = capabilities;
        }
        if let Some(device) = patch.device {
            customer.device = device;
        }
        Ok(customer.clone())
    })
}

/// Opens a conversation on the device; Apple and the MSP hear of it with the first message.
pub(crate) fn open(state: &State, new: NewConversation) -> Result<Conversation, DeviceError> {
    state.change(|world| {
        let customer = find(world, &new.customer)?;
        let title = new.title.clone();
        let conversation = conversation(world, &customer, &new.business_id);
        conversation.intent = new.intent;
        conversation.group = new.group;
        if let Some(title) = title {
            conversation.title = title;
        }
        Ok(conversation.clone())
    })
}

/// The customer of that name.
pub(super) fn find(world: &World, name: &str) -> Result<Customer, DeviceError> {
    world.customers.get(name).cloned().ok_or_else(|| DeviceError::NoSuchCustomer(name.to_owned()))
}

/// The business named, or that of the customer's latest conversation.
pub(super) fn business(
    world: &World,
    name: &str,
    named: Option<String>,
) -> Result<String, DeviceError> {
    named
        .or_else(|| world.latest_conversation(name).map(|it| it.business_id.clone()))
        .ok_or_else(|| DeviceError::NoConversation(name.to_owned()))
}

/// The customer's conversation with a business, made if it is not there yet.
pub(crate) fn conversation<'w>(
    world: &'w mut World,
    customer: &Customer,
    business_id: &str,
) -> &'w mut Conversation {
    let position = world
        .conversations
        .iter()
        .position(|it| it.customer == customer.name && it.business_id == business_id)
        .unwrap_or_else(|| {
            world.conversations.push(Conversation {
                customer: customer.name.clone(),
                opaque_id: customer.opaque_id.clone(),
                business_id: business_id.to_owned(),
                title: business_id.to_owned(),
                state: ConversationState::New,
                business_typing: false,
                intent: None,
                group: None,
            });
            world.conversations.len() - 1
        });
    #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
    &mut world.conversations[position]
}

fn tokens(preset: Preset) -> Vec<String> {
    preset.capabilities().iter().map(|token| (*token).to_owned()).collect()
}

/// E.164, and the number of one customer at most.
fn check_phone(world: &World, name: &str, phone: &str) -> Result<(), DeviceError> {
    let digits = phone.strip_prefix('+').unwrap_or_default();
    let is_number =
        (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let taken = world.customer_by_phone(phone).is_some_and(|it| it.name != name);
    if is_number && !taken { Ok(()) } else { Err(DeviceError::BadPhone) }
}

/// `urn:mbid:` and 119 bytes in base64, 169 characters in all, as those seen in the field.
fn new_opaque_id() -> String {
    let mut bytes: [u8; 119] = host::random_bytes();
    let [first, second, third, fourth, ..] = &mut bytes;
    (*first, *second, *third) = (1, 0, 0);
    *fourth = 0x60 | (*fourth & 0x03);
    format!("urn:mbid:{}", BASE64.encode(&bytes))
}

/// A name that may stand in a URL.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Device, Encoding};

    #[test]
    fn an_opaque_id_has_apples_shape() {
        let id = new_opaque_id();
        assert_eq!(id.len(), 169);
        assert!(id.starts_with("urn:mbid:AQAAY"));
        assert!(id.ends_with('=') && !id.ends_with("=="));
    }

    #[test]
    fn a_device_is_an_iphone_unless_told_otherwise() {
        assert_eq!(Device::default().encoding, Encoding::Gzip);
        assert!(Device::default().typing_first);
    }
}
