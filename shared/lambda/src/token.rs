//! Whose Apple Pay tokens are believed.

use amb_protocol::apple_pay::token::{Environment, Verifier};

use crate::config::{Config, ConfigError};

/// Apple's, of production or of the sandbox as the environment says; in a build with the feature
/// `test-root`, those of the root that the environment names.
pub fn verifier(config: &Config) -> Result<Verifier, ConfigError> {
    let sandbox = config.is_apple_pay_sandbox()?;
    let environment = if sandbox { Environment::Sandbox } else { Environment::Production };
    #[cfg(feature = "test-root")]
    if let Some(root) = config.apple_pay_test_root() {
        let name = crate::config::APPLE_PAY_TEST_ROOT;
        let reason = "is no root certificate in PEM";
        return Verifier::new(environment, &[root])
            .map_err(|_fault| ConfigError::Invalid { name, reason });
    }
    Ok(Verifier::apple(environment))
}
