//! A way to the emulator on which the first answer to every request is lost: the SDK asks again, and
//! must be told the truth about what it did the first time.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Result, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Starts it before the emulator's port; answers its own. It ends with the process.
pub(crate) fn before(port: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let own = listener.local_addr().expect("its address").port();
    let seen: Arc<Mutex<HashSet<Vec<u8>>>> = Arc::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            thread::spawn(move || serve(&stream, port, &seen));
        }
    });
    own
}

fn serve(stream: &TcpStream, port: u16, seen: &Mutex<HashSet<Vec<u8>>>) -> Result<()> {
    let mut requests = BufReader::new(stream);
    loop {
        let Some((head, body)) = message(&mut requests)? else { return Ok(()) };
        let mut emulator = TcpStream::connect(("127.0.0.1", port))?;
        emulator.write_all(&head)?;
        emulator.write_all(&body)?;
        let answer = message(&mut BufReader::new(&emulator))?;
        // A repeated request differs in its headers only.
        if seen.lock().expect("no panic").insert(body) {
            return Ok(());
        }
        let Some((head, body)) = answer else { return Ok(()) };
        let mut back = stream;
        back.write_all(&head)?;
        back.write_all(&body)?;
    }
}

/// Head and body of the next HTTP/1.1 message; nothing when the connection has ended.
fn message(from: &mut impl BufRead) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut head = Vec::new();
    let mut length = 0;
    loop {
        let start = head.len();
        if from.read_until(b'\n', &mut head)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(head.get(start..).unwrap_or_default()).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some((head, body)))
}
