//! The public web in memory, a piece at a time: the same pages as of [`Web`](crate::port::Web).

use std::collections::VecDeque;

use super::{FaultMode, Memory};
use crate::port::{Bytes, Chunks, WebFault, WebFile, WebFiles};

/// What becomes of a file on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebDownload {
    /// Everything comes.
    Whole,
    /// Everything comes, and the server does not say how much it is.
    Unsaid,
    /// It breaks off at this byte.
    StopsAt(usize),
}

/// A file being fetched.
#[derive(Debug)]
pub struct MemoryWebFile {
    world: Memory,
    pieces: VecDeque<Bytes>,
    end: Option<WebFault>,
}

impl Chunks for MemoryWebFile {
    type Error = WebFault;

    async fn chunk(&mut self) -> Result<Option<Bytes>, WebFault> {
        let piece = self.pieces.pop_front();
        pass(&self.world, "WebFiles::body").await?;
        match (piece, &self.end) {
            (None, Some(fault)) => Err(fault.clone()),
            (piece, _) => Ok(piece),
        }
    }
}

impl WebFiles for Memory {
    type Body = MemoryWebFile;

    async fn open_web(
        &self,
        url: &str,
        max_bytes: u64,
    ) -> Result<WebFile<MemoryWebFile>, WebFault> {
        pass(self, "WebFiles::open_web").await?;
        let (found, fate, piece) = {
            let mut world = self.world();
            let fate = world.far_side.web_file_script.pop_front();
            let found = world.far_side.web.get(url).cloned();
            (found, fate.unwrap_or(WebDownload::Whole), world.piece)
        };
        let mut page = found.unwrap_or(Err(WebFault::Status(404)))?;
        let most = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let length = (fate != WebDownload::Unsaid).then_some(page.bytes.len() as u64);
        let mut end = None;
        if page.bytes.len() > most {
            if length.is_some() {
                return Err(WebFault::TooLarge(most));
            }
            page.bytes.truncate(most);
            end = Some(WebFault::TooLarge(most));
        }
        if let WebDownload::StopsAt(at) = fate {
            page.bytes.truncate(at);
            end = Some(WebFault::Unreachable);
        }
        let name = page.url.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
        let pieces = page.bytes.chunks(piece).map(Bytes::copy_from_slice).collect();
        let body = MemoryWebFile { world: self.clone(), pieces, end };
        Ok(WebFile { name, content_type: page.content_type, length, body })
    }
}

/// The gate of the web, whose errors are its own.
async fn pass(world: &Memory, port: &'static str) -> Result<(), WebFault> {
    let mode = world.passes(port).await;
    match mode {
        Some(FaultMode::DieBefore | FaultMode::DieAfter) => std::future::pending().await,
        Some(FaultMode::Refused | FaultMode::AnswerLost) => Err(WebFault::Unreachable),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{memory::drive, port::WebPage};

    const URL: &str = "https://shop.example.com/files/terms.pdf";

    fn read(world: &Memory, max_bytes: u64) -> Result<Vec<u8>, WebFault> {
        let mut file = drive(world.open_web(URL, max_bytes)).unwrap()?;
        assert_eq!(file.name.as_deref(), Some("terms.pdf"));
        let mut bytes = Vec::new();
        while let Some(piece) = drive(file.body.chunk()).unwrap()? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    #[test]
    fn a_file_comes_in_pieces_and_more_than_was_asked_for_is_refused() {
        let world = Memory::new(1);
        assert_eq!(drive(world.open_web(URL, 9)).unwrap().err(), Some(WebFault::Status(404)));
        let page =
            WebPage { url: URL.to_owned(), content_type: None, bytes: b"0123456789".to_vec() };
        world.world().far_side.web.insert(URL.to_owned(), Ok(page));
        world.world().piece = 4;
        assert_eq!(read(&world, 10).unwrap(), b"0123456789");
        assert_eq!(read(&world, 9), Err(WebFault::TooLarge(9)));
        let script = [WebDownload::Unsaid, WebDownload::StopsAt(5)];
        world.world().far_side.web_file_script.extend(script);
        assert_eq!(read(&world, 9), Err(WebFault::TooLarge(9)));
        assert_eq!(read(&world, 10), Err(WebFault::Unreachable));
    }
}
