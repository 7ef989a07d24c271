//! What the HTTP API of the simulator takes and gives. The same types serve both ends, the server
//! and [`crate::client::Client`]. Times are milliseconds since 1970 on the simulator's clock.

mod account;
mod business;
mod content;
mod customer;
mod fault;
mod gateway;
mod pay;
mod psp;
mod record;
mod reply;
mod transcript;

pub use self::account::{AccountSettings, AppleAccount, RetrySchedule};
pub use self::business::{
    BotAnswer, BusinessEvent, BusinessSettings, BusinessView, EventFilter, Verdict,
};
pub use self::content::{
    Attach, ContentSettings, Decoded, FileFilter, KeyNames, PhoneFile, ReplyReferences,
    SignatureForms,
};
pub use self::customer::{
    Conversation, ConversationState, Customer, CustomerPatch, Device, Encoding, NewConversation,
    NewCustomer, Preset, Signing,
};
pub use self::fault::{Effect, Fault, FaultSpec, Place, Spoil};
pub use self::gateway::{DataRefs, GatewaySettings, WireFault};
pub use self::pay::{
    Choices, MerchantIdentity, NewMerchant, OpenSheet, Pay, PaySetup, Repeat, SessionCall,
    SessionFilter, Sheet, SheetCall, SheetState, TokenTricks, Tricks,
};
pub use self::psp::{
    Chargeback, Dialect, MoveKind, PspAccount, PspCall, PspFilter, PspMove, PspPayment, PspState,
    Twist,
};
pub use self::record::{
    CallFilter, GatewayCall, Items, RawAnswer, RawWebhook, TokenClaims, WebhookCall, WebhookFilter,
};
pub use self::reply::{Answer, AnsweredPage, Reply};
pub use self::transcript::{
    Close, Direction, Entry, EntryState, Hops, Reaction, Resend, Send, Tapback, TranscriptFilter,
    Typing,
};
