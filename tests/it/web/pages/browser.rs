//! A headless Chromium, driven through chromedriver by plain WebDriver calls (W3C). Debian: chromium, chromium-driver.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// What stands for an element in WebDriver's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long the driver itself looks for an element before it says that there is none: a busy machine paints late.
const PATIENCE_MS: u32 = 30_000;

/// A browser with one window.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// Starts a browser on a free port.
    pub fn start() -> Browser {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("chromedriver: {e}; install chromium and chromium-driver, or see tests/run"));
        let lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
        let port: u16 = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_suffix('.')?.rsplit_once("successfully on port ")?.1.parse().ok())
            .expect("chromedriver names no port");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .proxy(None)
            .build()
            .into();
        let mut browser = Browser { driver, agent, session: format!("http://127.0.0.1:{port}/session") };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--no-proxy-server",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=800,700",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "timeouts": {"implicit": PATIENCE_MS}, "goog:chromeOptions": {"args": arguments}}}});
        let started = browser.call("POST", "", Some(&wanted));
        let id = started["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {started}"));
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// One WebDriver call; its value.
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.session));
        let answered = match body {
            Some(body) => self.agent.run(request.body(body.to_string()).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = answered.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        // A screenshot is some hundred kilobytes of base64.
        let text = response.body_mut().read_to_string().expect("an answer");
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{method} {path}: {e}: {text}"));
        assert!(response.status().is_success(), "{method} {path}: {}", answer["value"]["message"]);
        answer["value"].clone()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.call("POST", "/element", Some(&json!({"using": "css selector", "value": selector})));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    /// Opens an address and waits until the page is there.
    pub fn open(&self, address: &str) {
        self.call("POST", "/url", Some(&json!({"url": address})));
    }

    /// The title of the page.
    pub fn title(&self) -> String {
        self.call("GET", "/title", None).as_str().unwrap_or_default().to_owned()
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        self.call("GET", "/url", None).as_str().unwrap_or_default().to_owned()
    }

    /// Types into a field.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.call("POST", &format!("/element/{element}/value"), Some(&json!({"text": text})));
    }

    /// Sends a form by its button and waits for the page that follows: the page that was left bears a mark.
    pub fn send(&self, button: &str) {
        self.script("document.documentElement.dataset.left = 'yes'");
        self.click(button);
        self.element("html:not([data-left]) body");
    }

    /// Clicks, where no page follows.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.call("POST", &format!("/element/{element}/click"), Some(&json!({})));
    }

    fn script(&self, text: &str) {
        self.call("POST", "/execute/sync", Some(&json!({"script": text, "args": []})));
    }

    /// The text that a person sees in an element.
    pub fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.call("GET", &format!("/element/{element}/text"), None).as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of the page under `target/tmp`, for whoever wants to look.
    pub fn screenshot(&self, name: &str) {
        let picture = self.call("GET", "/screenshot", None);
        let bytes = from_base64(picture.as_str().expect("a picture"));
        assert!(bytes.starts_with(b"\x89PNG"), "no picture");
        let path = format!("{}/{name}.png", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session ends the browser; ending the driver alone would leave it running.
        let request = ureq::http::Request::builder().method("DELETE").uri(&self.session).body(()).expect("a request");
        let _ = self.agent.run(request);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(u32::from(c - b'A')),
        b'a'..=b'z' => Some(u32::from(c - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(c - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut held = (0u32, 0u32);
    for six in text.bytes().filter_map(value) {
        held = (held.0 << 6 | six, held.1 + 6);
        if held.1 >= 8 {
            held.1 -= 8;
            bytes.push((held.0 >> held.1 & 0xff) as u8);
        }
    }
    bytes
}
