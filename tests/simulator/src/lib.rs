//! Everything on the far side of the wire: Apple's gateway, the customer's phone, a sample
//! business. One server on loopback, its state in memory.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use amb_simulator::{Config, Simulator, model::{NewCustomer, Send, TranscriptFilter}};
//!
//! let mut config = Config::new("0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001", "QEFCQ0RFRkdISUpLTE1OTw==");
//! config.webhook_base_url = Some("http://127.0.0.1:8080".to_owned());
//! let simulator = Simulator::start(config).await?;
//! let client = simulator.client();
//! let ada = client.create_customer(&NewCustomer::default()).await?;
//! let business_id = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";
//! client.send(&ada.name, &Send::text("Where is my parcel?").to(business_id)).await?;
//! let answer = TranscriptFilter {
//!     text: Some("You said: Where is my parcel?".to_owned()),
//!     wait: 10_000,
//!     ..TranscriptFilter::default()
//! };
//! assert_eq!(client.transcript(&answer).await?.len(), 1);
//! simulator.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! # Routes
//!
//! For the product:
//!
//! | route | is |
//! |---|---|
//! | `POST /apple/v1/message` | Apple's gateway: 401 without Authorization, 403 for a token that does not hold, 400 for a body that is incomplete, differs from its headers or breaks one of Apple's rules (`GET /api/gateway/calls` has them all), 404 for somebody who never wrote to that business, 410 after they left, 200 with an empty body, or with `dataRef` when asked for one |
//! | `POST /apple/v1/authenticate` | the same for sign-in requests |
//! | `POST /apple/v1/constructPayload` | a reference for a link with an App Clip; 400 for a page without one |
//! | `GET /apple/v1/preUpload`, `GET /apple/v1/preDownload` | addresses in Apple's content store, for either spelling of the headers; 400 for a file of more than 100 MB and for a signature in hex, 404 for content that is not there, or no more |
//! | `POST /apple/content/upload/{ticket}` | takes a file of the size announced, complete or not at all; 400 with an Authorization header |
//! | `GET /apple/content/download/{ticket}` | the file or a range of it, for a while; then 403; 400 with an Authorization header |
//! | `POST /apple/v1/decodePayload`, `POST /apple/v1/encodePayload` | what a phone packs, unpacked, and the way back |
//! | `POST /paymentservices/paymentSession` | Apple Pay's sessions, on a port of its own ([`Running::pay`]) by mutual TLS: no handshake without a merchant's certificate, 417 for another merchant, 400 for the rest that Apple refuses |
//! | `/stripe/v1/…`, `/adyen/v72/…`, `/endpoint/{account}/…` | payment providers over one set of books, each with its own words, keys, faults and signed notices |
//! | `POST /business/{name}/webhook` | a sample business: 401 unless signed (Standard Webhooks), each `webhook-id` taken once |
//!
//! For people: `GET /phone` lists the customers, `GET /phone/{customer}` is the phone, which sends
//! and shows files as well, and pays in a sheet, `GET /phone/{customer}/files/{id}/{number}` a file of a message,
//! decrypted. The sample business answers keywords by a message of that type; `menu` lists them. It
//! tells what came of a file.
//!
//! On the web: `GET /shop/{desk,plain,clip,slow,redirect}` and `/shop/pictures/{name}`, pages and
//! pictures for previews: with a picture, without, with an App Clip, after ten seconds, elsewhere;
//! `/shop/files/prices.pdf`, and `/shop/bytes/{count}` for a file of any size.
//!
//! For tests, JSON in and out ([`model`] has every field; [`client::Client`] every call):
//!
//! | route | does |
//! |---|---|
//! | `GET /api/health` | `{"status":"ok"}` |
//! | `GET`, `PATCH /api/apple` | the MSP's registration: webhook URL, live secrets and which one signs, retry schedule; and how the gateway behaves: rule pack, references, App Clips, content store |
//! | `GET`, `POST /api/customers`; `GET`, `PATCH /api/customers/{name}` | customers: opaque id, locale, phone number, capability list or a preset (`iphone`, `mac`, `old`), device |
//! | `GET`, `POST /api/conversations` | a conversation opened from an entry point, with intent and group for its first message |
//! | `POST /api/customers/{name}/send` | a text: typing first, duplicates in parallel, other token or packing, changed JSON |
//! | `POST /api/customers/{name}/resend` | the same message again, same id |
//! | `POST /api/customers/{name}/typing` | `typing_start`, `typing_end` |
//! | `POST /api/customers/{name}/tapback` | a reaction, as the sentence the device writes |
//! | `POST /api/customers/{name}/reply` | the answer to an interactive message, as a device writes it; 404 for a message the customer does not have, 409 for one that cannot be answered that way |
//! | `POST /api/customers/{name}/attach` | a file, the request's body: encrypted, stored, sent in a text; name, declared type, size and the rest in the query ([`model::Attach`]) |
//! | `POST /api/customers/{name}/files` | the same without a message: gives the entry for `attachments` of `send` |
//! | `GET /api/customers/{name}/files` | the files on the phone, sent and received |
//! | `GET /api/customers/{name}/files/{id}` | one of them, byte for byte as the phone opens it, or a range of it |
//! | `POST /api/customers/{name}/pay` | pays what a message asks for, from the first tap to the reply: card, contacts, way of delivery, and what the device does wrong ([`model::Pay`]) |
//! | `GET`, `POST /api/customers/{name}/sheets`; `GET /…/{id}` | payment sheets, with every call that the device made |
//! | `POST /api/customers/{name}/sheets/{id}/{choose,authorize,cancel,repeat}` | the steps one by one; `repeat` makes an earlier call again, byte for byte, also elsewhere or many times at once |
//! | `GET /api/wallet` | the cards and contacts of every phone |
//! | `GET /api/apple-pay`; `POST /api/apple-pay/merchants`; `GET /api/apple-pay/sessions` | where sessions and providers are and whom to trust; a merchant's certificate and keys; calls of the session server |
//! | `PUT /api/psp/{dialect}/accounts/{account}` | an account with a provider: keys, and where notices go |
//! | `GET /api/psp/payments`, `GET /api/psp/calls` | what the providers hold, captured and gave back; every call of the MSP to them |
//! | `POST /api/psp/payments/{seq}/expire` | what is held there runs out |
//! | `POST /api/psp/payments/{seq}/chargeback`; `GET /api/psp/{dialect}/report` | money taken back; the provider's own report, CSV |
//! | `POST /api/customers/{name}/close` | deletes the conversation |
//! | `GET /api/transcript` | messages both ways with the time of each hop |
//! | `GET /api/gateway/calls` | every call of the MSP to the gateway, refused ones too |
//! | `GET /api/webhooks` | every attempt of Apple's side at the MSP |
//! | `POST /api/webhooks` | one webhook made by hand, answered with the MSP's answer |
//! | `GET`, `POST`, `DELETE /api/faults`; `DELETE /api/faults/{id}` | statuses, delays, lost answers and cut connections, at the gateway, at the content store, at a payment provider or at a business, counted or until cleared; files truncated, too long, one bit off, under another key, slow or cut midway |
//! | `GET /api/businesses`; `GET`, `PUT /api/businesses/{name}` | sample businesses: webhook secrets, API address and key, bot |
//! | `GET /api/businesses/{name}/events` | calls of the product to a business, refused ones too |
//! | `GET /api/businesses/{name}/answers` | calls of its bot to the product |
//!
//! Lists are `{"items":[…]}`, oldest first, with filters in the query. `wait=<ms>` holds the answer
//! until `atLeast` (1) items match or the time is over, so that a test needs no sleep.
//!
//! # Where Apple says nothing
//!
//! Assumptions, to be told from facts: the retry schedule ([`model::RetrySchedule`]); five minutes
//! of leeway for a token from the future; 404 for a customer who has not written to that business;
//! an outbound id that comes twice is shown twice; the wording of tapbacks and of a list picker's
//! sections outside English; 400 for a reference that is not known or has expired; 410 for a phone
//! number without `message-type: notification`; how long a `download-url` lives; a file's signature is
//! `0x81` and the SHA-1 of what is stored; an upload or a download with an Authorization header is refused; 404 for
//! content after its 30 days, and 400 for a message that names it; what a
//! packed payload looks like inside; that a device says nothing to the business when a payment is
//! declined or its sheet is closed (`replies` of [`model::Tricks`] makes it); how a session is signed;
//! what a form's page and a several-section choice may be answered by.
//!
//! # What it shares with the product
//!
//! Nothing but `amb-protocol`, and of that Apple's limits only: the rule packs by which the gateway
//! refuses. Tokens, packing, envelopes, answers and references are made and read here by other code.

mod api;
mod apple;
pub mod apple_pay;
mod business;
pub mod client;
mod host;
mod line;
pub mod model;
mod phone;
mod psp;
pub mod sample;
mod server;
mod shop;
mod world;

pub use self::apple::{PkiError, SecretError};
pub use self::server::{Config, Running, Simulator, StartError};
