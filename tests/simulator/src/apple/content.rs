//! Apple's content store: where files and large payloads lie, encrypted, between phone and MSP
//! (Apple, Encrypting and Decrypting Attachments). Held in memory, in pieces, and streamed both ways.

mod blob;
mod download;
mod outbound;
mod payload;
mod seal;
mod store;
mod trouble;
mod upload;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::blob::{Incomplete, Intake, PIECE};
pub(crate) use self::download::{Part, part};
pub(super) use self::outbound::{check, open};
pub(crate) use self::payload::encode;
pub(crate) use self::seal::{KEY_PREFIX, Seal};
pub(crate) use self::store::{Content, Object};
use crate::world::State;

/// Routes of the gateway about content, and of the store itself.
pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/apple/v1/preUpload", get(upload::pre_upload))
        .route("/apple/v1/preDownload", get(download::pre_download))
        .route("/apple/v1/decodePayload", post(payload::decode_payload))
        .route("/apple/v1/encodePayload", post(payload::encode_payload))
        .route("/apple/content/upload/{ticket}", post(upload::upload))
        .route("/apple/content/download/{ticket}", get(download::download))
}
