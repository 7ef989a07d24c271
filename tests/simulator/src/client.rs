//! Typed calls of the simulator's API, for tests and for the local stack.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::host;
use crate::model::{
    AccountSettings, AppleAccount, Attach, BotAnswer, BusinessEvent, BusinessSettings,
    BusinessView, CallFilter, Chargeback, Choices, Close, ContentSettings, Conversation, Customer,
    CustomerPatch, Dialect, Entry, EventFilter, Fault, FaultSpec, FileFilter, GatewayCall,
    GatewaySettings, Items, MerchantIdentity, NewConversation, NewCustomer, NewMerchant, OpenSheet,
    Pay, PaySetup, PhoneFile, PspAccount, PspCall, PspFilter, PspPayment, RawAnswer, RawWebhook,
    Repeat, Reply, Resend, Send, SessionCall, SessionFilter, Sheet, SheetCall, Tapback,
    TranscriptFilter, Tricks, Typing, WebhookCall, WebhookFilter,
};

/// A client of one simulator.
#[derive(Debug, Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
}

/// Why a call did not work out.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The client cannot be built, or there is no answer.
    #[error("the simulator does not answer")]
    NoAnswer(#[from] reqwest::Error),
    /// The simulator says no.
    #[error("the simulator answers {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The answer's text.
        detail: String,
    },
    /// The answer is not what this client expects.
    #[error("the simulator's answer is not understood")]
    NotUnderstood(#[from] serde_json::Error),
    /// The address is none.
    #[error("'{0}' is no address of a simulator")]
    BadAddress(String),
}

type Outcome<T> = Result<T, ClientError>;

impl Client {
    /// A client of the simulator at `url` (`http://127.0.0.1:<port>`).
    pub fn new(url: &str) -> Outcome<Self> {
        Ok(Self::with_http(url, host::http_client()?))
    }

    pub(crate) fn with_http(url: &str, http: reqwest::Client) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), http }
    }

    /// The MSP's registration.
    pub async fn account(&self) -> Outcome<AppleAccount> {
        self.fetch("/api/apple").await
    }

    /// Changes the MSP's registration: webhook URL, secrets, retry schedule.
    pub async fn change_account(&self, settings: &AccountSettings) -> Outcome<AppleAccount> {
        self.send_json(Method::PATCH, "/api/apple", settings).await
    }

    /// Changes how the content store behaves, and nothing else of the gateway.
    pub async fn change_content(&self, content: &ContentSettings) -> Outcome<AppleAccount> {
        let gateway = self.account().await?.gateway;
        let gateway = GatewaySettings { content: content.clone(), ..gateway };
        let settings = AccountSettings { gateway: Some(gateway), ..AccountSettings::default() };
        self.change_account(&settings).await
    }

    /// Makes a customer.
    pub async fn create_customer(&self, new: &NewCustomer) -> Outcome<Customer> {
        self.send_json(Method::POST, "/api/customers", new).await
    }

    /// A customer.
    pub async fn customer(&self, name: &str) -> Outcome<Customer> {
        self.fetch(&format!("/api/customers/{name}")).await
    }

    /// Changes a customer's device.
    pub async fn change_customer(&self, name: &str, patch: &CustomerPatch) -> Outcome<Customer> {
        self.send_json(Method::PATCH, &format!("/api/customers/{name}"), patch).await
    }

    /// Opens a conversation on a customer's device.
    pub async fn open_conversation(&self, new: &NewConversation) -> Outcome<Conversation> {
        self.send_json(Method::POST, "/api/conversations", new).await
    }

    /// All conversations of a customer, the latest last.
    pub async fn conversations(&self, customer: &str) -> Outcome<Vec<Conversation>> {
        self.list("/api/conversations", &serde_json::json!({"customer": customer})).await
    }

    /// The customer sends a text.
    pub async fn send(&self, customer: &str, send: &Send) -> Outcome<Entry> {
        self.act(customer, "send", send).await
    }

    /// Apple sends a message once more, same id and body.
    pub async fn resend(&self, customer: &str, resend: &Resend) -> Outcome<Entry> {
        self.act(customer, "resend", resend).await
    }

    /// The customer reacts to a message.
    pub async fn react(&self, customer: &str, tapback: &Tapback) -> Outcome<Entry> {
        self.act(customer, "tapback", tapback).await
    }

    /// The customer answers an interactive message.
    pub async fn reply(&self, customer: &str, reply: &Reply) -> Outcome<Entry> {
        self.act(customer, "reply", reply).await
    }

    /// The customer sends a file.
    pub async fn attach(
        &self,
        customer: &str,
        attach: &Attach,
        bytes: impl Into<reqwest::Body>,
    ) -> Outcome<Entry> {
        self.give(&format!("/api/customers/{customer}/attach"), attach, bytes).await
    }

    /// The phone puts a file into Apple's store and sends no message: gives the entry for
    /// `attachments` of a message made by [`Send::extra`].
    pub async fn hand_in(
        &self,
        customer: &str,
        attach: &Attach,
        bytes: impl Into<reqwest::Body>,
    ) -> Outcome<Value> {
        self.give(&format!("/api/customers/{customer}/files"), attach, bytes).await
    }

    /// The customer sends several files in one message, in the words and to the business that `send`
    /// says; its U+FFFCs are their places.
    pub async fn send_files(
        &self,
        customer: &str,
        files: Vec<(Attach, reqwest::Body)>,
        send: &Send,
    ) -> Outcome<Entry> {
        let mut send = send.clone();
        for (attach, bytes) in files {
            send.attachments.push(self.hand_in(customer, &attach, bytes).await?);
        }
        self.send(customer, &send).await
    }

    /// The files on a customer's phone, sent and received.
    pub async fn files(&self, customer: &str, filter: &FileFilter) -> Outcome<Vec<PhoneFile>> {
        self.list(&format!("/api/customers/{customer}/files"), filter).await
    }

    /// A file of a message as the phone has it, decrypted, counted from 0.
    pub async fn file(&self, customer: &str, id: &str, number: usize) -> Outcome<Vec<u8>> {
        let answer = self.open_file(customer, id, number).await?;
        Ok(answer.bytes().await?.into())
    }

    /// The same as an answer that can be read a piece at a time.
    pub async fn open_file(
        &self,
        customer: &str,
        id: &str,
        number: usize,
    ) -> Outcome<reqwest::Response> {
        let address = self.address(&format!("/api/customers/{customer}/files/{id}.{number}"))?;
        let answer = self.http.get(address).send().await?;
        let status = answer.status().as_u16();
        if answer.status().is_success() {
            return Ok(answer);
        }
        let detail = answer.text().await?;
        Err(ClientError::Refused { status, detail })
    }

    /// The customer deletes the conversation.
    pub async fn close(&self, customer: &str, close: &Close) -> Outcome<Entry> {
        self.act(customer, "close", close).await
    }

    /// The customer starts or stops typing; returns when the MSP has answered.
    pub async fn typing(&self, customer: &str, typing: &Typing) -> Outcome<()> {
        let path = format!("/api/customers/{customer}/typing");
        self.send_json::<Value>(Method::POST, &path, typing).await.map(drop)
    }

    /// Messages in both directions.
    pub async fn transcript(&self, filter: &TranscriptFilter) -> Outcome<Vec<Entry>> {
        self.list("/api/transcript", filter).await
    }

    /// Calls of the MSP to Apple's gateway.
    pub async fn gateway_calls(&self, filter: &CallFilter) -> Outcome<Vec<GatewayCall>> {
        self.list("/api/gateway/calls", filter).await
    }

    /// Attempts of Apple's side at webhooks.
    pub async fn webhooks(&self, filter: &WebhookFilter) -> Outcome<Vec<WebhookCall>> {
        self.list("/api/webhooks", filter).await
    }

    /// Sends a webhook made by hand and gives the MSP's answer.
    pub async fn send_raw(&self, raw: &RawWebhook) -> Outcome<RawAnswer> {
        self.send_json(Method::POST, "/api/webhooks", raw).await
    }

    /// Arms a fault.
    pub async fn add_fault(&self, spec: &FaultSpec) -> Outcome<Fault> {
        self.send_json(Method::POST, "/api/faults", spec).await
    }

    /// Faults that may still hit.
    pub async fn faults(&self) -> Outcome<Vec<Fault>> {
        self.list("/api/faults", &Value::Null).await
    }

    /// Disarms one fault.
    pub async fn remove_fault(&self, id: u64) -> Outcome<()> {
        let path = format!("/api/faults/{id}");
        self.send_json::<Value>(Method::DELETE, &path, &Value::Null).await.map(drop)
    }

    /// Disarms every fault.
    pub async fn clear_faults(&self) -> Outcome<()> {
        self.send_json::<Value>(Method::DELETE, "/api/faults", &Value::Null).await.map(drop)
    }

    /// Sets up a sample business, or changes it.
    pub async fn put_business(
        &self,
        name: &str,
        settings: &BusinessSettings,
    ) -> Outcome<BusinessView> {
        self.send_json(Method::PUT, &format!("/api/businesses/{name}"), settings).await
    }

    /// Calls of the product to a sample business.
    pub async fn events(
        &self,
        business: &str,
        filter: &EventFilter,
    ) -> Outcome<Vec<BusinessEvent>> {
        self.list(&format!("/api/businesses/{business}/events"), filter).await
    }

    /// Calls of a sample business's bot to the product.
    pub async fn bot_answers(&self, business: &str) -> Outcome<Vec<BotAnswer>> {
        self.list(&format!("/api/businesses/{business}/answers"), &Value::Null).await
    }

    /// The customer pays what a message asks for: from the first tap to the reply.
    pub async fn pay(&self, customer: &str, pay: &Pay) -> Outcome<Sheet> {
        self.send_json(Method::POST, &format!("/api/customers/{customer}/pay"), pay).await
    }

    /// The customer opens the sheet of a message.
    pub async fn open_sheet(&self, customer: &str, message_id: &str) -> Outcome<Sheet> {
        let message = OpenSheet { business_id: None, message_id: message_id.to_owned() };
        self.send_json(Method::POST, &format!("/api/customers/{customer}/sheets"), &message).await
    }

    /// The customer's sheets, oldest first.
    pub async fn sheets(&self, customer: &str) -> Outcome<Vec<Sheet>> {
        self.list(&format!("/api/customers/{customer}/sheets"), &Value::Null).await
    }

    /// Makes choices in a sheet.
    pub async fn choose(&self, sheet: &Sheet, choices: &Choices) -> Outcome<Sheet> {
        self.send_json(Method::POST, &of_sheet(sheet, "choose"), choices).await
    }

    /// Pays with what is chosen.
    pub async fn authorize(&self, sheet: &Sheet, tricks: &Tricks) -> Outcome<Sheet> {
        self.send_json(Method::POST, &of_sheet(sheet, "authorize"), tricks).await
    }

    /// Closes a sheet without paying.
    pub async fn cancel_sheet(&self, sheet: &Sheet) -> Outcome<Sheet> {
        self.send_json(Method::POST, &of_sheet(sheet, "cancel"), &Value::Null).await
    }

    /// Makes an earlier call of a sheet again, byte for byte; gives the answers.
    pub async fn repeat(&self, sheet: &Sheet, repeat: &Repeat) -> Outcome<Vec<SheetCall>> {
        let path = of_sheet(sheet, "repeat");
        let items: Items<SheetCall> = self.send_json(Method::POST, &path, repeat).await?;
        Ok(items.items)
    }

    /// What the product takes payments with here.
    pub async fn pay_setup(&self) -> Outcome<PaySetup> {
        self.fetch("/api/apple-pay").await
    }

    /// Makes a merchant at Apple.
    pub async fn create_merchant(&self, merchant_identifier: &str) -> Outcome<MerchantIdentity> {
        let new = NewMerchant { merchant_identifier: merchant_identifier.to_owned() };
        self.send_json(Method::POST, "/api/apple-pay/merchants", &new).await
    }

    /// Calls of the session server.
    pub async fn session_calls(&self, filter: &SessionFilter) -> Outcome<Vec<SessionCall>> {
        self.list("/api/apple-pay/sessions", filter).await
    }

    /// Makes an account with a payment provider, or changes it.
    pub async fn put_psp_account(
        &self,
        dialect: Dialect,
        name: &str,
        account: &PspAccount,
    ) -> Outcome<PspAccount> {
        let path = format!("/api/psp/{}/accounts/{name}", word(dialect));
        self.send_json(Method::PUT, &path, account).await
    }

    /// Payments in the providers' books.
    pub async fn psp_payments(&self, filter: &PspFilter) -> Outcome<Vec<PspPayment>> {
        self.list("/api/psp/payments", filter).await
    }

    /// Calls of the MSP to the providers.
    pub async fn psp_calls(&self, filter: &PspFilter) -> Outcome<Vec<PspCall>> {
        self.list("/api/psp/calls", filter).await
    }

    /// The card's owner takes money back.
    pub async fn charge_back(&self, payment: &PspPayment, chargeback: &Chargeback) -> Outcome<()> {
        let path = format!("/api/psp/payments/{}/chargeback", payment.seq);
        self.send_json::<Value>(Method::POST, &path, chargeback).await.map(drop)
    }

    /// What a provider holds runs out there.
    pub async fn expire(&self, payment: &PspPayment) -> Outcome<()> {
        let path = format!("/api/psp/payments/{}/expire", payment.seq);
        self.send_json::<Value>(Method::POST, &path, &serde_json::json!({})).await.map(drop)
    }

    /// A provider's report over what it settled, CSV.
    pub async fn psp_report(&self, dialect: Dialect, account: Option<&str>) -> Outcome<String> {
        let path = format!("/api/psp/{}/report", word(dialect));
        let address = self.address_with(&path, &serde_json::json!({"account": account}))?;
        Ok(self.http.get(address).send().await?.text().await?)
    }

    async fn act(&self, customer: &str, action: &str, body: &impl Serialize) -> Outcome<Entry> {
        self.send_json(Method::POST, &format!("/api/customers/{customer}/{action}"), body).await
    }

    async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &impl Serialize,
    ) -> Outcome<Vec<T>> {
        let url = self.address_with(path, filter)?;
        let items: Items<T> = understand(self.http.get(url).send().await?).await?;
        Ok(items.items)
    }

    /// Posts bytes; what is said of them is in the query.
    async fn give<T: DeserializeOwned>(
        &self,
        path: &str,
        about: &impl Serialize,
        bytes: impl Into<reqwest::Body>,
    ) -> Outcome<T> {
        let request = self.http.post(self.address_with(path, about)?).body(bytes);
        understand(request.send().await?).await
    }

    async fn fetch<T: DeserializeOwned>(&self, path: &str) -> Outcome<T> {
        understand(self.http.get(self.address(path)?).send().await?).await
    }

    async fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Outcome<T> {
        let request = self
            .http
            .request(method, self.address(path)?)
            .header("content-type", "application/json")
            .body(serde_json::to_vec(body)?);
        understand(request.send().await?).await
    }

    fn address_with(&self, path: &str, query: &impl Serialize) -> Outcome<reqwest::Url> {
        let mut url = self.address(path)?;
        if let Value::Object(pairs) = serde_json::to_value(query)? {
            let mut query = url.query_pairs_mut();
            for (name, value) in pairs.iter().filter(|(_, value)| !value.is_null()) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                query.append_pair(name, &text);
            }
        }
        Ok(url)
    }

    fn address(&self, path: &str) -> Outcome<reqwest::Url> {
        let address = format!("{}{path}", self.url);
        reqwest::Url::parse(&address).map_err(|_reason| ClientError::BadAddress(address))
    }
}

fn of_sheet(sheet: &Sheet, action: &str) -> String {
    format!("/api/customers/{}/sheets/{}/{action}", sheet.customer, sheet.id)
}

const fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Stripe => "stripe",
        Dialect::Adyen => "adyen",
        Dialect::Endpoint => "endpoint",
    }
}

async fn understand<T: DeserializeOwned>(answer: reqwest::Response) -> Outcome<T> {
    let status = answer.status();
    let body = answer.bytes().await?;
    if !status.is_success() {
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let detail = problem
            .get("detail")
            .and_then(Value::as_str)
            .map_or_else(|| String::from_utf8_lossy(&body).into_owned(), str::to_owned);
        return Err(ClientError::Refused { status: status.as_u16(), detail });
    }
    let body: &[u8] = if body.is_empty() { b"null" } else { &body };
    Ok(serde_json::from_slice(body)?)
}
