//! `/api/apple`: the MSP's registration.

use amb_protocol::rules::RulePack;
use axum::Json;
use axum::extract::State as Extract;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::apple::Secrets;
use crate::model::{AccountSettings, AppleAccount};
use crate::world::{Account, State};

pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

pub(super) async fn show(Extract(state): Extract<State>) -> Json<AppleAccount> {
    Json(state.read(|world| view(&world.account)))
}

pub(super) async fn change(
    Extract(state): Extract<State>,
    Json(settings): Json<AccountSettings>,
) -> Result<Json<AppleAccount>, Problem> {
    state.change(|world| {
        let account = &mut world.account;
        if let Some(gateway) = settings.gateway {
            if RulePack::named(&gateway.rule_pack).is_none() {
                let unknown = format!("there is no rule pack '{}'", gateway.rule_pack);
                return Err(Problem::bad_request(unknown));
            }
            account.gateway = gateway;
        }
        if let Some(secrets) = settings.secrets {
            // The one that signs stays the one that signs, as far as it still exists.
            let sign_with = account.secrets.signer().min(secrets.len().saturating_sub(1));
            account.secrets = Secrets::new(&secrets, sign_with)?;
        }
        if let Some(sign_with) = settings.sign_with {
            account.secrets = account.secrets.clone().signing_with(sign_with)?;
        }
        if let Some(url) = settings.webhook_base_url {
            account.webhook_base_url = Some(url);
        }
        if let Some(retry) = settings.retry {
            account.retry = retry;
        }
        Ok(Json(view(account)))
    })
}

fn view(account: &Account) -> AppleAccount {
    AppleAccount {
        msp_id: account.msp_id.clone(),
        webhook_base_url: account.webhook_base_url.clone(),
        live_secrets: account.secrets.live(),
        sign_with: account.secrets.signer(),
        retry: account.retry.clone(),
        gateway: account.gateway.clone(),
    }
}
