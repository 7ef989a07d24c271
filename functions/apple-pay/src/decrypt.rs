//! Accounts that take opened tokens: the function `token-decrypt` opens them and asks the provider.
//! This one sees neither keys nor card data.

use std::time::Duration;

use amb_lambda::adapter::System;
use amb_protocol::money::Minor;
use amb_service::{
    model::{DeclineClass, Doubt, PaymentId, PspAccount, PspResult, TenantId},
    port::{
        Clock, Notice, NoticeFault, Psp, PspDone, PspFault, PspOrder, PspToken, Resolution,
        SealedPayment,
    },
};
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_lambda::{Client, error::SdkError, operation::invoke::InvokeOutput, primitives::Blob};
use jiff::Timestamp;
use tokio::time;

/// Invokes `token-decrypt`.
#[derive(Clone, Debug)]
pub struct Opener {
    client: Client,
    function: Option<String>,
}

/// Payment service providers, with a detour for accounts that take opened tokens.
#[derive(Clone, Debug)]
pub struct Opening<P, C> {
    inner: P,
    opener: Opener,
    clock: C,
}

impl Opener {
    /// `function` is its name (`AMB_TOKEN_DECRYPT_FUNCTION`); none: it is not deployed. An invocation
    /// is made once: whether the first one asked the provider cannot be known here.
    pub fn new(config: &SdkConfig, function: Option<String>) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).build();
        let config = config
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Self { client: Client::new(&config), function }
    }

    async fn pay(&self, sealed: &SealedPayment, left: Duration) -> PspResult {
        let Some(function) = &self.function else {
            tracing::error!("psp_misconfigured: the function that opens tokens is not deployed");
            return rejected(DeclineClass::Configuration);
        };
        let Ok(event) = serde_json::to_vec(sealed) else {
            return rejected(DeclineClass::Token);
        };
        let call = self.client.invoke().function_name(function).payload(Blob::new(event)).send();
        match time::timeout(left, call).await {
            Ok(Ok(output)) => said(&output),
            Ok(Err(error)) => failed(&error),
            Err(_late) => in_doubt(Doubt::Timeout),
        }
    }
}

impl<P> Opening<P, System> {
    /// The same for a function: who opens tokens is `function`, where it is deployed.
    pub fn of(inner: P, config: &SdkConfig, function: Option<String>) -> Self {
        Self::new(inner, Opener::new(config, function), System)
    }
}

impl<P, C> Opening<P, C> {
    /// `inner` is asked for everything else.
    pub const fn new(inner: P, opener: Opener, clock: C) -> Self {
        Self { inner, opener, clock }
    }
}

/// What the function answered. One that broke down may have asked the provider first.
fn said(output: &InvokeOutput) -> PspResult {
    if output.function_error().is_some() {
        return in_doubt(Doubt::Ours);
    }
    let payload = output.payload().map(Blob::as_ref).unwrap_or_default();
    serde_json::from_slice(payload).unwrap_or_else(|_other| in_doubt(Doubt::UnknownWord))
}

/// What a call that failed says: a 4xx of Lambda's own is said before the function runs.
fn failed<E>(error: &SdkError<E>) -> PspResult {
    match error {
        SdkError::ConstructionFailure(_) => rejected(DeclineClass::Configuration),
        SdkError::TimeoutError(_) => in_doubt(Doubt::Timeout),
        SdkError::ServiceError(error) => refused(error.raw().status().as_u16()),
        _ => in_doubt(Doubt::Broken),
    }
}

fn refused(status: u16) -> PspResult {
    match status {
        429 => rejected(DeclineClass::RateLimited),
        400..500 => {
            tracing::error!(status, "psp_misconfigured: the function that opens tokens refuses");
            rejected(DeclineClass::Configuration)
        }
        _ => in_doubt(Doubt::ServerError),
    }
}

fn rejected(class: DeclineClass) -> PspResult {
    PspResult::Rejected { class, code: None }
}

fn in_doubt(why: Doubt) -> PspResult {
    PspResult::InDoubt { why, reference: None }
}

impl<P: Psp, C: Clock> Psp for Opening<P, C> {
    async fn authorize(&self, order: &PspOrder, token: &PspToken, until: Timestamp) -> PspResult {
        if !order.account.decrypts {
            return self.inner.authorize(order, token, until).await;
        }
        let Some(sealed) = SealedPayment::new(order, token, until) else {
            return rejected(DeclineClass::Token);
        };
        let left = Duration::try_from(self.clock.now().duration_until(until)).unwrap_or_default();
        self.opener.pay(&sealed, left).await
    }

    async fn prepare(
        &self,
        order: &PspOrder,
        until: Timestamp,
    ) -> Result<Option<String>, PspFault> {
        self.inner.prepare(order, until).await
    }

    async fn resolve(&self, order: &PspOrder, until: Timestamp) -> Resolution {
        self.inner.resolve(order, until).await
    }

    async fn void(&self, order: &PspOrder, until: Timestamp) -> PspDone {
        self.inner.void(order, until).await
    }

    async fn capture(&self, order: &PspOrder, amount: Minor, until: Timestamp) -> PspDone {
        self.inner.capture(order, amount, until).await
    }

    async fn refund(
        &self,
        order: &PspOrder,
        amount: Minor,
        key: &str,
        until: Timestamp,
    ) -> PspDone {
        self.inner.refund(order, amount, key, until).await
    }

    fn named(&self, psp: &str, body: &[u8]) -> Option<PaymentId> {
        self.inner.named(psp, body)
    }

    async fn notice(
        &self,
        tenant: &TenantId,
        account: &PspAccount,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, NoticeFault> {
        self.inner.notice(tenant, account, headers, body, now).await
    }
}

/// Until a connection to Lambda stands.
const CONNECT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    fn output(payload: &str, broke: bool) -> InvokeOutput {
        InvokeOutput::builder()
            .status_code(200)
            .payload(Blob::new(payload))
            .set_function_error(broke.then(|| "Unhandled".to_owned()))
            .build()
    }

    #[test]
    fn the_functions_word_is_the_providers() {
        let wanted = PspResult::Declined {
            class: DeclineClass::Generic,
            code: Some("do_not_honor".to_owned()),
            reference: Some("pi_1".to_owned()),
        };
        let told = serde_json::to_string(&wanted).unwrap();
        assert_eq!(said(&output(&told, false)), wanted);
    }

    #[test]
    fn p026_an_answer_that_is_none_is_a_doubt() {
        for payload in ["", "null", "{}", r#"{"was":"paid"}"#, "<html>"] {
            assert_eq!(said(&output(payload, false)), in_doubt(Doubt::UnknownWord), "{payload}");
        }
        let crash = r#"{"errorMessage":"out of memory"}"#;
        assert_eq!(said(&output(crash, true)), in_doubt(Doubt::Ours));
    }

    #[test]
    fn what_lambda_refuses_was_not_executed_and_what_it_fails_at_may_have_been() {
        assert_eq!(refused(429), rejected(DeclineClass::RateLimited));
        assert_eq!(refused(403), rejected(DeclineClass::Configuration));
        assert_eq!(refused(404), rejected(DeclineClass::Configuration));
        assert_eq!(refused(502), in_doubt(Doubt::ServerError));
    }

    #[test]
    fn f112_a_call_that_got_no_answer_is_a_doubt() {
        let late: SdkError<()> = SdkError::timeout_error("late");
        assert_eq!(failed(&late), in_doubt(Doubt::Timeout));
        let unmade: SdkError<()> = SdkError::construction_failure("no endpoint");
        assert_eq!(failed(&unmade), rejected(DeclineClass::Configuration));
    }
}
