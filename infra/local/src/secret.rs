//! Secrets that an operator puts beside the deployed ones: merchants' certificates and providers' keys.

use serde_json::json;

use crate::deployment::Deployment;

/// Puts merchants' secrets into the emulator.
#[derive(Debug)]
pub(crate) struct Secrets<'s> {
    pub(crate) http: &'s reqwest::Client,
    emulator_url: &'s str,
    region: &'s str,
    prefix: &'s str,
}

impl<'s> Secrets<'s> {
    pub(crate) fn of(
        http: &'s reqwest::Client,
        deployment: &'s Deployment,
        emulator_url: &'s str,
    ) -> Self {
        let (region, prefix) = (&*deployment.region, &*deployment.merchant_secrets);
        Self { http, emulator_url, region, prefix }
    }

    /// Puts a secret of a tenant, new or as a new version.
    pub(crate) async fn put(
        &self,
        tenant: &str,
        name: &str,
        value: &str,
    ) -> Result<(), reqwest::Error> {
        let name = format!("{}/{tenant}/{name}", self.prefix);
        let made = self.call("CreateSecret", json!({"Name": name, "SecretString": value})).await?;
        if made.status().is_success() {
            return Ok(());
        }
        let put = json!({"SecretId": name, "SecretString": value});
        self.call("PutSecretValue", put).await?.error_for_status().map(drop)
    }

    async fn call(
        &self,
        operation: &str,
        body: serde_json::Value,
    ) -> Result<reqwest::Response, reqwest::Error> {
        // The emulator looks for the service's name in the credentials, and at no signature.
        let scope = format!("Credential=test/20260101/{}/secretsmanager/aws4_request", self.region);
        self.http
            .post(self.emulator_url)
            .header("x-amz-target", format!("secretsmanager.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
            )
            .body(body.to_string())
            .send()
            .await
    }
}
