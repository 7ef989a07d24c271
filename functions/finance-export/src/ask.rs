//! What an event asks for.

use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::{
    finance::{export::Scope, report::ReportForm},
    model::{ExportKey, TenantId},
};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Days that are over.
    Days(Scope),
    /// A report to be matched.
    Report {
        /// The owner.
        tenant: TenantId,
        /// The merchant.
        merchant: MerchantIdentifier,
        /// Whose report.
        form: ReportForm,
        /// Where it lies.
        key: ExportKey,
    },
}

/// An event that asks for nothing that is done here.
#[derive(Debug, thiserror::Error)]
#[error(
    "an event is EventBridge's, or {{\"tenant\"?, \"merchant\"?, \"day\"?}}, or {{\"report\": …}}: {0}"
)]
pub struct AskFault(String);

/// What S3 says of a new object, by way of `EventBridge`.
#[derive(Deserialize)]
struct Dropped {
    object: DroppedObject,
}

#[derive(Deserialize)]
struct DroppedObject {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysAsked {
    tenant: Option<TenantId>,
    merchant: Option<MerchantIdentifier>,
    day: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportAsked {
    report: ReportNamed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportNamed {
    tenant: TenantId,
    merchant: MerchantIdentifier,
    psp: String,
    key: String,
}

impl Ask {
    /// Reads an event.
    pub fn read(event: &Value) -> Result<Self, AskFault> {
        let fault = |error: &dyn std::error::Error| AskFault(error.to_string());
        match event.get("source").and_then(Value::as_str) {
            Some("aws.events" | "aws.scheduler") => return Ok(Self::Days(Scope::default())),
            Some("aws.s3") => {
                let detail = event.get("detail").unwrap_or(&Value::Null);
                let dropped = Dropped::deserialize(detail).map_err(|error| fault(&error))?;
                return Self::dropped(&dropped.object.key);
            }
            _ => {}
        }
        if event.get("report").is_none() {
            let asked = DaysAsked::deserialize(event).map_err(|error| fault(&error))?;
            let DaysAsked { tenant, merchant, day } = asked;
            return Ok(Self::Days(Scope { tenant, merchant, day }));
        }
        let asked = ReportAsked::deserialize(event).map_err(|error| fault(&error))?;
        let ReportNamed { tenant, merchant, psp, key } = asked.report;
        Self::report(tenant, merchant, &psp, &key)
    }

    /// A report that was put where its place says all: `tenant=…/reports/<merchant>/<psp>/…`.
    fn dropped(key: &str) -> Result<Self, AskFault> {
        let odd = || {
            let place = "`tenant=…/reports/<merchant>/<stripe or adyen>/<name>`";
            AskFault(format!("a report lies in {place}, not in `{key}`"))
        };
        let (tenant, name) =
            key.strip_prefix("tenant=").and_then(|key| key.split_once('/')).ok_or_else(odd)?;
        let mut parts = name.splitn(4, '/').skip(1);
        let (merchant, psp) = parts.next().zip(parts.next()).ok_or_else(odd)?;
        let tenant = TenantId::parse(tenant).map_err(|_odd| odd())?;
        let merchant = MerchantIdentifier::parse(merchant).map_err(|_odd| odd())?;
        Self::report(tenant, merchant, psp, name)
    }

    fn report(
        tenant: TenantId,
        merchant: MerchantIdentifier,
        psp: &str,
        name: &str,
    ) -> Result<Self, AskFault> {
        let form = ReportForm::parse(psp)
            .ok_or_else(|| AskFault("`psp` is `stripe` or `adyen`".to_owned()))?;
        let key = ExportKey::report(&tenant, name).map_err(|error| AskFault(error.to_string()))?;
        Ok(Self::Report { tenant, merchant, form, key })
    }
}
