//! The envelope of every webhook from Apple, liberal in what it reads.
//!
//! Source: Apple, Common Specifications and Messages Received. Devices and relays differ from the
//! documents, and a customer's words must not be lost to a detail, so: numbers may be strings, optional
//! members may be null, unknown members and types are kept or passed over, half an emoji is mended.
//! What decides *who* speaks to *whom* is read strictly: ids, and no member twice.
//!
//! Bytes that are not JSON are refused and nothing of them is kept: Apple's own answer for them is
//! 400, and a body without readable ids belongs to nobody.

mod answer;
mod envelope;
mod error;
mod top_level;

pub use self::answer::{decoded_answer, with_answer};
pub use self::envelope::{Envelope, HeaderIds, MessageType};
pub use self::error::EnvelopeError;

/// Most attachments of one message: our choice. Apple publishes none.
pub const ATTACHMENTS_MAX: usize = 100;

/// Most members of the outermost object: our choice. Apple documents sixteen.
pub const TOP_LEVEL_MAX: usize = 128;

/// How much of `locale` is kept, in characters: our choice. Apple's have five.
pub const LOCALE_MAX_CHARS: usize = 64;

/// How much of `intent` and of `group` is kept, in characters: our choice. Customers can write them
/// themselves, and they become part of the conversation, whose row has room for 400 KB.
pub const ENTRY_MAX_CHARS: usize = 16_384;

/// Most references of one message: our choice. One has been observed.
pub const REFERENCES_MAX: usize = 100;

/// How much of a reference is kept, in characters: what an invitation's may have.
pub const REFERENCE_MAX_CHARS: usize = 1_000;

/// Longest unknown `type` that is kept, in bytes: our choice.
pub const TYPE_MAX_BYTES: usize = 64;

#[cfg(test)]
mod tests;
