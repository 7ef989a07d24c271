//! `apple-pay`: what customers' devices call while they pay, payment providers' notices, and what Apple
//! wants to find on the domain.

#[cfg(feature = "decrypt")]
pub mod decrypt;
mod told;

use amb_lambda::{
    answer::{self, Answer},
    http_event::Request,
    telemetry::{LogHash, stage},
};
use amb_protocol::id::BusinessId;
use amb_service::{
    media_type::is_json,
    payment::{
        callbacks::{Call, Callbacks, MAX_BODY, TokenCheck},
        capability::Step,
        notice::{NoticeRefusal, Notices},
    },
    port::{
        Businesses, Clock, Entropy, Merchants, NoticeFault, Payments, PriceSource, Psp,
        ServiceKeySource, SettlementQueue,
    },
};
use http::{HeaderValue, StatusCode, header::ALLOW};
use jiff::{SignedDuration, Timestamp};

/// Below it lie the addresses of payments.
pub const PAY_PATH: &str = "/pay/";

/// Below it lie the addresses that providers call: the business's id, and the provider's word.
pub const PSP_PATH: &str = "/psp/";

/// Where Apple looks whether the domain is a merchant's; it asks for both.
pub const DOMAIN_PATHS: [&str; 2] = [
    "/.well-known/apple-developer-merchantid-domain-association",
    "/.well-known/apple-developer-merchantid-domain-association.txt",
];

/// The largest notice that is read.
pub const MAX_NOTICE: usize = 256 * 1024;

/// A request that API Gateway took longer ago than it waits for an answer is one of a clock that is
/// wrong.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// Every table port that this function uses.
pub trait Tables: Payments + Businesses + Merchants {}

impl<T: Payments + Businesses + Merchants> Tables for T {}

/// The function.
#[derive(Debug)]
pub struct ApplePay<S, Q, P, W, K, C, T> {
    store: S,
    callbacks: Callbacks<S, Q, P, W, K, C, T>,
    notices: Notices<S, Q, P, C>,
    clock: C,
    log: LogHash,
}

impl<S, Q, P, W, K, C, T> ApplePay<S, Q, P, W, K, C, T>
where
    S: Tables,
    Q: SettlementQueue,
    P: Psp,
    W: PriceSource,
    K: ServiceKeySource,
    C: Clock + Entropy,
    T: TokenCheck,
{
    /// Serves with these.
    pub fn new(
        store: S,
        callbacks: Callbacks<S, Q, P, W, K, C, T>,
        notices: Notices<S, Q, P, C>,
        clock: C,
        log: LogHash,
    ) -> Self {
        Self { store, callbacks, notices, clock, log }
    }

    /// Serves one request.
    pub async fn serve(&self, mut request: Request) -> Answer {
        let path = request.path().to_owned();
        if let Some(rest) = path.strip_prefix(PAY_PATH) {
            return self.pay(&mut request, rest).await;
        }
        if let Some(rest) = path.strip_prefix(PSP_PATH) {
            return self.notice(&mut request, rest).await;
        }
        if DOMAIN_PATHS.contains(&path.as_str()) {
            return self.domain(&request).await;
        }
        stage("pay").outcome("unknown_path").emit();
        told::gone()
    }

    /// What a device asks, at `{payment}/{capability}/{step}`.
    async fn pay(&self, request: &mut Request, rest: &str) -> Answer {
        let served_at = self.clock.now();
        let mut parts = rest.split('/');
        let (payment, capability) = (parts.next(), parts.next());
        let step = parts.next().and_then(Step::parse).filter(|_| parts.next().is_none());
        let (Some(payment), Some(capability), Some(step)) = (payment, capability, step) else {
            stage("pay").outcome("gone").code("unknown_step").emit();
            return told::gone();
        };
        let line = stage("pay").word("step", step.as_str());
        // The device sends none; whoever does is neither trusted nor refused for it.
        let line = match request.header("authorization") {
            Some(_) => line.count("authorization", 1),
            None => line,
        };
        let body = request.take_body();
        if let Some((status, code)) = refused(request, step, body.len()) {
            line.outcome("refused").code(code).emit();
            return told::refused(status, step);
        }
        let began = began(request.received_at(), served_at);
        let call = Call { payment, capability, step, began, id: request.request_id(), body: &body };
        let came_to = self.callbacks.serve(&call).await;
        let took = began.duration_until(self.clock.now()).unsigned_abs();
        let line = line.took(took);
        match came_to {
            Ok(reply) => {
                let overhead = took.saturating_sub(reply.psp);
                let line = line
                    .outcome(reply.outcome)
                    .count("overhead_ms", milliseconds(overhead))
                    .count("psp_ms", milliseconds(reply.psp));
                let line = match reply.code {
                    Some(code) => line.code(code),
                    None => line,
                };
                let line = match reply.unknown {
                    0 => line,
                    unknown => line.count("unknown_members", unknown),
                };
                let line = match &reply.pointer {
                    Some(pointer) => {
                        let tenant = pointer.tenant.as_str();
                        let payment = self.log.of(tenant, pointer.payment.as_str());
                        line.tenant(&pointer.tenant).id("payment", &payment)
                    }
                    None => line,
                };
                line.emit();
                let answer = told::answer(reply.said);
                #[cfg(feature = "test-root")]
                let answer = told::measured(answer, milliseconds(overhead));
                answer
            }
            Err(error) => {
                line.outcome("unavailable").error(&error).emit();
                told::unavailable()
            }
        }
    }

    /// A provider's notice, at `{business}/{provider}`.
    async fn notice(&self, request: &mut Request, rest: &str) -> Answer {
        let began = self.clock.now();
        let line = stage("psp_notice");
        if request.method() != "POST" {
            line.outcome("refused").code("method").emit();
            return not_allowed("POST");
        }
        let body = request.take_body();
        if body.len() > MAX_NOTICE {
            line.outcome("refused").code("too_large").emit();
            return answer::to_apple(StatusCode::PAYLOAD_TOO_LARGE, Some("too_large"));
        }
        let place = rest.split_once('/');
        let place = place.and_then(|(id, psp)| Some((BusinessId::parse(id).ok()?, psp)));
        let Some((business, psp)) = place else {
            line.outcome("gone").emit();
            return answer::to_apple(StatusCode::NOT_FOUND, Some("not_found"));
        };
        let came_to = self.notices.notice(&business, psp, &request.headers(), &body).await;
        let line = line.took(began.duration_until(self.clock.now()).unsigned_abs());
        let refusal = match came_to {
            Ok(taken) => {
                let taken = u64::try_from(taken).unwrap_or(u64::MAX);
                line.outcome("taken").count("payments", taken).emit();
                // The word that Adyen waits for; the others look at the status alone.
                return answer::text(StatusCode::OK, "text/plain", "[accepted]".to_owned());
            }
            Err(refusal) => refusal,
        };
        let (status, outcome, code) = match &refusal {
            NoticeRefusal::NotFound => (StatusCode::NOT_FOUND, "gone", "not_found"),
            NoticeRefusal::Fault(NoticeFault::Forged) => {
                (StatusCode::UNAUTHORIZED, "auth_failure", "forged")
            }
            NoticeRefusal::Fault(NoticeFault::Unreadable) => {
                (StatusCode::BAD_REQUEST, "refused", "unreadable")
            }
            NoticeRefusal::Fault(NoticeFault::Port(_))
            | NoticeRefusal::Port(_)
            | NoticeRefusal::Contended => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "unavailable")
            }
        };
        let line = line.outcome(outcome).code(code);
        if status.is_server_error() { line.error(&refusal) } else { line }.emit();
        answer::to_apple(status, Some(code))
    }

    /// What shows Apple that the domain is a merchant's.
    async fn domain(&self, request: &Request) -> Answer {
        if request.method() != "GET" {
            return not_allowed("GET");
        }
        match self.store.domain_association().await {
            Ok(Some(text)) => answer::text(StatusCode::OK, "text/plain", text),
            Ok(None) => answer::to_apple(StatusCode::NOT_FOUND, Some("not_found")),
            Err(error) => {
                stage("domain_association").outcome("unavailable").error(&error).emit();
                answer::to_apple(StatusCode::SERVICE_UNAVAILABLE, Some("unavailable"))
            }
        }
    }
}

/// What is refused before anybody looks whether the path holds: it tells nothing of it.
fn refused(request: &Request, step: Step, length: usize) -> Option<(StatusCode, &'static str)> {
    if request.method() != if step == Step::Fallback { "GET" } else { "POST" } {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    if step == Step::Fallback {
        return None;
    }
    if !request.header("content-type").is_some_and(is_json) {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type"));
    }
    // Devices compress nothing, and nothing is unpacked: how large it would be, nobody finds out.
    let encoding = request.header("content-encoding").unwrap_or("identity");
    if length > MAX_BODY || !encoding.eq_ignore_ascii_case("identity") {
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    }
    None
}

/// When API Gateway took the request; a time that cannot be is ours instead.
fn began(received_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let waited = |at: &Timestamp| at.duration_until(now);
    let possible = |at: &Timestamp| (SignedDuration::ZERO..LONGEST_WAIT).contains(&waited(at));
    received_at.filter(possible).unwrap_or(now)
}

fn not_allowed(method: &'static str) -> Answer {
    let mut answer = answer::to_apple(StatusCode::METHOD_NOT_ALLOWED, Some("method"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
    answer
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_begins_when_api_gateway_took_the_request_unless_that_cannot_be() {
        let now = Timestamp::from_second(1_795_262_400).unwrap();
        let before = |seconds| Some(now - SignedDuration::from_secs(seconds));
        assert_eq!(began(before(3), now), now - SignedDuration::from_secs(3));
        assert_eq!(began(before(31), now), now - SignedDuration::from_secs(31));
        for odd in [None, before(-5), before(3_600), Some(Timestamp::UNIX_EPOCH)] {
            assert_eq!(began(odd, now), now);
        }
    }
}
