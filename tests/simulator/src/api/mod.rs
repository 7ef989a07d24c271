//! The simulator's own HTTP API, under `/api`; the crate's documentation has the table.

mod account;
mod businesses;
mod customers;
mod faults;
mod files;
mod pay;
mod problem;
mod psp;
mod records;

use axum::Router;
use axum::routing::{delete, get, post, put};

pub(crate) use self::pay::setup as pay_setup;
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
        .route("/api/customers/{name}/pay", post(pay::pay))
        .route("/api/customers/{name}/sheets", get(pay::list).post(pay::open))
        .route("/api/customers/{name}/sheets/{id}", get(pay::show))
        .route("/api/customers/{name}/sheets/{id}/choose", post(pay::choose))
        .route("/api/customers/{name}/sheets/{id}/authorize", post(pay::authorize))
        .route("/api/customers/{name}/sheets/{id}/cancel", post(pay::cancel))
        .route("/api/customers/{name}/sheets/{id}/repeat", post(pay::repeat))
        .route("/api/wallet", get(pay::wallet))
        .route("/api/apple-pay", get(pay::show_setup))
        .route("/api/apple-pay/merchants", post(pay::merchant))
        .route("/api/apple-pay/sessions", get(pay::sessions))
        .route("/api/psp/payments", get(psp::payments))
        .route("/api/psp/payments/{seq}/chargeback", post(psp::charge_back))
        .route("/api/psp/payments/{seq}/expire", post(psp::expire))
        .route("/api/psp/calls", get(psp::calls))
        .route("/api/psp/{dialect}/accounts/{account}", put(psp::put_account))
        .route("/api/psp/{dialect}/report", get(psp::report))
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
