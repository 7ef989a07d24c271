//! Secrets that an operator puts beside the deployed ones: merchants' certificates and providers' keys.

use serde_json::json;

/// Puts a secret into the emulator, new or as a new version.
pub(crate) async fn put(
    http: &reqwest::Client,
    emulator_url: &str,
    region: &str,
    name: &str,
    value: &str,
) -> Result<(), reqwest::Error> {
    let call = |operation: &str, body: serde_json::Value| {
        // The emulator looks for the service's name in the credentials, and at no signature.
        let scope = format!("Credential=test/20260101/{region}/secretsmanager/aws4_request");
        http.post(emulator_url)
            .header("x-amz-target", format!("secretsmanager.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
            .body(body.to_string())
            .send()
    };
    let made = call("CreateSecret", json!({"Name": name, "SecretString": value})).await?;
    if made.status().is_success() {
        return Ok(());
    }
    let put = call("PutSecretValue", json!({"SecretId": name, "SecretString": value})).await?;
    put.error_for_status().map(drop)
}
