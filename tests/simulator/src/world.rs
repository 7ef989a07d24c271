//! Everything the simulator remembers, in one value behind one lock, with a bell that rings on
//! every change: waits and live pages hang on it, so nobody polls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::apple::Secrets;
use crate::apple::content::Content;
use crate::apple::pay::{Authority, Desk};
use crate::apple_pay::TokenPki;
use crate::model::{
    BotAnswer, BusinessEvent, Conversation, Customer, Direction, Entry, Fault, GatewayCall,
    GatewaySettings, Place, RetrySchedule, WebhookCall,
};
use crate::phone::pay::{Held, Minted};
use crate::psp::Books;

/// No wait is longer, whatever was asked for.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// Shared by all routes of one simulator.
#[derive(Debug, Clone)]
pub(crate) struct State(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    bell: watch::Sender<u64>,
    closing: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
    http: reqwest::Client,
    url: String,
    pki: Arc<Pki>,
}

/// Keys and certificates of Apple's side of a payment.
#[derive(Debug)]
pub(crate) struct Pki {
    /// Behind the session server and those who call it.
    pub(crate) authority: Authority,
    /// Behind tokens.
    pub(crate) tokens: TokenPki,
    /// Where the session server is.
    pub(crate) session_url: String,
}

/// The facts.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) account: Account,
    pub(crate) customers: BTreeMap<String, Customer>,
    /// In the order they were last written in.
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) entries: Vec<Entry>,
    /// Sessions that Apple's server has drawn, by the `seq` of the message.
    pub(crate) sessions: BTreeMap<u64, String>,
    /// By the secret part of the reference.
    pub(crate) kept: BTreeMap<String, Kept>,
    pub(crate) content: Content,
    pub(crate) gateway_calls: Vec<GatewayCall>,
    pub(crate) webhook_calls: Vec<WebhookCall>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) faults_made: u64,
    pub(crate) businesses: BTreeMap<String, Business>,
    pub(crate) events: Vec<BusinessEvent>,
    pub(crate) bot_answers: Vec<BotAnswer>,
    pub(crate) pay: Desk,
    pub(crate) sheets: Vec<Held>,
    /// Tokens by their `transactionId`, lower case.
    pub(crate) minted: BTreeMap<String, Minted>,
    pub(crate) psp: Books,
}

/// The MSP's registration.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) msp_id: String,
    pub(crate) secrets: Secrets,
    pub(crate) webhook_base_url: Option<String>,
    pub(crate) retry: RetrySchedule,
    pub(crate) gateway: GatewaySettings,
}

/// Content that Apple keeps for whoever has the reference.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) reference: Value,
    pub(crate) content: Value,
    /// Since when.
    pub(crate) at: u64,
}

/// A sample business.
#[derive(Clone)]
pub(crate) struct Business {
    pub(crate) webhook_secrets: Vec<String>,
    pub(crate) api_url: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) echo: bool,
    pub(crate) demo: bool,
    pub(crate) typing: bool,
    /// `webhook-id`s already taken.
    pub(crate) taken: BTreeSet<String>,
}

impl Default for Business {
    fn default() -> Self {
        Self {
            webhook_secrets: Vec::new(),
            api_url: None,
            api_key: None,
            echo: true,
            demo: true,
            typing: true,
            taken: BTreeSet::new(),
        }
    }
}

impl fmt::Debug for Business {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Business")
            .field("api_url", &self.api_url)
            .field("echo", &self.echo)
            .finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn new(world: World, http: reqwest::Client, url: String, pki: Pki) -> Self {
        Self(Arc::new(Shared {
            world: Mutex::new(world),
            bell: watch::Sender::new(0),
            closing: watch::Sender::new(false),
            tasks: Mutex::new(JoinSet::new()),
            http,
            url,
            pki: Arc::new(pki),
        }))
    }

    /// The simulator's own address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    pub(crate) fn pki(&self) -> Arc<Pki> {
        Arc::clone(&self.0.pki)
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world())
    }

    /// Changes the world, then rings the bell.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let outcome = change(&mut self.world());
        self.0.bell.send_modify(|rings| *rings += 1);
        outcome
    }

    /// Waits until `look` finds something, but at most `wait_ms`.
    pub(crate) async fn wait_for<T>(
        &self,
        wait_ms: u64,
        look: impl Fn(&World) -> Option<T>,
    ) -> Option<T> {
        let mut bell = self.bell();
        let found = async {
            loop {
                if let Some(found) = self.read(&look) {
                    return Some(found);
                }
                if !bell.rung().await {
                    return None;
                }
            }
        };
        let wait = Duration::from_millis(wait_ms).min(LONGEST_WAIT);
        tokio::time::timeout(wait, found).await.unwrap_or(None)
    }

    /// Hears changes made from now on.
    pub(crate) fn bell(&self) -> Bell {
        Bell { rings: self.0.bell.subscribe(), closing: self.0.closing.subscribe() }
    }

    /// Runs `work` beside the request; it ends with the simulator at the latest.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }

    /// Ends waits, live pages and work under way.
    pub(crate) fn close(&self) {
        self.0.closing.send_replace(true);
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears that the world has changed.
#[derive(Debug)]
pub(crate) struct Bell {
    rings: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
}

impl Bell {
    /// Returns when the simulator is closing.
    pub(crate) async fn closed(mut self) {
        drop(self.closing.wait_for(|closing| *closing).await);
    }

    /// Returns after the next change; `false` when the simulator is closing.
    pub(crate) async fn rung(&mut self) -> bool {
        tokio::select! {
            rung = self.rings.changed() => rung.is_ok(),
            _ = self.closing.wait_for(|closing| *closing) => false,
        }
    }
}

impl World {
    pub(crate) fn customer_by_opaque_id(&self, opaque_id: &str) -> Option<&Customer> {
        self.customers.values().find(|customer| customer.opaque_id == opaque_id)
    }

    pub(crate) fn customer_by_phone(&self, phone: &str) -> Option<&Customer> {
        self.customers.values().find(|customer| customer.phone.as_deref() == Some(phone))
    }

    pub(crate) fn conversation_mut(
        &mut self,
        customer: &str,
        business_id: &str,
    ) -> Option<&mut Conversation> {
        self.conversations
            .iter_mut()
            .find(|it| it.customer == customer && it.business_id == business_id)
    }

    /// The conversation the customer wrote in last.
    pub(crate) fn latest_conversation(&self, customer: &str) -> Option<&Conversation> {
        self.conversations.iter().rev().find(|it| it.customer == customer)
    }

    /// Adds a message to the transcript and gives its `seq`.
    pub(crate) fn add_entry(&mut self, entry: Entry) -> u64 {
        let seq = next_seq(self.entries.len());
        self.entries.push(Entry { seq, ..entry });
        seq
    }

    pub(crate) fn entry_mut(&mut self, seq: u64) -> Option<&mut Entry> {
        let index = usize::try_from(seq).ok()?.checked_sub(1)?;
        self.entries.get_mut(index)
    }

    /// The customer's message with this id.
    pub(crate) fn customer_entry(&self, customer: &str, id: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| {
            entry.direction == Direction::FromCustomer
                && entry.id == id
                && entry.customer == customer
        })
    }

    /// The fault that hits this call, if any; it has one hit fewer left afterwards.
    pub(crate) fn strike(
        &mut self,
        at: &Place,
        customer: Option<&str>,
        message_type: Option<&str>,
    ) -> Option<Fault> {
        let index = self.faults.iter().position(|fault| {
            fault.spec.at == *at
                && fault.spec.customer.as_deref().is_none_or(|name| customer == Some(name))
                && fault.spec.message_type.as_deref().is_none_or(|kind| message_type == Some(kind))
        })?;
        let fault = self.faults.get_mut(index)?;
        fault.hits += 1;
        if let Some(times) = &mut fault.spec.times {
            *times = times.saturating_sub(1);
        }
        let struck = fault.clone();
        if struck.spec.times == Some(0) {
            self.faults.remove(index);
        }
        Some(struck)
    }
}

/// The number of the next record, counted from 1.
pub(crate) fn next_seq(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX).saturating_add(1)
}
