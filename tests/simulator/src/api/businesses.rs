//! `/api/businesses`: the sample businesses.

use axum::Json;
use axum::extract::{Path, Query, State as Extract};

use super::problem::Problem;
use super::records::collect;
use crate::model::{BotAnswer, BusinessEvent, BusinessSettings, BusinessView, EventFilter, Items};
use crate::phone::roster::is_name;
use crate::world::{Business, State};

pub(super) async fn list(Extract(state): Extract<State>) -> Json<Items<BusinessView>> {
    let items = state.read(|world| {
        let view = |(name, business): (&String, &Business)| view(&state, name, business);
        world.businesses.iter().map(view).collect::<Vec<_>>()
    });
    Json(Items { items })
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Result<Json<BusinessView>, Problem> {
    state
        .read(|world| world.businesses.get(&name).map(|it| view(&state, &name, it)))
        .map(Json)
        .ok_or_else(|| Problem::not_found(format!("there is no business '{name}'")))
}

pub(super) async fn put(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(settings): Json<BusinessSettings>,
) -> Result<Json<BusinessView>, Problem> {
    if !is_name(&name) {
        return Err(Problem::bad_request("a name has 1 to 64 letters, digits, '-' or '_'".into()));
    }
    for secret in settings.webhook_secrets.iter().flatten() {
        standardwebhooks::Webhook::new(secret)
            .map_err(|error| Problem::bad_request(format!("webhookSecrets: {error}")))?;
    }
    Ok(Json(state.change(|world| {
        let business = world.businesses.entry(name.clone()).or_default();
        if let Some(secrets) = settings.webhook_secrets {
            business.webhook_secrets = secrets;
        }
        business.api_url = settings.api_url.or(business.api_url.take());
        business.api_key = settings.api_key.or(business.api_key.take());
        business.echo = settings.echo.unwrap_or(business.echo);
        business.demo = settings.demo.unwrap_or(business.demo);
        business.typing = settings.typing.unwrap_or(business.typing);
        view(&state, &name, business)
    })))
}

pub(super) async fn events(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Query(filter): Query<EventFilter>,
) -> Json<Items<BusinessEvent>> {
    let wanted = |it: &&BusinessEvent| {
        it.business == name
            && it.seq > filter.after
            && filter.verdict.is_none_or(|verdict| it.verdict == verdict)
            && filter.event_type.as_deref().is_none_or(|kind| it.event_type() == Some(kind))
            && filter.contains.as_ref().is_none_or(|text| contains(&it.event, text))
    };
    collect(&state, filter.wait, filter.at_least, |world| {
        world.events.iter().filter(wanted).cloned().collect()
    })
    .await
}

pub(super) async fn answers(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Json<Items<BotAnswer>> {
    let items = state.read(|world| {
        world.bot_answers.iter().filter(|it| it.business == name).cloned().collect::<Vec<_>>()
    });
    Json(Items { items })
}

/// Some string in the JSON contains `text`: searching the strings, not their escaped form.
fn contains(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(string) => string.contains(text),
        serde_json::Value::Array(items) => items.iter().any(|item| contains(item, text)),
        serde_json::Value::Object(map) => map.values().any(|item| contains(item, text)),
        _ => false,
    }
}

fn view(state: &State, name: &str, business: &Business) -> BusinessView {
    BusinessView {
        name: name.to_owned(),
        webhook_url: format!("{}/business/{name}/webhook", state.url()),
        webhook_secrets: business.webhook_secrets.len(),
        api_url: business.api_url.clone(),
        has_api_key: business.api_key.is_some(),
        echo: business.echo,
        demo: business.demo,
        typing: business.typing,
    }
}
