//! Links to customers' files, for whoever is told of a file and has no key of the API.
//!
//! They lead to this service and not to the store: whoever tells of a file needs no access to it, and
//! each use is decided anew, by what a scanner says and by how long the file is kept.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    model::{AttachmentId, TenantId},
    service_key::ServiceKey,
};

/// How long a link opens its file: made anew with every attempt to tell of it.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// Makes the links to a tenant's files.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    key: &'a ServiceKey,
    base: &'a str,
    tenant: &'a TenantId,
    until: Timestamp,
}

impl<'a> Links<'a> {
    /// Links of this moment; `base` is where this API is called, such as `https://api.example.com`.
    pub fn new(key: &'a ServiceKey, base: &'a str, tenant: &'a TenantId, now: Timestamp) -> Self {
        let until = now.as_second().saturating_add(LINK_LIFE.as_secs());
        let until = Timestamp::from_second(until).unwrap_or(now);
        Self { key, base: base.trim_end_matches('/'), tenant, until }
    }

    /// The link to a file.
    pub fn to(&self, attachment: &AttachmentId) -> String {
        let (base, tenant, until) = (self.base, self.tenant, self.until.as_second());
        let signature = sign(self.key, self.tenant, attachment, until);
        let signature = BASE64URL_NOPAD.encode(signature.as_ref());
        format!(
            "{base}/v1/attachments/{attachment}/content?tenant={tenant}&until={until}&signature={signature}"
        )
    }

    /// What an event says of a file, with the link in it.
    pub(super) fn within(&self, data: &Value, attachment: &AttachmentId) -> Value {
        let mut data = data.clone();
        if let Some(told) = data.get_mut("attachment").and_then(Value::as_object_mut) {
            told.insert("url".to_owned(), self.to(attachment).into());
            told.insert("urlExpiresAt".to_owned(), format!("{:.3}", self.until).into());
        }
        data
    }
}

/// The tenant whose file a link opens now, if this is a link of ours to this file.
pub fn signed_for(
    key: &ServiceKey,
    attachment: &AttachmentId,
    query: &[(String, String)],
    now: Timestamp,
) -> Option<TenantId> {
    let [tenant, until, signature] = parts(query)?;
    let tenant = TenantId::parse(tenant).ok()?;
    let until = until.parse().ok().filter(|seconds: &i64| seconds.to_string() == until)?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
    let signed = signed(&tenant, attachment, until);
    hmac::verify(key.link(), &signed, &signature).ok()?;
    (now < Timestamp::from_second(until).ok()?).then_some(tenant)
}

/// The values of a link's query: each once, and nothing else.
fn parts(query: &[(String, String)]) -> Option<[&str; 3]> {
    let value = |name: &str| {
        let mut found = query.iter().filter(|(found, _)| found == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    };
    let parts = [value("tenant")?, value("until")?, value("signature")?];
    (query.len() == parts.len()).then_some(parts)
}

fn sign(key: &ServiceKey, tenant: &TenantId, attachment: &AttachmentId, until: i64) -> hmac::Tag {
    hmac::sign(key.link(), &signed(tenant, attachment, until))
}

fn signed(tenant: &TenantId, attachment: &AttachmentId, until: i64) -> Vec<u8> {
    format!("{tenant}\0{attachment}\0{until}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use amb_protocol::{id::MessageId, secret::Secret};
    use serde_json::json;

    use crate::{memory::Memory, model::ConversationId};

    fn query_of(link: &str) -> Vec<(String, String)> {
        let (_, query) = link.split_once('?').unwrap();
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn attachment(index: u8) -> AttachmentId {
        AttachmentId {
            conversation: ConversationId::parse("cnv_abcdefghijklmnopqrstuvwx2a").unwrap(),
            message: MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001").unwrap(),
            index,
        }
    }

    #[test]
    fn a010_a_link_opens_its_own_file_for_a_quarter_of_an_hour_and_nothing_else() {
        let world = Memory::new(1);
        let key = ServiceKey::derive(&Secret::new(vec![9; 32])).unwrap();
        let (ours, theirs) = (TenantId::draw(&world), TenantId::draw(&world));
        let now: Timestamp = "2026-11-21T12:00:00.750Z".parse().unwrap();
        let link = Links::new(&key, "https://api.example.com/", &ours, now).to(&attachment(0));
        assert!(link.starts_with("https://api.example.com/v1/attachments/att_"), "{link}");
        let query = query_of(&link);
        let opens = |index, query: &[_], at| signed_for(&key, &attachment(index), query, at);
        assert_eq!(opens(0, &query, now), Some(ours.clone()));
        let last = now + LINK_LIFE - SignedDuration::from_secs(1);
        assert_eq!(opens(0, &query, last), Some(ours));
        assert_eq!(opens(0, &query, now + LINK_LIFE), None, "too late");
        assert_eq!(opens(1, &query, now), None, "another file");
        let other = ServiceKey::derive(&Secret::new(vec![8; 32])).unwrap();
        assert_eq!(signed_for(&other, &attachment(0), &query, now), None, "another deployment");

        let with = |at: usize, value: &str| {
            let mut query = query.clone();
            query[at].1 = value.to_owned();
            query
        };
        let later = (now.as_second() + 9_000).to_string();
        for forged in [
            with(0, theirs.as_str()),
            with(0, ""),
            with(1, &later),
            with(1, &format!("+{}", query[1].1)),
            with(1, &format!("0{}", query[1].1)),
            with(2, ""),
            with(2, query[2].1.get(..42).unwrap()),
            with(2, &"A".repeat(43)),
            query[..2].to_vec(),
            [query.clone(), query.clone()].concat(),
            [query.clone(), vec![("x".to_owned(), String::new())]].concat(),
            Vec::new(),
        ] {
            assert_eq!(opens(0, &forged, now), None, "{forged:?}");
        }
    }

    #[test]
    fn a_link_stands_within_what_is_told_of_the_file() {
        let world = Memory::new(1);
        let key = ServiceKey::derive(&Secret::new(vec![9; 32])).unwrap();
        let tenant = TenantId::draw(&world);
        let now: Timestamp = "2026-11-21T12:00:00.750Z".parse().unwrap();
        let links = Links::new(&key, "https://api.example.com", &tenant, now);
        let told = links.within(&json!({ "attachment": { "index": 0 } }), &attachment(0));
        assert_eq!(
            told,
            json!({ "attachment": {
                "index": 0, "url": links.to(&attachment(0)),
                "urlExpiresAt": "2026-11-21T12:15:00.000Z",
            } })
        );
    }
}
