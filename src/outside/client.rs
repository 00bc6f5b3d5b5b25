//! The client of a register that answers over HTTP.
//!
//! One `POST` of JSON to the register's address; a number is in the body only, so no log of addresses holds one:
//!
//! ```text
//! persons   {"iin": "…"}     ->  {"result": "found", "person": {"iin", "name", "birth_date", "sex", "alive", "parents"}}
//! powers    {"number": "…"}  ->  {"result": "found", "power": {"number", "principal_iin", "attorney_iin", "valid_until"}}
//! either                     ->  {"result": "not_found"}
//! ```
//!
//! Only the status 200 with this shape is an answer. A 404 is a fault of the line, not word of a missing record: a wrong
//! address must not tell a family that their child does not exist.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::breaker::{self, Breaker};
use super::pace::Pace;
use super::registers::{Answer, PersonRegister, PowerRegister, State, Unreachable};
use crate::domain::codes::Sex;
use crate::domain::iin::Iin;
use crate::domain::person::{Person, PowerOfAttorney};

/// How often and how long a register is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often one question is asked at most.
    pub attempts: u32,
    /// Time for a connection.
    pub connect: Duration,
    /// Time for one attempt, from the name's look-up to the last byte.
    pub attempt: Duration,
    /// Time for all attempts and the waits between them.
    pub total: Duration,
    /// The wait before the second attempt; it doubles each time, and a random half of it is left out.
    pub wait: Duration,
    /// The largest answer in bytes.
    pub answer_bytes_max: u64,
    /// When the register is left alone.
    pub breaker: breaker::Policy,
}

impl Policy {
    /// That of a running registry: a clerk waits ten seconds at most, and a register that failed five times in a row
    /// rests for half a minute.
    pub const RUNNING: Policy = Policy {
        attempts: 3,
        connect: Duration::from_secs(2),
        attempt: Duration::from_secs(4),
        total: Duration::from_secs(10),
        wait: Duration::from_millis(200),
        answer_bytes_max: 64 * 1024,
        breaker: breaker::Policy { failures: 5, rest: TimeDelta::seconds(30), at_once: 32 },
    };
}

/// Where a register answers, and the credential that it wants.
#[derive(Clone)]
pub struct Address {
    /// `http://…` or, in a build with the feature `registers-tls`, `https://…`.
    url: String,
    bearer: Option<String>,
}

/// An address that cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongAddress(pub String);

impl std::fmt::Display for WrongAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongAddress {}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// It is no address, or this build cannot speak to it.
    pub fn parse(url: &str, bearer: Option<String>) -> Result<Self, WrongAddress> {
        speakable(url, "the register's")?;
        Ok(Address { url: url.to_owned(), bearer })
    }

    /// Whether numbers would cross a network that anyone on it can read.
    pub fn is_open(&self) -> bool {
        let uri = self.url.parse::<ureq::http::Uri>().ok();
        let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        !here && self.url.starts_with("http://")
    }
}

/// Whether this build can speak to an address; `whose` it is begins the fault.
pub(super) fn speakable(url: &str, whose: &str) -> Result<(), WrongAddress> {
    let wrong = |why: &str| Err(WrongAddress(format!("{whose} address {why}")));
    let Ok(uri) = url.parse::<ureq::http::Uri>() else { return wrong("is none; write http://HOST:PORT/PATH") };
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if authority.as_str().contains('@') => {
            wrong("holds a password; give the credential by the environment or a file")
        }
        (Some("https"), Some(_)) if !cfg!(feature = "registers-tls") => {
            wrong("is https; build with `--features registers-tls`, or write that of an http gateway on this machine")
        }
        (Some("http" | "https"), Some(_)) => Ok(()),
        _ => wrong("must begin with http:// or https:// and name a host"),
    }
}

/// What speaks HTTP: neither a redirect nor a proxy of the environment learns a number or a secret.
pub(super) fn agent(connect: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(connect))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("kezek/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// The client of one register.
pub struct Client {
    name: &'static str,
    address: Address,
    policy: Policy,
    agent: ureq::Agent,
    breaker: Breaker,
    pace: Box<dyn Pace>,
}

impl Client {
    /// A client that has not asked yet; `name` is the register's in the log.
    pub fn new(name: &'static str, address: Address, policy: Policy, pace: Box<dyn Pace>) -> Self {
        let agent = agent(policy.connect);
        Client { name, address, policy, agent, breaker: Breaker::new(policy.breaker), pace }
    }

    /// Asks, again and again within the limits of the policy. `read` makes the record of an answer, or says what is
    /// wrong with it.
    fn ask<W: DeserializeOwned, T>(
        &self,
        question: &serde_json::Value,
        now: DateTime<Utc>,
        read: impl Fn(W) -> Result<Option<T>, Unreachable>,
    ) -> Answer<T> {
        let permit = match self.breaker.permit(now) {
            Ok(permit) => permit,
            Err(why) => return Answer::Unreachable(why),
        };
        let begun = self.pace.elapsed();
        let spent = || self.pace.elapsed().saturating_sub(begun);
        let attempts = if permit.is_probe() { 1 } else { self.policy.attempts.max(1) };
        let mut attempt = 1;
        let why = loop {
            let left = self.policy.total.saturating_sub(spent());
            let answered = self.post(question, self.policy.attempt.min(left)).and_then(|body| {
                let wire = serde_json::from_slice(&body).map_err(|_| Unreachable::Unreadable)?;
                read(wire)
            });
            let why = match answered {
                Ok(found) => {
                    permit.answered();
                    return found.map_or(Answer::NotFound, Answer::Found);
                }
                Err(why) => why,
            };
            let wait = self.wait(attempt);
            if !why.may_pass() || attempt >= attempts || spent() + wait >= self.policy.total {
                break why;
            }
            self.pace.pause(wait);
            attempt += 1;
        };
        tracing::warn!(register = self.name, code = why.code(), attempt, "a register gave no answer: {why}");
        permit.failed(now + TimeDelta::from_std(spent()).unwrap_or_default());
        Answer::Unreachable(why)
    }

    /// The wait after this attempt: doubled each time, a random half of it left out.
    fn wait(&self, attempt: u32) -> Duration {
        let whole = self.policy.wait.saturating_mul(1 << (attempt - 1).min(10));
        let half = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX);
        Duration::from_millis(half + self.pace.chance(half.saturating_add(1)))
    }

    /// One attempt: the body of an answer with status 200.
    fn post(&self, question: &serde_json::Value, limit: Duration) -> Result<Vec<u8>, Unreachable> {
        // A limit of zero would be taken for none.
        let limit = limit.max(Duration::from_millis(1));
        let mut request = self.agent.post(&self.address.url).config().timeout_global(Some(limit)).build();
        request = request.header("content-type", "application/json").header("accept", "application/json");
        if let Some(bearer) = &self.address.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let mut response = request.send(question.to_string()).map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(Unreachable::Status(status));
        }
        let body = response.body_mut().with_config().limit(self.policy.answer_bytes_max);
        body.read_to_vec().map_err(|error| match unreachable(&error) {
            // The line was there: what is missing is the rest of the answer.
            Unreachable::NoConnection | Unreachable::Unreadable => Unreachable::BrokenOff,
            why => why,
        })
    }
}

fn unreachable(error: &ureq::Error) -> Unreachable {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Timeout(_) => Unreachable::TooSlow,
        ureq::Error::Io(io) => match io.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Unreachable::TooSlow,
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => Unreachable::BrokenOff,
            _ => Unreachable::NoConnection,
        },
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => Unreachable::TooLarge,
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => Unreachable::Unreadable,
        _ => Unreachable::NoConnection,
    }
}

/// An answer on the wire.
#[derive(Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum Wire<T> {
    Found(T),
    NotFound,
}

#[derive(Deserialize)]
struct WirePerson {
    person: PersonRecord,
}

#[derive(Deserialize)]
struct PersonRecord {
    iin: Iin,
    name: String,
    birth_date: NaiveDate,
    sex: Sex,
    alive: bool,
    #[serde(default)]
    parents: Vec<Iin>,
}

#[derive(Deserialize)]
struct WirePower {
    power: PowerRecord,
}

#[derive(Deserialize)]
struct PowerRecord {
    number: String,
    principal_iin: Iin,
    attorney_iin: Iin,
    valid_until: NaiveDate,
}

impl PersonRegister for Client {
    fn person(&self, iin: Iin, now: DateTime<Utc>) -> Answer<Person> {
        self.ask(&serde_json::json!({ "iin": iin }), now, |wire: Wire<WirePerson>| {
            let Wire::Found(WirePerson { person }) = wire else { return Ok(None) };
            if person.iin != iin {
                return Err(Unreachable::AnotherRecord);
            }
            if person.name.trim().is_empty() {
                return Err(Unreachable::Unreadable);
            }
            let PersonRecord { iin, name, birth_date, sex, alive, parents } = person;
            Ok(Some(Person { iin, name: name.trim().to_owned(), birth_date, sex, alive, parents }))
        })
    }

    fn state(&self, now: DateTime<Utc>) -> State {
        self.breaker.state(now)
    }
}

impl PowerRegister for Client {
    fn power(&self, number: &str, now: DateTime<Utc>) -> Answer<PowerOfAttorney> {
        self.ask(&serde_json::json!({ "number": number }), now, |wire: Wire<WirePower>| {
            let Wire::Found(WirePower { power }) = wire else { return Ok(None) };
            if power.number.trim() != number {
                return Err(Unreachable::AnotherRecord);
            }
            let PowerRecord { principal_iin: principal, attorney_iin: attorney, valid_until: until_on, .. } = power;
            Ok(Some(PowerOfAttorney { number: number.to_owned(), principal, attorney, until_on }))
        })
    }

    fn state(&self, now: DateTime<Utc>) -> State {
        self.breaker.state(now)
    }
}
