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
        if event
            .get("source")
            .is_some_and(|source| source == "aws.events" || source == "aws.scheduler")
        {
            return Ok(Self::Days(Scope::default()));
        }
        if event.get("report").is_none() {
            let asked = DaysAsked::deserialize(event).map_err(|error| fault(&error))?;
            let DaysAsked { tenant, merchant, day } = asked;
            return Ok(Self::Days(Scope { tenant, merchant, day }));
        }
        let asked = ReportAsked::deserialize(event).map_err(|error| fault(&error))?;
        let ReportNamed { tenant, merchant, psp, key } = asked.report;
        let form = ReportForm::parse(&psp)
            .ok_or_else(|| AskFault("`psp` is `stripe` or `adyen`".to_owned()))?;
        let key = ExportKey::report(&tenant, &key).map_err(|error| fault(&error))?;
        Ok(Self::Report { tenant, merchant, form, key })
    }
}
