use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use amb_simulator::client::{Client, ClientError};
use amb_simulator::model::{AccountSettings, Customer, NewConversation, NewCustomer};
use amb_simulator::{Config, Running, Simulator, StartError};

use crate::api::Api;
use crate::deployment::{DeployError, Deployment, FarSide, deploy};
use crate::emulator::{Emulator, EmulatorError, FunctionProcess};
use crate::machine;
use crate::merchant::{Merchant, take_payments};
use crate::options::Options;
use crate::places::{MissingPlace, Places};
use crate::secret::Secrets;
use crate::seed::{DEMO_BUSINESS, NewTenant, SeedError, Tenant, seed};
use crate::stack_file::{self, StackFile};

const REGION: &str = "eu-west-1";
/// The MSP id of the local stack; Apple gives one at registration.
const MSP_ID: &str = "4f0c8a52-6b1d-4e63-9a77-2d5f0c9be001";
/// How long the simulator of another stack may take to say that it is there.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);
const DEMO_NAME: &str = "demo";
const CUSTOMER_NAME: &str = "ada";
/// Where invitations reach them; a number that belongs to nobody.
const CUSTOMER_PHONE: &str = "+12025550100";

/// The product on the emulator, the simulator beside it, and a demo tenant.
#[derive(Debug)]
pub struct Stack {
    /// Where everything is.
    pub file: StackFile,
    /// The deployed resources.
    pub deployment: Deployment,
    /// The demo tenant.
    pub demo: Tenant,
    /// The demo customer, whose phone has a conversation with the demo business.
    pub customer: Customer,
    places: Places,
    path: PathBuf,
    http: reqwest::Client,
    simulator: Running,
    emulator: Emulator,
}

/// Why there is no local stack.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The repository, or Python, is not there.
    #[error(transparent)]
    Place(#[from] MissingPlace),
    /// Two would write the same files.
    #[error("a local stack is up already, at {0}; end it first")]
    AlreadyUp(String),
    /// Somebody listens there already.
    #[error("port {0} on 127.0.0.1 is taken; choose another with {1}")]
    PortTaken(u16, &'static str),
    /// The operating system gives no port.
    #[error("there is no free port on 127.0.0.1")]
    NoPort(#[source] io::Error),
    /// A folder or file cannot be written.
    #[error("cannot write {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The HTTP client cannot be built.
    #[error("cannot build the HTTP client")]
    HttpClient(#[source] reqwest::Error),
    /// The emulator does not run.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// The simulator does not run.
    #[error(transparent)]
    Simulator(#[from] StartError),
    /// The simulator runs, but does not do as told.
    #[error(transparent)]
    SimulatorCall(#[from] ClientError),
    /// The template is not deployed.
    #[error("the template is not deployed: {0}")]
    Deploy(#[from] DeployError),
    /// The demo tenant is not made.
    #[error("the demo tenant is not made")]
    Seed(#[from] SeedError),
}

impl Stack {
    /// Starts everything. When this fails or is cancelled, what was started is ended.
    pub async fn start(options: Options) -> Result<Self, StackError> {
        let progress = |what: &str| (options.progress)(what);
        let places = Places::find()?;
        let folder = places.root.join("target").join(&options.folder);
        let (logs, path) = (folder.join("logs"), folder.join("stack.json"));
        let http = machine::http_client().map_err(StackError::HttpClient)?;
        refuse_second(&path, &http).await?;
        let simulator_port = port_of_simulator(&options)?;
        empty_folder(&logs)?;
        stack_file::remove(&path);
        let apple_secret = machine::messaging_secret();

        progress("starting the simulator");
        let mut config = Config::new(MSP_ID, &apple_secret);
        config.listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), simulator_port);
        let simulator = Simulator::start(config).await?;

        progress("starting the emulator");
        // Looked for when everybody else listens, so that none of them takes it.
        let port = port(options.port, "--port")?;
        let state = folder.join("emulator");
        let emulator = Emulator::start(&places, port, REGION, &state, &logs, &http).await?;

        let pki = folder.join("pki");
        write(&pki, |pki| {
            std::fs::create_dir_all(pki)?;
            std::fs::write(pki.join("ca.pem"), &simulator.pay.ca)?;
            std::fs::write(pki.join("token-root.pem"), &simulator.pay.token_root)
        })?;
        let far_side = FarSide {
            simulator_url: &simulator.url,
            msp_id: MSP_ID,
            apple_secret: &apple_secret,
            apple_pay_url: &simulator.pay.session_url,
            pki: &pki,
        };
        let deployment = deploy(&places, &options, &emulator.url, REGION, &far_side).await?;
        let registration = AccountSettings {
            webhook_base_url: Some(deployment.api_url.clone()),
            ..AccountSettings::default()
        };
        simulator.client().change_account(&registration).await?;

        progress("making the demo tenant");
        let demo =
            make_tenant(&http, &deployment, &simulator, &NewTenant::new(DEMO_NAME, DEMO_BUSINESS))
                .await?;
        let merchant = Merchant::of(&demo);
        let secrets = Secrets::of(&http, &deployment, &emulator.url);
        take_payments(&secrets, &deployment.api_url, &simulator.client(), &demo, &merchant).await?;
        let customer = make_customer(&simulator.client(), &demo).await?;
        let file = StackFile {
            api_url: deployment.api_url.clone(),
            simulator_url: simulator.url.clone(),
            phone_url: format!("{}/phone/{}", simulator.url, customer.name),
            emulator_url: emulator.url.clone(),
            region: deployment.region.clone(),
            msp_id: MSP_ID.to_owned(),
            apple_secret,
            business_id: demo.business_id.clone(),
            api_key: demo.api_key.clone(),
            webhook_url: demo.webhook_url.clone(),
            logs,
            operator_key: deployment.operator_key.clone(),
            tenant_id: demo.id.clone(),
        };
        write(&path, |path| file.write(path))?;
        Ok(Self { file, deployment, demo, customer, places, path, http, simulator, emulator })
    }

    /// Makes another tenant with a sample business of its own.
    pub async fn add_tenant(&self, new: &NewTenant) -> Result<Tenant, SeedError> {
        make_tenant(&self.http, &self.deployment, &self.simulator, new).await
    }

    /// A client of the simulator.
    pub fn simulator(&self) -> Client {
        self.simulator.client()
    }

    /// The API as the operator calls it.
    pub fn operator(&self) -> Api {
        Api::new(self.http.clone(), &self.file.api_url, &self.file.operator_key)
    }

    /// The API as the holder of `key` calls it.
    pub fn api(&self, key: &str) -> Api {
        Api::new(self.http.clone(), &self.file.api_url, key)
    }

    /// Lets a tenant take payments: certificate and keys in Secrets Manager, settings in the API, an
    /// account with its provider.
    pub async fn take_payments(
        &self,
        tenant: &Tenant,
        merchant: &Merchant,
    ) -> Result<(), SeedError> {
        let secrets = Secrets::of(&self.http, &self.deployment, &self.emulator.url);
        let api_url = &self.deployment.api_url;
        take_payments(&secrets, api_url, &self.simulator.client(), tenant, merchant).await
    }

    /// A client for loopback.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Where the parts of the repository are.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The running processes of a function, by its package name.
    pub fn processes(&self, package: &str) -> Vec<FunctionProcess> {
        let function = self.deployment.functions.get(package);
        function.map(|name| self.emulator.function_processes(name)).unwrap_or_default()
    }

    /// Ends everything this stack started.
    pub async fn shutdown(self) {
        let Self { path, simulator, emulator, .. } = self;
        stack_file::remove(&path);
        // Its end may take a while, and must not hold up the simulator's.
        let ended = tokio::task::spawn_blocking(move || drop(emulator));
        simulator.shutdown().await;
        drop(ended.await);
    }
}

/// A file that was left by a stack that was killed names one that does not answer.
async fn refuse_second(path: &Path, http: &reqwest::Client) -> Result<(), StackError> {
    let Some(file) = StackFile::read(path) else { return Ok(()) };
    let health = format!("{}/api/health", file.simulator_url);
    match http.get(health).timeout(HEALTH_TIMEOUT).send().await {
        Ok(_answer) => Err(StackError::AlreadyUp(file.api_url)),
        Err(_silence) => Ok(()),
    }
}

async fn make_tenant(
    http: &reqwest::Client,
    deployment: &Deployment,
    simulator: &Running,
    new: &NewTenant,
) -> Result<Tenant, SeedError> {
    let operator = Api::new(http.clone(), &deployment.api_url, &deployment.operator_key);
    seed(&operator, &deployment.api_url, &simulator.client(), &simulator.url, new).await
}

async fn make_customer(simulator: &Client, demo: &Tenant) -> Result<Customer, ClientError> {
    let new = NewCustomer {
        name: Some(CUSTOMER_NAME.to_owned()),
        phone: Some(CUSTOMER_PHONE.to_owned()),
        ..NewCustomer::default()
    };
    let customer = simulator.create_customer(&new).await?;
    let opened = NewConversation {
        customer: customer.name.clone(),
        business_id: demo.business_id.clone(),
        title: Some("Demo business".to_owned()),
        ..NewConversation::default()
    };
    simulator.open_conversation(&opened).await?;
    Ok(customer)
}

fn port(wanted: Option<u16>, option: &'static str) -> Result<u16, StackError> {
    match wanted {
        Some(port) if machine::is_free(port) => Ok(port),
        Some(port) => Err(StackError::PortTaken(port, option)),
        None => machine::free_port().map_err(StackError::NoPort),
    }
}

/// The simulator listens itself, so 0 does; a port asked for is tried first for a clear answer.
fn port_of_simulator(options: &Options) -> Result<u16, StackError> {
    options.simulator_port.map_or(Ok(0), |wanted| port(Some(wanted), "--simulator-port"))
}

/// A folder with nothing of an earlier run in it.
fn empty_folder(folder: &Path) -> Result<(), StackError> {
    write(folder, |folder| match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => std::fs::create_dir_all(folder),
    })
}

fn write(path: &Path, act: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), StackError> {
    act(path).map_err(|cause| StackError::File { path: path.to_owned(), cause })
}
