//! Content that Apple keeps: handed out as a reference, taken again in place of the content.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value, json};

use super::envelope::Message;
use super::{Refusal, bad_request};
use crate::apple::content;
use crate::host;
use crate::model::{DataRefs, GatewayCall};
use crate::world::{Kept, World};

/// Content of more bytes is worth a reference. Source: Apple, Messages Sent.
const LARGE: usize = 10 * 1024;
/// How a signature begins: the kind of checksum.
const SIGNATURE_KIND: u8 = 0x01;

/// A new reference, with the members that all kinds of references share.
pub(in crate::apple) fn reference(title: &str, size: usize) -> Map<String, Value> {
    let number = HEXLOWER.encode(&host::random_bytes::<8>());
    let owner = format!("M{number}.C01");
    let mut signature: [u8; 21] = host::random_bytes();
    if let Some(kind) = signature.first_mut() {
        *kind = SIGNATURE_KIND;
    }
    [
        ("title", json!(title)),
        ("size", json!(size)),
        ("url", json!(format!("https://p00-content.example.com/{owner}"))),
        ("owner", json!(owner)),
        ("signature", json!(HEXLOWER.encode(&signature))),
        ("signature-base64", json!(BASE64.encode(&signature))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A key as Apple writes keys: `00` and 32 bytes in hex.
pub(in crate::apple) fn sealed() -> String {
    format!("00{}", HEXLOWER.encode(&host::random_bytes::<32>()))
}

/// The reference to a message's content, where it is asked for and given.
pub(super) fn hand_out(world: &mut World, message: &Message, call: &GatewayCall) -> Option<Value> {
    let content = call.body.get("interactiveData").filter(|_| message.wants_reference)?;
    let size = content.to_string().len();
    let given = match world.account.gateway.data_refs {
        DataRefs::Always => true,
        DataRefs::Never => false,
        DataRefs::WhenLarge => size > LARGE,
    };
    given.then(|| {
        let title = content.pointer("/receivedMessage/title").and_then(Value::as_str);
        let mut reference = reference(title.unwrap_or_default(), size);
        let key = sealed();
        reference.insert("bid".to_owned(), content.get("bid").cloned().unwrap_or_default());
        reference.insert("dataRefSig".to_owned(), json!(key));
        let reference = Value::Object(reference);
        let kept = Kept { reference: reference.clone(), content: content.clone(), at: call.at };
        world.kept.insert(key, kept);
        json!({"dataRef": reference})
    })
}

/// The message with the content beside its reference; 400 for a reference that does not hold.
pub(super) fn resolve(world: &World, body: &Value) -> Result<Value, Refusal> {
    let mut resolved = body.clone();
    for (by_reference, member, key) in [
        ("interactiveDataRef", "interactiveData", "dataRefSig"),
        ("richLinkDataRef", "richLinkData", "key"),
    ] {
        let Some(reference) = body.get(by_reference) else { continue };
        if let Some(opened) = content::open(world, reference) {
            put(&mut resolved, member, opened?);
            continue;
        }
        let kept = reference
            .get(key)
            .and_then(Value::as_str)
            .and_then(|key| world.kept.get(key))
            .filter(|kept| agree(&kept.reference, reference))
            .ok_or_else(|| bad_request(format!("'{by_reference}' is not known")))?;
        let age = host::now_ms().saturating_sub(kept.at);
        if age > world.account.gateway.data_ref_life_ms {
            return Err(bad_request(format!("'{by_reference}' has expired")));
        }
        put(&mut resolved, member, kept.content.clone());
    }
    Ok(resolved)
}

fn put(message: &mut Value, member: &str, content: Value) {
    if let Some(message) = message.as_object_mut() {
        message.insert(member.to_owned(), content);
    }
}

/// Where the content is, and that it is the same content.
fn agree(given: &Value, used: &Value) -> bool {
    ["url", "owner", "signature-base64"].iter().all(|name| given.get(name) == used.get(name))
}
