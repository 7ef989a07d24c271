//! What the MSP says of files it has uploaded, held against what lies in the store.

use serde_json::Value;

use super::payload;
use super::seal::Seal;
use super::store::Object;
use crate::apple::gateway::{Refusal, bad_request};
use crate::world::World;

/// 400 for an attachment that was not uploaded, or not as it is described.
pub(in crate::apple) fn check(world: &World, message: &Value) -> Result<(), Refusal> {
    let Some(attachments) = message.get("attachments") else { return Ok(()) };
    let attachments =
        attachments.as_array().ok_or_else(|| bad_request("attachments is not an array"))?;
    for (index, entry) in attachments.iter().enumerate() {
        let wrong = |what: String| bad_request(format!("attachments/{index}: {what}"));
        for names in [&["name"][..], &["mimeType", "mime-type"]] {
            member(entry, names).map_err(wrong)?;
        }
        uploaded(world, entry).map_err(wrong)?;
    }
    Ok(())
}

/// The content of a reference with a key, encoded and uploaded by the MSP itself; nothing for a
/// reference that does not lie in the store.
pub(in crate::apple) fn open(world: &World, reference: &Value) -> Option<Result<Value, Refusal>> {
    let url = member(reference, &["url"]).ok()?;
    world.content.find(url)?;
    let opened = uploaded(world, reference)
        .and_then(|(object, seal)| {
            let mut packed = Vec::new();
            for piece in object.blob.pieces() {
                packed.extend_from_slice(piece);
            }
            seal.apply(0, &mut packed);
            payload::decode(&packed).ok_or_else(|| "payload cannot be decoded".to_owned())
        })
        .map_err(|what| bad_request(format!("'interactiveDataRef': {what}")));
    Some(opened)
}

/// The file that an entry names, with either generation of member names.
fn uploaded<'w>(world: &'w World, entry: &Value) -> Result<(&'w Object, Seal), String> {
    let url = member(entry, &["url", "mmcs-url"])?;
    let object = world.content.find(url).ok_or("it was not uploaded")?;
    if object.has_expired(&world.account.gateway.content) {
        return Err("it has expired".to_owned());
    }
    if member(entry, &["owner", "mmcs-owner"])? != object.owner {
        return Err("owner differs from the upload's".to_owned());
    }
    let base64 = member(entry, &["signature-base64", "mmcs-signature-base64"]);
    let agrees = match base64 {
        Ok(base64) => base64 == object.base64(),
        Err(missing) => member(entry, &["signature", "mmcs-signature-hex"])
            .map_err(|_also| missing)?
            .eq_ignore_ascii_case(&object.hex()),
    };
    if !agrees {
        return Err("signature differs from the upload's checksum".to_owned());
    }
    let size = entry.get("size").or_else(|| entry.get("file-size"));
    let size = size.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    if size != Some(object.size()) {
        return Err("size differs from the upload's".to_owned());
    }
    let key = Seal::read(member(entry, &["key", "decryption-key"])?);
    Ok((object, key.ok_or("key is not 00 and 64 hex digits")?))
}

fn member<'v>(entry: &'v Value, names: &[&str]) -> Result<&'v str, String> {
    names
        .iter()
        .find_map(|name| entry.get(*name)?.as_str())
        .filter(|text| !text.is_empty())
        .ok_or_else(|| format!("required property '{}' is missing", names.join("' or '")))
}
