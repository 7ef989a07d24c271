//! A card from an opened token in Adyen's words: a `scheme` of the brand `applepay`, its proof in
//! `mpiData`.

use amb_protocol::apple_pay::token::CardData;
use amb_service::port::PspOrder;
use serde_json::json;

use super::{Adyen, Amount, with};

impl Adyen<'_> {
    pub(super) fn card_payment(
        &self,
        order: &PspOrder,
        amount: &Amount,
        card: &CardData,
    ) -> serde_json::Value {
        let method = json!({
            "type": "scheme",
            "brand": "applepay",
            "number": card.number(),
            "expiryMonth": format!("{:02}", card.expiry_month()),
            "expiryYear": card.expiry_year().to_string(),
        });
        let proof = json!({
            "authenticationResponse": "Y",
            "directoryResponse": "Y",
            "tokenAuthenticationVerificationValue": card.cryptogram(),
        });
        let proof = with(proof, "eci", card.eci().map(|eci| format!("{eci:0>2}").into()));
        let body = with(self.payment(order, amount, None), "paymentMethod", Some(method));
        with(body, "mpiData", Some(proof))
    }
}
