//! Calls to Stripe's API, and the four ways they end.

use amb_protocol::{apple_pay::Region, secret::Secret};
use amb_service::{
    model::{DeclineClass, Doubt, PspResult},
    port::PspToken,
};
use reqwest::{
    Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};

use super::{
    Stripe,
    objects::{CardToken, Refusal, Refused},
};
use crate::{
    exchange::Reply,
    psp::{
        rejected,
        wire::{Called, read},
    },
};

/// What Stripe said.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// What was asked for.
    Yes(T),
    /// An error that Stripe explains.
    No(Refused),
    /// An answer that is neither.
    Unreadable,
    /// The amount cannot be said in Stripe's way to count; nothing was sent.
    Unspeakable,
    /// Nothing was sent.
    NotSent,
    /// It may have been done.
    Doubt(Doubt),
}

impl<T> Answer<T> {
    /// What a failure comes to before the call that holds money was made: nothing was executed.
    /// `refused` is what a refusal is about.
    pub(super) fn before_confirming(self, refused: DeclineClass) -> PspResult {
        match self {
            Self::No(no) => {
                let class = match no.class() {
                    DeclineClass::Configuration | DeclineClass::Generic
                        if no.is_about_the_request() =>
                    {
                        refused
                    }
                    class => class,
                };
                rejected(class, no.code())
            }
            Self::Unspeakable => rejected(DeclineClass::Configuration, Some("amount".to_owned())),
            Self::Yes(_) | Self::Unreadable | Self::NotSent | Self::Doubt(_) => {
                rejected(DeclineClass::Unreachable, None)
            }
        }
    }
}

/// Pairs as Stripe reads them. Some hold a token: nothing here is shown.
pub(super) struct Form(String);

impl Form {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    pub(super) fn put(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.extend(form_urlencoded::byte_serialize(name.as_bytes()));
        self.0.push('=');
        self.0.extend(form_urlencoded::byte_serialize(value.as_bytes()));
    }

    /// Apple's token, as Stripe's own iOS library sends it.
    pub(super) fn apples(&mut self, token: &PspToken) {
        self.put("pk_token", token.payment_data.expose());
        self.put("pk_token_transaction_id", &token.transaction_id);
        if let Some(network) = &token.network {
            self.put("pk_token_payment_network", network);
        }
        if let Some(name) = &token.display_name {
            self.put("pk_token_instrument_name", name);
        }
    }

    /// As much of the cardholder's address as we know, for the issuer's check.
    pub(super) fn billing(&mut self, region: Option<&Region>) {
        let Some(region) = region else { return };
        for (name, value) in [
            ("city", &region.locality),
            ("country", &region.country),
            ("postal_code", &region.postal_code),
            ("state", &region.region),
        ] {
            if !value.is_empty() {
                self.put(&format!("payment_method_data[billing_details][address][{name}]"), value);
            }
        }
    }
}

impl Stripe<'_> {
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        form: Form,
        key: Option<&str>,
    ) -> Answer<T> {
        self.send(Method::POST, path, &[], Some(form), key, &self.secret.key).await
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Answer<T> {
        self.send(Method::GET, path, query, None, None, &self.secret.key).await
    }

    /// A token is made with the publishable key where there is one: it can do nothing else.
    pub(super) async fn post_token(&self, form: Form, key: &str) -> Answer<CardToken> {
        let secret = self.secret.publishable_key.as_ref().unwrap_or(&self.secret.key);
        self.send(Method::POST, &["tokens"], &[], Some(form), Some(key), secret).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        form: Option<Form>,
        key: Option<&str>,
        secret: &Secret<String>,
    ) -> Answer<T> {
        let body = form.map(|form| Secret::new(form.0));
        let url = self.url(path, query);
        let make = || {
            let mut request = Request::new(method.clone(), url.clone());
            let headers = request.headers_mut();
            let bearer = Secret::new(format!("Bearer {}", secret.expose()));
            let pairs = [
                (AUTHORIZATION, Some(bearer.expose().as_str())),
                (HeaderName::from_static("stripe-version"), Some(VERSION)),
                (HeaderName::from_static("stripe-account"), self.account),
                (HeaderName::from_static("idempotency-key"), key),
            ];
            for (name, value) in pairs {
                if let Some(Ok(mut value)) = value.map(HeaderValue::try_from) {
                    value.set_sensitive(name == AUTHORIZATION);
                    headers.insert(name, value);
                }
            }
            if let Some(body) = &body {
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                headers.insert(CONTENT_TYPE, form);
                *request.body_mut() = Some(body.expose().clone().into());
            }
            request
        };
        match self.wire.call(self.budget, make, is_worth_another).await {
            Called::Answer(reply) => {
                let answer = answer(&reply);
                if matches!(&answer, Answer::No(no) if no.is_about_the_keys()) {
                    self.wire.refuse();
                }
                answer
            }
            Called::NotSent => Answer::NotSent,
            Called::Lost(doubt) => Answer::Doubt(doubt),
        }
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// Stripe, Error handling: `Stripe-Should-Retry` decides where it is there; a conflict is another call
/// with the same key or on the same object that is still running.
fn is_worth_another(called: &Called) -> bool {
    let Called::Answer(reply) = called else { return called.is_shaky() };
    match reply.headers.get("stripe-should-retry").map(HeaderValue::as_bytes) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => called.is_shaky() || reply.status == 409,
    }
}

fn answer<T: DeserializeOwned>(reply: &Reply) -> Answer<T> {
    match reply.status {
        200 => read(reply).map_or(Answer::Unreadable, Answer::Yes),
        status @ 400..500 => match read::<Refusal>(reply) {
            Some(refusal) => Answer::No(refusal.with(status)),
            // Refused at the door: it is said before anything is done.
            None if matches!(status, 401 | 403 | 429) => Answer::No(Refused::at_the_door(status)),
            None => Answer::Unreadable,
        },
        500.. => Answer::Doubt(Doubt::ServerError),
        _ => Answer::Unreadable,
    }
}

/// The version that the objects here are of.
const VERSION: &str = "2024-06-20";
