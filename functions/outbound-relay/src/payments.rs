//! The parts that open payments.

use amb_aws::{Clients, SecretsManagerMerchants, SecretsManagerServiceKey, Store};
use amb_egress::{Policy, apple_pay::ApplePayGateway, psp::Psps};
use amb_lambda::{adapter::System, config::Config};
use amb_service::payment::opening::Opening;
use lambda_runtime::Error;

type Gateway = ApplePayGateway<SecretsManagerMerchants, System>;
type Providers = Psps<SecretsManagerMerchants, System>;

/// Opens payments with Apple's gateway and the merchants' providers; devices call where `AMB_PAY_URL`
/// says.
pub fn opening(
    config: &Config,
    store: Store,
    clients: &Clients,
    policy: &Policy,
) -> Result<Opening<Store, Gateway, Providers, SecretsManagerServiceKey, System>, Error> {
    let secrets = || clients.secrets.clone();
    let keys = SecretsManagerServiceKey::new(secrets(), config.service_key_secret()?);
    let merchants = SecretsManagerMerchants::new(secrets(), config.merchant_secrets()?);
    let mut sessions = ApplePayGateway::new(merchants.clone(), System, policy.clone());
    if let Some(base) = config.apple_pay_url()? {
        sessions = sessions.at_loopback(&base)?;
    }
    let (stripe, adyen) = (config.stripe_url()?, config.adyen_url()?);
    let psp = Psps::new(merchants, System, policy.clone());
    let psp = psp.elsewhere(stripe.as_deref(), adyen.as_deref())?;
    Ok(Opening::new(store, sessions, psp, keys, System, config.pay_url()?))
}
