//! A register on a free port of this machine that does, connection by connection, what a test wrote down.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What it does with one connection, once it has read the question.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Answers with this status and body.
    Say(u16, String),
    /// Promises a longer body than it sends, and hangs up.
    Half(String),
    /// Hangs up without a word.
    HangUp,
    /// Says nothing, and holds the line until the test ends.
    Silent,
    /// Answers with bytes that are no HTTP.
    Noise,
    /// Sends a body without end.
    Flood,
}

/// A question that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

/// The register.
pub struct Loopback {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Listens, and does these deeds in turn; after the last it hangs up on everyone.
    pub fn doing(deeds: Vec<Deed>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (asked, ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (asked, ended) = (Arc::clone(&asked), Arc::clone(&ended));
            move || listen(&listener, deeds, &asked, &ended)
        });
        Loopback { address, asked, ended, thread: Some(thread) }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}/records", self.address)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking(), "the register's thread panicked");
        }
    }
}

fn listen(listener: &TcpListener, deeds: Vec<Deed>, asked: &Mutex<Vec<Asked>>, ended: &AtomicBool) {
    let mut deeds = deeds.into_iter();
    let mut held = Vec::new();
    while let Ok((mut stream, _)) = listener.accept() {
        if ended.load(Ordering::SeqCst) {
            return;
        }
        let Some(question) = read(&mut stream) else { continue };
        asked.lock().unwrap().push(question);
        match deeds.next().unwrap_or(Deed::HangUp) {
            Deed::Say(status, body) => say(&mut stream, status, body.len(), &body),
            Deed::Half(body) => say(&mut stream, 200, body.len() * 2, &body),
            Deed::HangUp => {}
            Deed::Silent => held.push(stream),
            Deed::Noise => drop(stream.write_all(b"220 this is no register\r\n\r\n")),
            Deed::Flood => {
                say(&mut stream, 200, usize::MAX / 2, "");
                while stream.write_all(&[b' '; 4096]).is_ok() {}
            }
        }
    }
}

/// Writes an answer; whether the asker is still there does not matter here.
fn say(stream: &mut TcpStream, status: u16, length: usize, body: &str) {
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\nconnection: close\r\n");
    let location = if (300..400).contains(&status) { "location: /elsewhere\r\n" } else { "" };
    drop(stream.write_all(format!("{head}{location}\r\n{body}").as_bytes()));
}

/// Reads a whole question; nothing where the asker hung up.
fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { head, body: String::from_utf8(body).ok()? })
}
