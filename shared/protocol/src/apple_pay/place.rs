//! Whether a place fits a rule, and how particular the rule is.

use super::{Region, Servable, TaxRule, contact::postal_code};

impl Servable {
    /// Whether a region lies in it; absent parts fit everything. What is not known of the region fits
    /// only where nothing is asked of it.
    pub fn holds(&self, region: Option<&Region>) -> bool {
        let is = |wanted: &Option<String>, of: fn(&Region) -> &str| {
            wanted.as_deref().is_none_or(|wanted| {
                region.is_some_and(|region| of(region) == wanted.trim().to_uppercase())
            })
        };
        is(&self.country, |region| &region.country)
            && is(&self.region, |region| &region.region)
            && self.prefix().is_none_or(|prefix| {
                region.is_some_and(|region| region.postal_code.starts_with(&prefix))
            })
    }

    /// The postal prefix as a region writes it: no longer than what the device shows of a code.
    fn prefix(&self) -> Option<String> {
        let country = self.country.as_deref().unwrap_or_default().trim().to_uppercase();
        self.postal_prefix.as_deref().map(|prefix| postal_code(&country, prefix))
    }

    /// Postal prefixes before regions before countries before everywhere; the longer prefix first.
    fn particular(&self) -> (usize, bool, bool) {
        let prefix = self.prefix().map_or(0, |prefix| prefix.chars().count());
        (prefix, self.region.is_some(), self.country.is_some())
    }
}

/// The most particular rule that fits; of equals, the first.
pub(super) fn tax<'r>(rules: &'r [TaxRule], region: Option<&Region>) -> Option<&'r TaxRule> {
    let fitting = rules.iter().rev().filter(|rule| rule.place.holds(region));
    fitting.max_by_key(|rule| rule.place.particular())
}
