//! The finance team's files.

use amb_protocol::apple_pay::MerchantIdentifier;
use jiff::civil::Date;

use super::TenantId;

/// The place of a file in the finance team's bucket. A tenant's files lie under one prefix; a merchant's
/// days lie as Athena reads partitions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportKey(String);

/// A text that names no report of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`reports/` and a name of letters, digits, `-`, `_`, `.` and `/` are expected")]
pub struct ReportNameFault;

impl ExportKey {
    /// A file of a merchant's day. Parquet lies by itself: whoever queries a folder reads all of it.
    pub fn day(tenant: &TenantId, merchant: &MerchantIdentifier, day: Date, name: &str) -> Self {
        let is_parquet = name.strip_suffix(".parquet").is_some();
        let folder = if is_parquet { "journal-parquet" } else { "journal" };
        Self(format!("tenant={tenant}/{folder}/merchant={merchant}/day={day}/{name}"))
    }

    /// What matching a report came to, by the report's SHA-256 in hex.
    pub fn matching(
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        report: &str,
        ending: &str,
    ) -> Self {
        Self(format!("tenant={tenant}/matching/merchant={merchant}/{report}.{ending}"))
    }

    /// A provider's report that somebody put into the bucket, under the tenant's own prefix:
    /// `reports/…`.
    pub fn report(tenant: &TenantId, name: &str) -> Result<Self, ReportNameFault> {
        let visible = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        let rest = name.strip_prefix("reports/").filter(|rest| !rest.is_empty());
        let climbs = name.split('/').any(|part| matches!(part, "" | "." | ".."));
        if rest.is_none() || climbs || name.len() > 512 || !name.bytes().all(visible) {
            return Err(ReportNameFault);
        }
        Ok(Self(format!("tenant={tenant}/{name}")))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
