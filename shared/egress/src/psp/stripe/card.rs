//! A card from an opened token, as one of Stripe's tokens. Stripe enables this for an account on
//! request.

use amb_protocol::apple_pay::token::CardData;

use super::call::Form;

impl Form {
    pub(super) fn card(&mut self, card: &CardData) {
        self.put("card[number]", card.number());
        self.put("card[exp_month]", &card.expiry_month().to_string());
        self.put("card[exp_year]", &card.expiry_year().to_string());
        self.put("card[cryptogram]", card.cryptogram());
        if let Some(eci) = card.eci() {
            self.put("card[eci]", eci);
        }
        self.put("card[tokenization_method]", "apple_pay");
    }
}
