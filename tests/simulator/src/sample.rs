//! What tests and benchmarks send when they need much of it.

use data_encoding::BASE64;
use serde_json::{Value, json};

/// Bytes that no compression and no accident makes equal to others.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // Knuth's multiplier; the high bytes are the better ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend((state >> 24).to_le_bytes().into_iter().take(5));
    }
    bytes.truncate(length);
    bytes
}

/// `interactiveData` of a list picker of so many chairs, `"0"` and on, each with a picture of about so
/// many bytes that no phone looks at. An answer to it carries them all.
pub fn chairs(request_identifier: &str, count: usize, picture_bytes: usize) -> Value {
    let picture = |number: usize| {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(noise(picture_bytes, number as u64));
        BASE64.encode(&bytes)
    };
    let image = |number: usize| json!({"identifier": number.to_string(), "data": picture(number)});
    let item = |number: usize| {
        json!({
            "identifier": number.to_string(),
            "imageIdentifier": number.to_string(),
            "title": format!("Chair {number}"),
            "order": number,
            "style": "default",
        })
    };
    let images: Vec<_> = (0..count).map(image).collect();
    let items: Vec<_> = (0..count).map(item).collect();
    json!({
        "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension",
        "data": {
            "version": "1.0",
            "requestIdentifier": request_identifier,
            "images": images,
            "listPicker": {"sections": [
                {"title": "Chairs", "order": 0, "items": items, "multipleSelection": false},
            ]},
        },
        "receivedMessage": {"title": "Our chairs", "style": "icon"},
        "replyMessage": {"title": "My choice", "style": "icon"},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_films_are_alike() {
        let (one, other) = (noise(1_000, 1), noise(1_000, 2));
        assert_eq!((one.len(), other.len()), (1_000, 1_000));
        assert_ne!(one, other);
    }

    #[test]
    fn chairs_are_as_large_as_their_pictures() {
        let chairs = chairs("c0ffee00-0000-4000-8000-000000000001", 11, 190_000);
        assert!(chairs.to_string().len() > 2_500_000);
    }
}
