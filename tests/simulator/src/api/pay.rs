//! Sheets on phones, and what Apple and the product need of each other for them.

use axum::Json;
use axum::extract::{Path, Query, State as Extract};
use http::StatusCode;
use serde_json::{Value, json};

use super::problem::Problem;
use super::records::collect;
use crate::model::{
    Choices, Items, MerchantIdentity, NewMerchant, OpenSheet, Pay, PaySetup, Repeat, SessionCall,
    SessionFilter, Sheet, SheetCall, Tricks,
};
use crate::phone::pay as device;
use crate::phone::pay::wallet as wallets;
use crate::world::State;

type Answer<T> = Result<Json<T>, Problem>;

pub(super) async fn pay(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(pay): Json<Pay>,
) -> Answer<Sheet> {
    Ok(Json(device::pay(&state, &name, pay).await?))
}

pub(super) async fn list(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Json<Items<Sheet>> {
    Json(Items { items: state.read(|world| device::list(world, &name)) })
}

pub(super) async fn open(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(message): Json<OpenSheet>,
) -> Result<(StatusCode, Json<Sheet>), Problem> {
    Ok((StatusCode::CREATED, Json(device::open(&state, &name, &message).await?)))
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Sheet> {
    Ok(Json(device::show(&state, &name, &id)?))
}

pub(super) async fn choose(
    Extract(state): Extract<State>,
    Path((name, id)): Path<(String, String)>,
    Json(choices): Json<Choices>,
) -> Answer<Sheet> {
    Ok(Json(device::choose(&state, &name, &id, choices).await?))
}

pub(super) async fn authorize(
    Extract(state): Extract<State>,
    Path((name, id)): Path<(String, String)>,
    Json(tricks): Json<Tricks>,
) -> Answer<Sheet> {
    Ok(Json(device::authorize(&state, &name, &id, tricks).await?))
}

pub(super) async fn cancel(
    Extract(state): Extract<State>,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Sheet> {
    Ok(Json(device::cancel(&state, &name, &id)?))
}

pub(super) async fn repeat(
    Extract(state): Extract<State>,
    Path((name, id)): Path<(String, String)>,
    Json(repeat): Json<Repeat>,
) -> Answer<Items<SheetCall>> {
    Ok(Json(Items { items: device::repeat(&state, &name, &id, repeat).await? }))
}

/// What is in every wallet.
pub(super) async fn wallet() -> Json<Value> {
    let contact = |(name, contact): (&str, Value)| json!({"name": name, "contact": contact});
    let contacts: Vec<_> = wallets::contacts().into_iter().map(contact).collect();
    Json(json!({"cards": wallets::CARDS, "contacts": contacts}))
}

/// What the product takes payments with here.
pub(crate) fn setup(state: &State) -> PaySetup {
    let (pki, url) = (state.pki(), state.url());
    PaySetup {
        session_url: pki.session_url.clone(),
        stripe_url: format!("{url}/stripe"),
        adyen_url: format!("{url}/adyen"),
        endpoint_url: format!("{url}/endpoint"),
        ca: pki.authority.pem().to_owned(),
        token_root: pki.tokens.root_pem().to_owned(),
    }
}

pub(super) async fn show_setup(Extract(state): Extract<State>) -> Json<PaySetup> {
    Json(setup(&state))
}

pub(super) async fn merchant(
    Extract(state): Extract<State>,
    Json(new): Json<NewMerchant>,
) -> Result<(StatusCode, Json<MerchantIdentity>), Problem> {
    let merchant = new.merchant_identifier;
    if merchant.strip_prefix("merchant.").is_none_or(str::is_empty) {
        return Err(Problem::bad_request("a merchant identifier begins with `merchant.`".into()));
    }
    let (pki, failed) =
        (state.pki(), |why: String| Problem(StatusCode::INTERNAL_SERVER_ERROR, why));
    let mut identity = pki.authority.identity(&merchant).map_err(|it| failed(it.to_string()))?;
    let processing_key = pki.tokens.processing_key_pem(&merchant);
    identity.processing_key = processing_key.map_err(|it| failed(it.to_string()))?;
    state.change(|world| world.pay.merchants.insert(identity.fingerprint.clone(), merchant));
    Ok((StatusCode::CREATED, Json(identity)))
}

pub(super) async fn sessions(
    Extract(state): Extract<State>,
    Query(filter): Query<SessionFilter>,
) -> Json<Items<SessionCall>> {
    let wanted = |it: &&SessionCall| {
        let merchant = it.body.get("merchantIdentifier").and_then(Value::as_str);
        it.seq > filter.after
            && filter.merchant_identifier.as_deref().is_none_or(|id| merchant == Some(id))
    };
    collect(&state, filter.wait, filter.at_least, |world| {
        world.pay.session_calls.iter().filter(wanted).cloned().collect()
    })
    .await
}
