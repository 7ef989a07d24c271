//! Contacts, sealed for their payment.

use jiff::Timestamp;

use crate::{
    model::{PaymentContacts, PaymentPointer, SealedContacts},
    port::Entropy,
    seal::{DoesNotOpen, open_text, seal_text},
    service_key::ServiceKey,
};

impl PaymentContacts {
    /// Seals them for this payment. They open for no other.
    pub fn seal(
        &self,
        key: &ServiceKey,
        pointer: &PaymentPointer,
        now: Timestamp,
        entropy: &impl Entropy,
    ) -> Result<SealedContacts, DoesNotOpen> {
        let text = serde_json::to_string(self).map_err(|_fault| DoesNotOpen)?;
        let sealed = seal_text(key.contacts(), &place(pointer), text, entropy)?;
        let until = now.saturating_add(SealedContacts::LIFE).unwrap_or(Timestamp::MAX);
        Ok(SealedContacts { sealed, until })
    }
}

impl SealedContacts {
    /// Opens them for this payment.
    pub fn open(
        &self,
        key: &ServiceKey,
        pointer: &PaymentPointer,
    ) -> Result<PaymentContacts, DoesNotOpen> {
        let text = open_text(key.contacts(), &place(pointer), &self.sealed)?;
        serde_json::from_str(text.expose()).map_err(|_fault| DoesNotOpen)
    }
}

fn place(PaymentPointer { tenant, payment }: &PaymentPointer) -> String {
    format!("{tenant}/{payment}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        memory::Memory,
        model::{PaymentId, TenantId},
    };
    use amb_protocol::secret::Secret;
    use serde_json::json;

    #[test]
    fn p016_contacts_open_for_their_payment_only() {
        let world = Memory::new(1);
        let key = ServiceKey::derive(&Secret::new(vec![9; 32])).unwrap();
        let draw =
            || PaymentPointer { tenant: TenantId::draw(&world), payment: PaymentId::draw(&world) };
        let (ours, other) = (draw(), draw());
        let odd = json!({ "givenName": "A\u{202e}\0\n😀", "addressLines": ["x".repeat(10_000)], "email": 7 });
        let contacts = PaymentContacts {
            shipping_contact: odd.as_object().cloned(),
            shipping_method: Some("exp".to_owned()),
            ..PaymentContacts::default()
        };
        let sealed = contacts.seal(&key, &ours, Timestamp::UNIX_EPOCH, &world).unwrap();
        assert!(!sealed.sealed.contains("xxxx") && !format!("{contacts:?}").contains('x'));
        assert_eq!(sealed.open(&key, &ours), Ok(contacts));
        assert_eq!(sealed.open(&key, &other), Err(DoesNotOpen));
        assert_eq!(sealed.until, Timestamp::UNIX_EPOCH + SealedContacts::LIFE);
    }
}
