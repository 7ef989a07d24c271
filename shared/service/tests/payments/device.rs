//! The customer's device: what its sheet has chosen and shows, whatever we remember of it.

use amb_service::{
    model::TokenHash,
    payment::{callbacks::Said, capability::Step},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::shop::Shop;

/// What the device sent to pay with, and the total that the sheet showed then; none: nobody can hold us to it.
pub(crate) type Sent = (Value, Option<String>);

/// An open sheet. It begins with the offer, every time.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    method: String,
    region: String,
    /// As it was told: a decimal.
    total: String,
}

impl Shop {
    /// The customer opens the sheet, and the device asks at once what the card costs. Without an answer
    /// the sheet is gone.
    fn open_sheet(&mut self, number: usize) -> Option<()> {
        if !self.sheets.contains_key(&number) {
            let payment = self.payment(number);
            let total = payment.offered.to_decimal(payment.currency);
            let (method, region) = ("std".to_owned(), "OR".to_owned());
            self.sheets.insert(number, Sheet { method, region, total });
            self.update(number, Step::PaymentMethod, &json!({"paymentMethod": {"type": "debit"}}))?;
        }
        Some(())
    }

    /// The customer closes the sheet: nobody is told.
    pub(crate) fn close_sheet(&mut self, number: usize) {
        self.sheets.remove(&number);
    }

    /// The customer chooses a way of delivery.
    pub(crate) fn choose(&mut self, number: usize, method: &str) -> Option<()> {
        self.open_sheet(number)?;
        method.clone_into(&mut self.sheets.get_mut(&number)?.method);
        let payment = json!({"shippingMethod": {"identifier": method, "amount": "0"}});
        self.update(number, Step::ShippingMethod, &payment)
    }

    /// The customer chooses an address.
    pub(crate) fn move_to(&mut self, number: usize, region: &str) -> Option<()> {
        self.open_sheet(number)?;
        region.clone_into(&mut self.sheets.get_mut(&number)?.region);
        let payment = json!({"shippingContact":
            {"countryCode": "us", "administrativeArea": region, "postalCode": "97477"}});
        self.update(number, Step::ShippingContact, &payment)
    }

    /// The device tells a choice, and shows the total that it is answered.
    fn update(&mut self, number: usize, step: Step, payment: &Value) -> Option<()> {
        let Some(Said::Priced(answer)) = self.call(number, step, payment) else {
            self.close_sheet(number);
            return None;
        };
        self.sheets.get_mut(&number)?.total = answer.new_total.amount;
        self.let_go_of_the_unwritten(number);
        Some(())
    }

    /// A call that died before it was written down is the first of its token when it comes again, and pays
    /// what is shown by then: a device tells no sheet from another.
    fn let_go_of_the_unwritten(&mut self, number: usize) {
        let (pointer, merchant) = (self.payments[number].clone(), self.payment(number).merchant);
        let world = self.world.world();
        for ((payment, token), (_, shown)) in &mut self.sent {
            let claim = (merchant.clone(), TokenHash::of(token));
            if *payment == pointer && !world.book.claims.contains_key(&claim) {
                *shown = None;
            }
        }
    }

    /// The device pays with a token, or sends what it sent with it once more. It hears nothing if the
    /// process dies.
    pub(crate) fn pay(&mut self, number: usize, token: &(String, Timestamp)) -> Option<bool> {
        let place = (self.payments[number].clone(), token.0.clone());
        if !self.sent.contains_key(&place) {
            self.open_sheet(number)?;
            let sent = self.paying(number, token)?;
            self.sent.insert(place.clone(), sent);
        }
        let (payment, _shown) = self.sent[&place].clone();
        let said = self.call(number, Step::Gateway, &payment);
        let Some(Said::Paid(answer)) = said else {
            self.close_sheet(number);
            return None;
        };
        if answer.errors.is_empty() {
            self.close_sheet(number);
        }
        let text = serde_json::to_string(&answer).unwrap();
        self.heard.entry(place).or_default().answers.push(text.clone());
        Some(text.contains("SUCCESS"))
    }

    fn paying(&self, number: usize, (id, signed_at): &(String, Timestamp)) -> Option<Sent> {
        let Sheet { method, region, total } = self.sheets.get(&number)?;
        let payment = json!({
            "shippingContact": {"countryCode": "us", "administrativeArea": region,
                "postalCode": "97477", "familyName": "c4n4ry"},
            "shippingMethod": {"identifier": method, "amount": "1", "type": "Final"},
            "paymentToken": {"transactionIdentifier": id, "paymentData": {"version": "EC_v1",
                "data": "c4n4ry", "signature": "c4n4ry",
                "header": {"transactionId": id, "signedAt": signed_at.as_second()}}},
        });
        Some((payment, Some(total.clone())))
    }

    /// A world in which the promise is broken.
    pub(crate) fn show_another_total(&mut self) {
        self.sent.values_mut().next().unwrap().1 = Some("0.01".to_owned());
    }
}
