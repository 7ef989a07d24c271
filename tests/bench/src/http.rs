//! A small HTTP/1.1 server on loopback, for clients that behave: the Lambda Runtime API and AWS as
//! the functions see them while they are measured.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// A server, until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    ended: Arc<AtomicBool>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    /// Method, path and version.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// Answers every request with `answer`; `None` closes the connection. One thread per connection.
    pub(crate) fn start(
        answer: impl Fn(Request) -> Option<Answer> + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let answer = answer.clone();
                // A client that is killed breaks its connection: that is the end of it.
                thread::spawn(move || stream.and_then(|stream| converse(stream, answer)));
            }
        });
        Ok(Self { address, ended })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address)); // wakes the listener
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

fn converse(stream: TcpStream, answer: impl Fn(Request) -> Option<Answer>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input)? {
        let Some(answer) = answer(request) else { break };
        let mut message = format!("HTTP/1.1 {} -\r\n", answer.status).into_bytes();
        for (name, value) in &answer.headers {
            message.extend(format!("{name}: {value}\r\n").bytes());
        }
        message.extend(format!("content-length: {}\r\n\r\n", answer.body.len()).bytes());
        message.extend(answer.body);
        output.write_all(&message)?;
    }
    Ok(())
}

fn read(input: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        input.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Request { line: line.trim_end().to_owned(), headers, body: Vec::new() };
    if let Some(length) = request.header("content-length").and_then(|text| text.parse().ok()) {
        request.body = vec![0; length];
        input.read_exact(&mut request.body)?;
    } else if request.header("transfer-encoding").is_some() {
        request.body = read_chunks(input)?;
    }
    Ok(Some(request))
}

fn read_chunks(input: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        input.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        let from = body.len();
        body.resize(from + size + 2, 0); // and the line's end
        if let Some(chunk) = body.get_mut(from..) {
            input.read_exact(chunk)?;
        }
        body.truncate(from + size);
        if size == 0 {
            return Ok(body);
        }
    }
}
