//! The simulator's own HTTP API, under `/api`; the crate's documentation has the table.

mod account;
mod businesses;
mod customers;
mod faults;
mod files;
mod problem;
mod records;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::world::State;

/// Routes under `/api`.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/api/health", get(account::health))
        .route("/api/apple", get(account::show).patch(account::change))
        .route("/api/customers", get(customers::list).post(customers::create))
        .route("/api/customers/{name}", get(customers::show).patch(customers::patch))
        .route("/api/customers/{name}/send", post(customers::send))
        .route("/api/customers/{name}/resend", post(customers::resend))
        .route("/api/customers/{name}/typing", post(customers::typing))
        .route("/api/customers/{name}/tapback", post(customers::react))
        .route("/api/customers/{name}/reply", post(customers::reply))
        .route("/api/customers/{name}/attach", post(files::attach))
        .route("/api/customers/{name}/files", get(files::list).post(files::hand_in))
        .route("/api/customers/{name}/files/{id}", get(files::show))
        .route("/api/customers/{name}/close", post(customers::close))
        .route("/api/conversations", get(customers::conversations).post(customers::open))
        .route("/api/transcript", get(records::transcript))
        .route("/api/gateway/calls", get(records::gateway_calls))
        .route("/api/webhooks", get(records::webhooks).post(records::send_raw))
        .route("/api/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/api/faults/{id}", delete(faults::remove))
        .route("/api/businesses", get(businesses::list))
        .route("/api/businesses/{name}", get(businesses::show).put(businesses::put))
        .route("/api/businesses/{name}/events", get(businesses::events))
        .route("/api/businesses/{name}/answers", get(businesses::answers))
}
