//! A store that does not answer: 503 and `Retry-After` (spec/reliability §2.10), and no more said.

use amb_bad_input::{InboundWebhook, OutboundSend, Row, problem, refused, sent, taken};
use amb_service::{memory::FaultMode, model::ConversationStatus};
use amb_support::{
    account::{self, TENANT},
    gateway_event::GatewayEvent,
    vectors::{BUSINESS, CUSTOMER},
};

use crate::send::text;

#[test]
fn i8_apple_is_told_to_come_back() {
    Row::run("outage", |row| {
        for call in 0..3 {
            let function = InboundWebhook::default();
            function.world.world().faults.at = Some((call, FaultMode::Refused));
            let outcome = function.send(&GatewayEvent::from_apple());
            let case = call.to_string();
            row.check(&case, &outcome, refused(503, "unavailable").ports(taken().ports));
            row.holds(&case, outcome.header("retry-after") == Some("1"));
            row.holds("nothing stored", outcome.stored == 0);
            row.check("again", &function.send(&GatewayEvent::from_apple()), taken());
        }
    });
}

#[test]
fn i8_a_business_is_told_to_come_back() {
    Row::run("outage", |row| {
        for call in 0..5 {
            let function = OutboundSend::default();
            let key = account::key(&function.world, TENANT);
            account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Open);
            function.world.world().faults.at = Some((call, FaultMode::Refused));
            let outcome = function.send(&GatewayEvent::to_send(&key, &text()));
            let case = call.to_string();
            if call == 4 {
                // The message is committed; the sweep finds what the queue did not take.
                row.check(&case, &outcome, sent());
                continue;
            }
            row.check(&case, &outcome, problem(503, "unavailable").ports(sent().ports));
            row.holds(&case, outcome.header("retry-after").is_some());
            row.holds("nothing stored", outcome.stored == 0);
        }
    });
}
