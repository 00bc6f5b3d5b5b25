//! The desk at which tests sit: a registry on either database with the fixtures loaded, a clock that stands still, the
//! real server on a free port, and the verbs of the people who use it.
//!
//! When a desk is dropped it checks what the test left behind (`checks.rs`): the journal is whole and names nobody, the
//! positions are those of the full sort, no place was given twice and no child stands in two places.

mod checks;
pub mod database;
pub mod deeds;
pub mod lived_in;
pub mod people;
pub mod raw;
mod verbs;

use std::collections::HashMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use chrono::{DateTime, Utc};
use kezek::clock::Clock;
use kezek::domain::codes::Role;
use kezek::outside::provider::Provider;
use kezek::rules::Rules;
use kezek::service::accounts::credentials::{self, NewToken, Scope};
use kezek::service::accounts::sign_ins::SignInPolicy;
use kezek::service::files::imports;
use kezek::service::kernel::registers::{Registers, invented};
use kezek::service::registry::Registry;
use kezek::store::{ClockBounds, Store, kindergartens};
use kezek::trust::password::Cost;
use kezek::trust::signature::NoVerifier;
use kezek::web::proxies::Proxies;
use kezek::web::server::{Options, start};
use serde_json::Value;

pub use database::Db;
use database::{Database, keys};
use people::People;

/// The day of every test: a Thursday, 09:00 in Kostanay.
pub const TODAY: &str = "2026-09-10T04:00:00Z";
/// A city of fixtures with its home: Kostanay.
pub const CITY: &str = "391010000";
/// The home of [`CITY`].
pub const HOME: &str = "391000000";
/// A group of kindergarten k-001 in [`CITY`]: Kazakh, 48 to 60 months, which suits [`people::BORN_ON`].
pub const GROUP: &str = "107";
/// The kindergarten of [`GROUP`].
pub const KINDERGARTEN: &str = "k-001";
/// A rural district with an akim, a queue and one kindergarten of its own: in Altynsarin district.
pub const VILLAGE: &str = "393243000";
/// The home of [`VILLAGE`].
pub const VILLAGE_HOME: &str = "393200000";
/// The only group of the village: Kazakh, 24 to 72 months.
pub const VILLAGE_GROUP: &str = "1601";

/// Makes two tests of each function, one for each database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $name() { super::$name(&$crate::desk::Desk::open($crate::desk::Db::Sqlite)); })+
        }
        mod on_postgres {
            $(#[test] fn $name() { super::$name(&$crate::desk::Desk::open($crate::desk::Db::Postgres)); })+
        }
    };
}
pub(crate) use on_both;

/// What a test may want otherwise.
#[derive(Default)]
pub struct Setup {
    /// Rule files in place of the shipped ones of the same name.
    pub rules: Vec<(String, String)>,
    /// Whether public look-ups are limited.
    pub rate_limit: bool,
    /// Whether whoever signs in with a password must have a second factor.
    pub second_factor: bool,
    /// Where officials sign in besides.
    pub provider: Option<Provider>,
    /// Proxies whose word is taken.
    pub proxies: Proxies,
    /// The registers outside; those of the fixtures where a test names none.
    pub registers: Option<Registers>,
    /// How far the clock is believed; as a clock that travels through a year where a test names nothing.
    pub bounds: Option<ClockBounds>,
}

/// The bounds of a desk: its clock is moved by hand, by months, and is not that of the database.
pub const TRAVELS: ClockBounds = ClockBounds { behind: ClockBounds::REAL.behind, ..ClockBounds::LIFTED };

/// Whose a credential is: a role, a territory, and for staff the kindergarten.
type Reach = (Role, String, Option<String>);

/// The desk.
pub struct Desk {
    /// The registry that the server serves.
    pub registry: Arc<Registry>,
    /// Its clock.
    pub clock: Clock,
    database: Database,
    agent: ureq::Agent,
    address: std::net::SocketAddr,
    server: Option<(ServerHandle, JoinHandle<()>)>,
    people: Mutex<People>,
    tokens: Mutex<HashMap<Reach, String>>,
    /// The code on the paper of each child's family.
    codes: Mutex<HashMap<String, String>>,
    /// Who has handed each application in.
    parents: Mutex<HashMap<String, String>>,
    /// The credentials of the portal, which names such a parent.
    portals: Mutex<Vec<String>>,
    unchecked: std::sync::atomic::AtomicBool,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The media type.
    pub media: String,
    /// The body as JSON, null where it is none.
    pub json: Value,
    /// The body.
    pub text: String,
    /// The headers, their names in small letters.
    pub headers: HashMap<String, String>,
}

impl Desk {
    /// Opens a desk with the shipped rules.
    pub fn open(db: Db) -> Desk {
        Desk::with(db, Setup::default())
    }

    /// Opens a desk as a test wants it.
    pub fn with(db: Db, setup: Setup) -> Desk {
        let database = Database::with_fixtures(db);
        let clock = Clock::fixed(instant(TODAY));
        let rules = Arc::new(Rules::shipped_with(setup.rules).expect("the rules of the test are at fault"));
        let store = Store::open(database.url(), &keys(), 6).expect("the registry does not open");
        let store = store.believing(setup.bounds.unwrap_or(TRAVELS)).shelving(database.scans());
        let registry = Registry::open(store, rules, clock.clone(), Box::new(NoVerifier));
        let registers = setup.registers.unwrap_or_else(|| invented().expect("the registers of the fixtures"));
        let policy = SignInPolicy { cost: Cost::LEAST, second_factor: setup.second_factor, provider: setup.provider };
        let registry = registry.expect("the index is not built").with_registers(registers).with_sign_ins(policy);
        let registry = Arc::new(registry);
        registry.memory.rounds.compare_with_full_runs();
        let (address, server) = serve(Arc::clone(&registry), setup.rate_limit, setup.proxies);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build()
            .into();
        Desk {
            registry,
            clock,
            database,
            agent,
            address,
            server: Some(server),
            people: Mutex::new(People::new()),
            tokens: Mutex::default(),
            codes: Mutex::default(),
            parents: Mutex::default(),
            portals: Mutex::default(),
            unchecked: false.into(),
        }
    }

    /// The URL of the database, for a second program that opens it.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// The rows opened a second time, as another program would, under this desk's clock.
    pub fn second_store(&self) -> Store {
        Store::open(self.database_url(), &keys(), 2).expect("the registry is there").believing(TRAVELS)
    }

    /// Where the server listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The credential of a role for a territory; the same one each time.
    pub fn token(&self, role: Role, territory: &str) -> String {
        self.token_of(role, territory, None)
    }

    /// The credential of one kindergarten's staff; the same one each time.
    pub fn token_for(&self, role: Role, territory: &str, kindergarten: &str) -> String {
        self.token_of(role, territory, Some(kindergarten))
    }

    fn token_of(&self, role: Role, territory: &str, kindergarten: Option<&str>) -> String {
        if role == Role::Family {
            let number = self.register(&self.another_child());
            return self.family(&number);
        }
        // Staff of a kindergarten speaks for one: the first of the territory, where none is named.
        let first = || {
            let all = self.registry.office.store.read(|conn| kindergartens::all(conn, None)).expect("kindergartens");
            let there = all.into_iter().find(|k| k.territory.within(territory.parse_kato()));
            there.expect("a kindergarten").id
        };
        let kindergarten = kindergarten.map(str::to_owned);
        let kindergarten = kindergarten.or_else(|| (role == Role::Kindergarten).then(first));
        let kindergarten = kindergarten.as_deref();
        let key = (role, territory.to_owned(), kindergarten.map(str::to_owned));
        let mut tokens = self.tokens.lock().unwrap();
        tokens.entry(key).or_insert_with(|| self.issue(role, territory, kindergarten).token).clone()
    }

    /// A new credential, another person's than [`Desk::token`] gives.
    pub fn another_token(&self, role: Role, territory: &str) -> NewToken {
        self.issue(role, territory, None)
    }

    /// A new credential of staff of a kindergarten.
    pub fn another_of(&self, kindergarten: &str) -> NewToken {
        self.issue(Role::Kindergarten, "000000000", Some(kindergarten))
    }

    fn issue(&self, role: Role, territory: &str, kindergarten: Option<&str>) -> NewToken {
        let scope = Scope { role, territory: territory.parse_kato(), kindergarten, acts_as: &[] };
        let issued = self.issue_to(scope, None);
        if role == Role::Portal {
            self.portals.lock().unwrap().push(issued.token.clone());
        }
        issued
    }

    /// A new credential of an account; of one without a person where none is named.
    pub fn issue_to(&self, scope: Scope<'_>, account: Option<&str>) -> NewToken {
        let far = Some(instant("2100-01-01T00:00:00Z"));
        credentials::issue(&self.registry.office.store, self.clock.now(), scope, account, far).expect("no token")
    }

    /// Sends a request.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        let mut request = ureq::http::Request::builder().method(method).uri(self.url(path));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(parent) =
            self.parent(token, path).filter(|_| headers.iter().all(|(name, _)| *name != "kezek-parent"))
        {
            request = request.header("kezek-parent", parent);
        }
        let typed = headers.iter().any(|(name, _)| *name == "content-type");
        let answered = match body {
            Some(body) if typed => self.agent.run(request.body(body).expect("a request")),
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body).expect("a request");
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = answered.unwrap_or_else(|e| panic!("{method} {path}: no answer: {e}"));
        let media = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let text = String::from_utf8_lossy(&response.body_mut().read_to_vec().expect("a body")).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let headers = headers.collect();
        let reply = Reply { status: response.status().as_u16(), media, json, text, headers };
        self.note_code(path, body, &reply);
        reply
    }

    /// The parent who has signed in to the portal, where that asks for an application or a referral.
    fn parent(&self, token: Option<&str>, path: &str) -> Option<String> {
        if !self.portals.lock().unwrap().iter().any(|known| Some(known.as_str()) == token) {
            return None;
        }
        let store = &self.registry.office.store;
        let scan = path.strip_prefix("/api/v1/papers/").unwrap_or_default();
        let scan = store.read(|conn| kezek::store::scans::find(conn, scan)).expect("a scan");
        let number = scan.and_then(|scan| scan.of).map(|own| own.application);
        let named = path.split(['/', '?', '=']).rfind(|part| part.contains("000-")).map(str::to_owned);
        let named = &number.or(named)?;
        let referred = store.read(|conn| kezek::store::referrals::find(conn, named)).expect("a referral");
        let case = store.read(|conn| kezek::store::cases::find(conn, named)).expect("a case");
        let result = store.read(|conn| kezek::store::results::find(conn, store.vault(), named)).ok().flatten();
        let of = referred.map(|r| r.application).or(case.and_then(|c| c.application));
        let number = of.or(result.and_then(|r| r.application)).unwrap_or_else(|| named.to_owned());
        self.parents.lock().unwrap().get(&number).cloned()
    }

    /// Keeps who has handed an application in, and the code on its family's paper.
    fn note_code(&self, path: &str, body: Option<&[u8]>, reply: &Reply) {
        if path != "/api/v1/applications" {
            return;
        }
        let sent: Value = serde_json::from_slice(body.unwrap_or_default()).unwrap_or_default();
        if let (Some(number), Some(parent)) = (reply.json["number"].as_str(), sent["applicant"]["iin"].as_str()) {
            self.parents.lock().unwrap().insert(number.to_owned(), parent.to_owned());
        }
        let Some(code) = reply.json["family_code"].as_str() else { return };
        let iin = sent["child"]["iin"].as_str().unwrap_or_default().to_owned();
        self.codes.lock().unwrap().insert(iin, code.to_owned());
    }

    /// `GET`, with a purpose, which some roles must say.
    pub fn get(&self, path: &str, token: &str) -> Reply {
        self.send("GET", path, Some(token), &[("kezek-purpose", "сынақ мақсаты")], None)
    }

    /// `GET` without a credential.
    pub fn look(&self, path: &str) -> Reply {
        self.send("GET", path, None, &[], None)
    }

    /// `POST` of JSON.
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(token), &[], Some(body.to_string().as_bytes()))
    }

    /// `POST` of JSON under an Idempotency-Key.
    pub fn post_once(&self, path: &str, token: &str, key: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(token), &[("idempotency-key", key)], Some(body.to_string().as_bytes()))
    }

    /// Moves the clock.
    pub fn set_clock(&self, at: &str) {
        self.clock.set(instant(at));
    }

    /// Leaves out the checks on drop, for a test that damages the registry.
    pub fn damaged(&self) {
        self.unchecked.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let whole = !std::thread::panicking() && !self.unchecked.load(std::sync::atomic::Ordering::SeqCst);
        let checked = whole.then(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.check())));
        if let Some((handle, thread)) = self.server.take() {
            drop(handle.stop(false));
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server's thread panicked");
        }
        if let Some(Err(failure)) = checked {
            std::panic::resume_unwind(failure);
        }
    }
}

impl Reply {
    /// The reply, which must have this status.
    #[track_caller]
    pub fn must(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "answered: {}", self.text);
        self
    }

    /// The reply, which must be a problem of this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Reply {
        assert_eq!((self.status, self.code()), (status, code), "answered: {}", self.text);
        self.is_problem();
        self
    }

    /// Holds the shape of a problem document (RFC 9457) with a stable code and what to do next.
    #[track_caller]
    pub fn is_problem(&self) {
        assert_eq!(self.media, "application/problem+json", "answered: {}", self.text);
        assert_eq!(self.json["status"], self.status, "answered: {}", self.text);
        let code = self.code();
        let plain = !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(plain, "the code {code:?} is not a stable word: {}", self.text);
        assert_eq!(self.json["type"], format!("urn:kezek:problem:{code}"));
        assert!(self.json["detail"].as_str().is_some_and(|d| d.len() > 8), "says nothing: {}", self.text);
        assert!(self.json["title"].is_string() && self.json["grounds"].is_array(), "answered: {}", self.text);
        self.is_said_in_three_languages(&self.json);
        for fault in self.json["faults"].as_array().into_iter().flatten() {
            self.is_said_in_three_languages(fault);
        }
    }

    /// Holds that a problem or a fault is told in Kazakh and Russian too, without a gap.
    #[track_caller]
    fn is_said_in_three_languages(&self, told: &Value) {
        let said = |tongue: &str| told["text"][tongue].as_str().unwrap_or_default();
        let english = said("en");
        for tongue in ["kk", "ru"] {
            let words = said(tongue);
            let whole = words.len() > 8 && !words.contains(['{', '}', '[', ']']);
            let faults = told["faults"].is_array();
            assert!((whole || faults) && words != english, "{} is not said in {tongue}: {}", told["code"], self.text);
        }
    }

    /// A header; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The code of a problem.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A text of the answer.
    #[track_caller]
    pub fn text_of(&self, field: &str) -> String {
        self.json[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.text)).to_owned()
    }
}

/// An instant of a test.
pub fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}

/// Reads a KATO code that the test itself wrote.
pub trait ParseKato {
    /// The code.
    fn parse_kato(&self) -> kezek::domain::kato::Kato;
}

impl ParseKato for str {
    fn parse_kato(&self) -> kezek::domain::kato::Kato {
        kezek::domain::kato::Kato::parse(self).expect("a KATO code")
    }
}

/// Starts the real server in a thread of its own.
fn serve(
    registry: Arc<Registry>,
    rate_limit: bool,
    proxies: Proxies,
) -> (std::net::SocketAddr, (ServerHandle, JoinHandle<()>)) {
    let (told, listening) = channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let listen = ([127, 0, 0, 1], 0).into();
            let options = Options { listen, rate_limit, proxies, workers: 2, signals: false };
            let started = start(registry, &options).expect("the server does not start");
            told.send((started.address, started.server.handle())).expect("nobody waits for the server");
            let _background = started.background;
            started.server.await.expect("the server failed");
        });
    });
    let (address, handle) = listening.recv().expect("the server did not start");
    (address, (handle, thread))
}

/// Loads territories, kindergartens and groups of the fixtures.
pub fn load_fixtures(store: &kezek::store::Store, now: DateTime<Utc>) {
    use kezek::exchange::{read, rows};
    use kezek::sample::kindergartens as csv;
    let territories = read::<rows::TerritoryRow>("territories.csv", csv::TERRITORIES.as_bytes()).expect("territories");
    let all = read::<rows::KindergartenRow>("kindergartens.csv", csv::KINDERGARTENS.as_bytes()).expect("kindergartens");
    let groups = read::<rows::GroupRow>("groups.csv", csv::GROUPS.as_bytes()).expect("groups");
    imports::territories(store, now, "territories.csv", &territories.rows).expect("territories");
    imports::kindergartens(store, now, "kindergartens.csv", &all.rows).expect("kindergartens");
    imports::groups(store, now, "groups.csv", &groups.rows).expect("groups");
}
