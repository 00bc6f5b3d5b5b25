//! Requests byte by byte, for what no HTTP client would send.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Desk, Reply};

impl Desk {
    /// Sends these bytes as they are and reads the answer until the server closes the connection. The request must ask
    /// for that (`Connection: close`).
    pub fn send_raw(&self, request: &[u8]) -> Reply {
        let answer = self.answer_of(request);
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
        let media = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-type: ").map(str::to_owned));
        let json = serde_json::from_str(text).unwrap_or_default();
        Reply { status, media: media.unwrap_or_default(), json, text: text.to_owned(), headers: HashMap::new() }
    }

    /// The headers of an answer, in small letters.
    pub fn headers_of(&self, path: &str, token: &str) -> String {
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        let answer = self.answer_of(head.as_bytes());
        answer.split("\r\n\r\n").next().unwrap_or_default().to_lowercase()
    }

    fn answer_of(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("the server is gone");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
        // The server may refuse before it has read everything; then the rest cannot be written, and the answer counts.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}
