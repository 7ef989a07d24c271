//! A card from an opened token in Adyen's words: a `scheme` of the brand `applepay`, its proof in
//! `mpiData`.

use amb_protocol::apple_pay::token::CardData;
use amb_service::port::PspOrder;
use serde_json::json;

use super::{Adyen, Amount};

impl Adyen<'_> {
    pub(super) fn card_payment(
        &self,
        order: &PspOrder,
        amount: &Amount,
        card: &CardData,
    ) -> serde_json::Value {
        let mut body = self.payment(order, amount, None);
        body["paymentMethod"] = json!({
            "type": "scheme",
            "brand": "applepay",
            "number": card.number(),
            "expiryMonth": format!("{:02}", card.expiry_month()),
            "expiryYear": card.expiry_year().to_string(),
        });
        let mut proof = json!({
            "authenticationResponse": "Y",
            "directoryResponse": "Y",
            "tokenAuthenticationVerificationValue": card.cryptogram(),
        });
        if let Some(eci) = card.eci() {
            proof["eci"] = format!("{eci:0>2}").into();
        }
        body["mpiData"] = proof;
        body
    }
}
