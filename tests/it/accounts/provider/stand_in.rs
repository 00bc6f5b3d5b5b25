//! An identity provider on a free port of this machine: it speaks OpenID Connect over real HTTP, signs with real RSA keys, and does
//! wrong what a test asks for. Written from the standards (OpenID Connect Core 1.0, RFC 6749, 7517, 7636), without the library that
//! the registry uses.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, sha2};
use serde_json::{Value, json};

/// The id that it gave the registry.
pub const CLIENT: &str = "kezek";
/// The secret that goes with it.
pub const SECRET: &str = "kezek at the stand-in";

/// What it does wrong, and for whom it speaks.
#[derive(Clone, Debug)]
pub struct Manners {
    /// Claims in place of those of a right token; null leaves one out.
    pub claims: Value,
    /// Whether the token says that nothing signs it.
    pub unsigned: bool,
    /// Whether the token is signed with a key that it does not publish, under the name of one that it does.
    pub forged: bool,
    /// Whether it hangs up on everyone.
    pub away: bool,
    /// Which of its keys signs: 0 or 1.
    pub key: usize,
    /// Which of its keys it publishes.
    pub published: Vec<usize>,
}

struct Given {
    challenge: String,
    nonce: String,
    back: String,
    is_used: bool,
}

struct Shared {
    address: SocketAddr,
    manners: Mutex<Manners>,
    codes: Mutex<HashMap<String, Given>>,
    /// The seconds of its clock.
    now: Mutex<i64>,
    /// How often its keys were asked for.
    asked_keys: Mutex<usize>,
    ended: AtomicBool,
}

/// The stand-in.
pub struct StandIn {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

fn key(n: usize) -> &'static RsaPrivateKey {
    static KEYS: [OnceLock<RsaPrivateKey>; 3] = [const { OnceLock::new() }; 3];
    KEYS[n].get_or_init(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key"))
}

impl StandIn {
    /// Listens; its tokens name the account by this claim.
    pub fn naming(claim: &str, value: &str, now: i64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let manners = Manners {
            claims: json!({ claim: value }),
            unsigned: false,
            forged: false,
            away: false,
            key: 0,
            published: vec![0],
        };
        let shared = Arc::new(Shared {
            address: listener.local_addr().expect("an address"),
            manners: Mutex::new(manners),
            codes: Mutex::default(),
            now: Mutex::new(now),
            asked_keys: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                while let Ok((stream, _)) = listener.accept() {
                    if shared.ended.load(Ordering::SeqCst) {
                        return;
                    }
                    shared.serve(stream);
                }
            }
        });
        StandIn { shared, thread: Some(thread) }
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        self.shared.issuer()
    }

    /// Changes what it does.
    pub fn behave(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.shared.manners.lock().unwrap());
    }

    /// Moves its clock.
    pub fn set_clock(&self, seconds: i64) {
        *self.shared.now.lock().unwrap() = seconds;
    }

    /// How often its keys were asked for.
    pub fn asked_keys(&self) -> usize {
        *self.shared.asked_keys.lock().unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.shared.address));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking(), "the provider's thread panicked");
        }
    }
}

/// The fields of a query or a form.
pub fn fields(text: &str) -> HashMap<String, String> {
    let plain = |coded: &str| {
        let coded = coded.replace('+', " ");
        let mut parts = coded.split('%');
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).expect("a percent-encoded byte"));
            bytes.extend(&part.as_bytes()[2..]);
        }
        String::from_utf8(bytes).expect("a text")
    };
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (plain(name), plain(value))).collect()
}

impl Shared {
    fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = read(&mut stream) else { return };
        let manners = self.manners.lock().unwrap().clone();
        if manners.away {
            return;
        }
        let target = head.split(' ').nth(1).expect("a target");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (status, further, answer) = match path {
            "/.well-known/openid-configuration" => (200, String::new(), self.metadata()),
            "/keys" => {
                *self.asked_keys.lock().unwrap() += 1;
                (
                    200,
                    String::new(),
                    json!({"keys": manners.published.iter().map(|n| published(*n)).collect::<Vec<_>>()}),
                )
            }
            "/authorize" => self.authorize(&fields(query)),
            "/token" => {
                let (status, answer) = self.token(&head, &fields(&body), &manners);
                (status, String::new(), answer)
            }
            _ => (404, String::new(), json!({})),
        };
        let answer = answer.to_string();
        let length = answer.len();
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n"
        );
        drop(stream.write_all(format!("{head}{further}\r\n{answer}").as_bytes()));
    }

    fn metadata(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        })
    }

    /// Somebody signs in at once, and is sent back with a code.
    fn authorize(&self, asked: &HashMap<String, String>) -> (u16, String, Value) {
        let right = asked["response_type"] == "code"
            && asked["client_id"] == CLIENT
            && asked["code_challenge_method"] == "S256"
            && asked["scope"].split(' ').any(|scope| scope == "openid");
        assert!(right, "{asked:?}");
        let code = format!("code-{}", self.codes.lock().unwrap().len());
        let given = Given {
            challenge: asked["code_challenge"].clone(),
            nonce: asked["nonce"].clone(),
            back: asked["redirect_uri"].clone(),
            is_used: false,
        };
        let location = format!("location: {}?code={code}&state={}\r\n", given.back, asked["state"]);
        self.codes.lock().unwrap().insert(code, given);
        (302, location, json!({}))
    }

    /// A token for a code, once, to whoever began.
    fn token(&self, head: &str, asked: &HashMap<String, String>, manners: &Manners) -> (u16, Value) {
        // Id and secret are percent-encoded before they are put together (RFC 6749, 2.3.1).
        let basic = format!("basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+"))));
        let authorised = head.lines().any(|line| {
            line.split_once(": ").is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("authorization")
                    && value
                        .split_once(' ')
                        .is_some_and(|(scheme, coded)| format!("{} {coded}", scheme.to_lowercase()) == basic)
            })
        });
        if !authorised {
            return (401, json!({"error": "invalid_client"}));
        }
        let mut codes = self.codes.lock().unwrap();
        let given = codes.get_mut(&asked["code"]).filter(|given| !given.is_used && given.back == asked["redirect_uri"]);
        let Some(given) = given else {
            return (400, json!({"error": "invalid_grant"}));
        };
        given.is_used = true;
        let challenge =
            URL_SAFE_NO_PAD.encode(<sha2::Sha256 as sha2::Digest>::digest(asked["code_verifier"].as_bytes()));
        if challenge != given.challenge || asked["grant_type"] != "authorization_code" {
            return (400, json!({"error": "invalid_grant"}));
        }
        let now = *self.now.lock().unwrap();
        let mut claims = json!({
            "iss": self.issuer(), "sub": "somebody", "aud": CLIENT, "nonce": given.nonce, "iat": now, "exp": now + 300,
        });
        for (name, value) in manners.claims.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        let token = signed(&claims, manners);
        (200, json!({"access_token": "nothing", "token_type": "Bearer", "id_token": token}))
    }
}

fn published(n: usize) -> Value {
    let number = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let (modulus, exponent) = (number(key(n).n().to_bytes_be()), number(key(n).e().to_bytes_be()));
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": format!("key-{n}"), "n": modulus, "e": exponent})
}

fn signed(claims: &Value, manners: &Manners) -> String {
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    if manners.unsigned {
        return format!("{}.{}.", coded(&json!({"alg": "none"})), coded(claims));
    }
    let head = json!({"alg": "RS256", "kid": format!("key-{}", manners.key)});
    let text = format!("{}.{}", coded(&head), coded(claims));
    let signer = SigningKey::<sha2::Sha256>::new(key(if manners.forged { 2 } else { manners.key }).clone());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signer.sign(text.as_bytes()).to_bytes()))
}

/// Reads a whole request: head and body; nothing where the asker hung up.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}
