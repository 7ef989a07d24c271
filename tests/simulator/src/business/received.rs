//! What came of a file that a customer sent, as the product tells it in `attachment.ready` and
//! `attachment.failed`.

use serde_json::Value;

/// Characters of a SHA-256 that tell one file from another at a glance.
const GLANCE: usize = 12;

/// What the bot says to it.
pub(super) fn sentence(data: &Value) -> String {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str);
    let name = text("/attachment/name").unwrap_or("a file without a name");
    if let Some(code) = text("/code") {
        return format!("I could not take {name}: {code}");
    }
    let media_type = text("/attachment/mediaType").unwrap_or("of no type");
    let size = data.pointer("/attachment/size").and_then(Value::as_u64).unwrap_or_default();
    let digest: String =
        text("/attachment/sha256").unwrap_or_default().chars().take(GLANCE).collect();
    format!("I have {name}: {media_type}, {size} bytes, SHA-256 {digest}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_told_by_its_facts_and_a_failure_by_its_code() {
        let ready = json!({"attachment": {
            "name": "IMG_0007.HEIC", "mediaType": "image/heic", "size": 183_204,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        }});
        let told = "I have IMG_0007.HEIC: image/heic, 183204 bytes, SHA-256 9f86d081884c…";
        assert_eq!(sentence(&ready), told);
        let failed = json!({"attachment": {"name": "a.mov"}, "code": "truncated"});
        assert_eq!(sentence(&failed), "I could not take a.mov: truncated");
    }
}
