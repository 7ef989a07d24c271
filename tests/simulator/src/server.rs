//! One server on loopback for everything.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::apple::content::Content;
use crate::apple::pay::{Authority, SessionServer};
use crate::apple::{PkiError, SecretError, Secrets, gateway};
use crate::apple_pay::{MintError, TokenPki};
use crate::client::Client;
use crate::line::{Exchange, Scissors};
use crate::model::{GatewaySettings, PaySetup, RetrySchedule};
use crate::phone::{kept, page, picture, view};
use crate::world::{Account, Pki, State, World};
use crate::{api, business, host, psp, shop};

/// Largest request body taken: images travel inside interactive messages.
const LARGEST_BODY: usize = 32 << 20;
/// How long open connections may keep the server from ending.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The far side of the wire.
#[derive(Debug)]
pub struct Simulator;

/// What a simulator must know from the start.
#[derive(Clone)]
pub struct Config {
    /// Where to listen, on loopback; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The MSP id that Apple gave.
    pub msp_id: String,
    /// The secrets shown in Register, base64. The first one signs webhooks.
    pub apple_secrets: Vec<String>,
    /// Where webhooks go, without `/message`; can be set later through the API.
    pub webhook_base_url: Option<String>,
    /// When a webhook is tried again.
    pub retry: RetrySchedule,
}

impl Config {
    /// A free port, one secret, no webhook URL yet, the default retry schedule.
    pub fn new(msp_id: &str, apple_secret: &str) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            msp_id: msp_id.to_owned(),
            apple_secrets: vec![apple_secret.to_owned()],
            webhook_base_url: None,
            retry: RetrySchedule::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("msp_id", &self.msp_id)
            .field("webhook_base_url", &self.webhook_base_url)
            .finish_non_exhaustive()
    }
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It holds keys and obeys everybody who reaches it.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// Most likely the port is taken.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// An Apple secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// There are no certificates for merchant sessions.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// There are no keys for tokens.
    #[error(transparent)]
    Tokens(#[from] MintError),
    /// The HTTP client cannot be built.
    #[error("cannot build the HTTP client")]
    HttpClient(#[source] reqwest::Error),
}

/// A simulator at work. Dropping it ends it.
#[derive(Debug)]
pub struct Running {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub url: String,
    /// What the MSP uses in place of `https://mspgw.push.apple.com/v1`.
    pub gateway_url: String,
    /// What the product takes payments with here.
    pub pay: PaySetup,
    state: State,
    stop: Option<oneshot::Sender<()>>,
    server: JoinSet<()>,
}

impl Simulator {
    /// Listens and serves until [`Running::shutdown`] or drop.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        if !config.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(config.listen));
        }
        let cannot_listen = |error| StartError::Listen(config.listen, error);
        let listener = TcpListener::bind(config.listen).await.map_err(cannot_listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(cannot_listen)?);

        let tokens = TokenPki::new(&config.msp_id)?;
        let account = Account {
            msp_id: config.msp_id,
            secrets: Secrets::new(&config.apple_secrets, 0)?,
            webhook_base_url: config.webhook_base_url,
            retry: config.retry,
            gateway: GatewaySettings::default(),
        };
        let world = World { account, content: Content::at(&url), ..World::default() };
        let http = host::http_client().map_err(StartError::HttpClient)?;
        let authority = Authority::new()?;
        let sessions = SessionServer::bind(&authority).await?;
        let pki = Pki { authority, tokens, session_url: sessions.url() };
        let state = State::new(world, http, url.clone(), pki);

        let service = routes(state.clone()).into_make_service_with_connect_info::<Scissors>();
        let (stop, told_to_stop) = oneshot::channel::<()>();
        let mut server = JoinSet::new();
        let told = state.bell();
        let pay_state = state.clone();
        server.spawn(async move {
            tokio::select! {
                () = sessions.serve(pay_state) => {}
                () = told.closed() => {}
            }
        });
        server.spawn(async move {
            let outcome = axum::serve(Exchange(listener), service)
                .with_graceful_shutdown(async { drop(told_to_stop.await) });
            // Its type says it may fail; it runs until told to stop.
            drop(outcome.await);
        });
        let gateway_url = format!("{url}/apple/v1");
        let pay = api::pay_setup(&state);
        Ok(Running { url, gateway_url, pay, state, stop: Some(stop), server })
    }
}

impl Running {
    /// A client of this simulator's API.
    pub fn client(&self) -> Client {
        Client::with_http(&self.url, self.state.http().clone())
    }

    /// Where the product posts the events of the sample business `name`.
    pub fn business_webhook_url(&self, name: &str) -> String {
        format!("{}/business/{name}/webhook", self.url)
    }

    /// Ends waits, live pages and webhooks under way, then the server.
    pub async fn shutdown(mut self) {
        self.state.close();
        drop(self.stop.take());
        let all_done = async { while self.server.join_next().await.is_some() {} };
        drop(tokio::time::timeout(SHUTDOWN_TIMEOUT, all_done).await);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.state.close();
    }
}

fn routes(state: State) -> Router {
    Router::new()
        .route("/business/{name}/webhook", post(business::webhook::event))
        .route("/phone", get(page::list))
        .route("/phone/assets/{name}", get(page::asset))
        .route("/phone/{customer}", get(page::page))
        .route("/phone/{customer}/live", get(view::live))
        .route("/phone/{customer}/pictures/{id}/{number}", get(picture::picture))
        .route("/phone/{customer}/files/{id}/{number}", get(kept::file))
        .merge(gateway::routes())
        .merge(psp::routes())
        .merge(shop::routes())
        .merge(api::routes())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(only_loopback_names))
        .with_state(state)
}

/// Refuses other names in `Host`, so that no web page can reach the simulator by pointing its own
/// name at this machine.
async fn only_loopback_names(request: Request, next: Next) -> Response {
    let host = request.headers().get("host").and_then(|value| value.to_str().ok()).unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_loopback = name == "localhost"
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if is_loopback {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this server answers on loopback only\n").into_response()
    }
}
