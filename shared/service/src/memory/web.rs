//! The public web in memory.

use super::{FaultMode, Memory};
use crate::port::{Web, WebAsk, WebFault, WebPage};

impl Web for Memory {
    async fn get(&self, url: &str, ask: &WebAsk) -> Result<WebPage, WebFault> {
        let mode = self.world().faults.next("Web::get");
        match mode {
            Some(FaultMode::DieBefore | FaultMode::DieAfter) => std::future::pending().await,
            Some(FaultMode::Refused | FaultMode::AnswerLost) => return Err(WebFault::Unreachable),
            None => {}
        }
        let found = self.world().far_side.web.get(url).cloned();
        let mut page = found.unwrap_or(Err(WebFault::Status(404)))?;
        if page.bytes.len() > ask.max_bytes {
            if !ask.cut {
                return Err(WebFault::TooLarge(ask.max_bytes));
            }
            page.bytes.truncate(ask.max_bytes);
        }
        Ok(page)
    }
}
