//! New signing secrets: the old ones sign on beside the new one for a while, so that the business
//! can change over whenever it likes.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use super::NewEndpoint;
use crate::{
    access::Principal,
    account::{Account, member, optional_body},
    model::{Scope, SealedSecret},
    port::{Clock, Endpoints, Entropy},
    problem::{Faults, ObjectBody, Problem, Reader},
};

/// How long old secrets may sign on: up to seven days (spec/reliability §1.1).
pub const OVERLAP_SECONDS: RangeInclusive<u64> = 0..=604_800;
/// How long they do when the tenant says nothing: a day.
const DEFAULT_OVERLAP_SECONDS: u64 = 86_400;
/// Secrets that may be live at once (spec/reliability §1.1).
const MAX_LIVE: usize = 3;

impl<S, Q, C> Account<S, Q, C>
where
    S: Endpoints,
    C: Clock + Entropy,
{
    /// Draws a new signing secret: `{"overlapSeconds"?}`. Zero ends the old ones at once.
    pub async fn rotate_secret(
        &self,
        principal: &Principal,
        id: &str,
        if_match: Option<&str>,
        body: &[u8],
    ) -> Result<NewEndpoint, Problem> {
        principal.require(Scope::Admin)?;
        let ObjectBody(map) = optional_body(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let overlap = member::whole(&mut reader, "overlapSeconds", OVERLAP_SECONDS, &mut faults);
        reader.finish(&mut faults);
        faults.finish(Some(()))?;
        let overlap = overlap.unwrap_or(DEFAULT_OVERLAP_SECONDS);
        let overlap = SignedDuration::from_secs(i64::try_from(overlap).unwrap_or_default());
        let now = self.clock.now();
        let (endpoint, secret) = self
            .update_endpoint(principal, id, if_match, |endpoint| {
                let (secret, sealed) = self.draw_secret(&endpoint.id, now)?;
                let old = std::mem::take(&mut endpoint.secrets);
                endpoint.secrets = succeed(sealed, old, now, overlap)?;
                Ok(secret)
            })
            .await?;
        Ok(NewEndpoint { endpoint, secret })
    }
}

/// The new secret first, then the old ones that still sign.
fn succeed(
    new: SealedSecret,
    old: Vec<SealedSecret>,
    now: Timestamp,
    overlap: SignedDuration,
) -> Result<Vec<SealedSecret>, Problem> {
    let until = now + overlap;
    let mut live: Vec<_> = old
        .into_iter()
        .map(|secret| {
            let expires_at = Some(secret.expires_at.map_or(until, |earlier| earlier.min(until)));
            SealedSecret { expires_at, ..secret }
        })
        .filter(|secret| secret.expires_at.is_some_and(|until| now < until))
        .collect();
    if live.len() >= MAX_LIVE {
        let first = live.iter().filter_map(|secret| secret.expires_at).min();
        let detail = first.map(|at| {
            format!("One of {MAX_LIVE} ends at {at:.0}; overlapSeconds 0 ends them all now.")
        });
        return Err(Problem { detail, ..Problem::too_many_secrets() });
    }
    live.insert(0, new);
    Ok(live)
}
