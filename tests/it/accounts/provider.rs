//! Officials sign in at an identity provider.

mod stand_in;

use chrono::TimeDelta;
use kezek::domain::codes::Role;
use kezek::outside::client::Policy;
use kezek::outside::provider::{Provider, ProviderAddress};
use serde_json::json;

use super::{PASSWORD, appointed, mandate, official, person};
use crate::desk::{Db, Desk, HOME, Reply, Setup, TODAY, instant};
use stand_in::{CLIENT, Manners, SECRET, StandIn, fields};

/// A browser that was sent to the provider: where, and what it keeps.
struct Sent {
    address: String,
    cookie: String,
}

/// A desk beside a provider that names somebody by IIN.
struct Met {
    desk: Desk,
    provider: StandIn,
}

fn met(db: Db, claim: &str, value: &str) -> Met {
    let provider = StandIn::naming(claim, value, instant(TODAY).timestamp());
    let address = ProviderAddress {
        issuer: provider.issuer(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.to_owned()),
        claim: claim.to_owned(),
    };
    let known = Provider::new(address, Policy::RUNNING).expect("an address");
    Met { desk: Desk::with(db, Setup { provider: Some(known), ..Setup::default() }), provider }
}

/// Somebody on both databases whom the provider knows by IIN.
fn on_both(test: impl Fn(&Met)) {
    for db in Db::BOTH {
        // The first person of every desk has this IIN.
        let iin = Desk::open(db).another_child().parent_iin;
        let met = met(db, "iin", &iin);
        appointed(&met.desk, &person(&met.desk), &mandate(Role::Office, HOME));
        test(&met);
    }
}

impl Met {
    /// A browser begins.
    fn begin(&self) -> Sent {
        let sent = self.desk.look("/sign-in/oidc?lang=en").must(303);
        let set = sent.header("set-cookie");
        assert!(set.starts_with("__Host-kezek-oidc=") && set.contains("; HttpOnly; SameSite=Lax"), "{set}");
        Sent {
            address: sent.header("location").to_owned(),
            cookie: set.split(';').next().expect("a cookie").to_owned(),
        }
    }

    /// The person signs in at the provider, which sends the browser back; the path that it comes back to.
    fn there(&self, sent: &Sent) -> String {
        let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).proxy(None).build().into();
        let answer = agent.get(&sent.address).call().expect("the provider");
        let back = answer.headers()["location"].to_str().expect("an address").to_owned();
        let own = self.desk.url("");
        back.strip_prefix(&own).unwrap_or_else(|| panic!("{back} is not {own}")).to_owned()
    }

    fn back(&self, path: &str, cookie: &str) -> Reply {
        self.desk.send("GET", path, None, &[("cookie", cookie)], None)
    }

    /// There and back.
    fn sign_in(&self) -> Reply {
        let sent = self.begin();
        self.back(&self.there(&sent), &sent.cookie)
    }

    /// The session that was opened.
    fn session(&self, reply: &Reply) -> String {
        assert_eq!((reply.status, reply.header("location")), (303, "/sign-in?lang=en"), "{}", reply.text);
        let set = reply.header("set-cookie");
        set.strip_prefix("__Host-kezek=").expect("a session").split(';').next().expect("a secret").to_owned()
    }

    /// A sign-in that must come to nothing, with this word for it.
    fn comes_to_nothing(&self, status: u16, said: &str) {
        let reply = self.sign_in();
        refused(&reply, status, said);
    }

    fn with(&self, change: impl Fn(&mut Manners), status: u16, said: &str) {
        let before = {
            let mut before = None;
            self.provider.behave(|manners| before = Some(manners.clone()));
            before.expect("manners")
        };
        self.provider.behave(change);
        self.comes_to_nothing(status, said);
        self.provider.behave(|manners| *manners = before);
    }
}

fn refused(reply: &Reply, status: u16, said: &str) {
    assert!(reply.status == status && reply.text.contains(said), "{}: {}", reply.status, reply.text);
    assert!(reply.header("set-cookie").is_empty(), "{}", reply.header("set-cookie"));
    // Login and password still do.
    assert!(reply.text.contains("id=\"password\""), "{}", reply.text);
}

const NOT_PROVED: &str = "This sign-in was not finished";

#[test]
fn whoever_signs_in_at_the_provider_is_the_account_of_their_iin() {
    on_both(|met| {
        let page = met.desk.look("/sign-in?lang=en").must(200);
        assert!(page.text.contains("/sign-in/oidc?lang=en"), "{}", page.text);
        let session = met.session(&met.sign_in());
        let own = met.desk.get("/api/v1/me", &session).must(200).json;
        assert_eq!((&own["name"], &own["role"]), (&json!("Серікбаева Айгүл"), &json!("office")));
        // Two at once, each its own.
        let other = met.session(&met.sign_in());
        met.desk.post("/api/v1/sessions/end", &session, &json!({})).must(200);
        met.desk.get("/api/v1/me", &session).refused(401, "session_ended");
        met.desk.get("/api/v1/me", &other).must(200);
        assert_eq!(met.provider.asked_keys(), 1, "its keys are known");
    });
}

#[test]
fn a_provider_may_name_accounts_by_login_and_knows_people_who_have_none() {
    let met = met(Db::Sqlite, "preferred_username", "A.Serikova");
    met.comes_to_nothing(403, "you have no account here");
    let account = official(&met.desk, Role::Office, "a.serikova");
    let session = met.session(&met.sign_in());
    assert_eq!(met.desk.get("/api/v1/me", &session).must(200).json["account"], json!(account));
    met.desk.post(&format!("/api/v1/accounts/{account}/close"), &met.desk.department(), &json!({})).must(200);
    met.desk.get("/api/v1/me", &session).refused(401, "session_ended");
    met.comes_to_nothing(403, "you have no account here");
    met.with(|manners| manners.claims = json!({}), 401, NOT_PROVED);
}

#[test]
fn a_token_that_proves_nothing_opens_nothing() {
    on_both(|met| {
        let claim = |name: &'static str, value: serde_json::Value| {
            move |manners: &mut Manners| manners.claims[name] = value.clone()
        };
        met.with(claim("nonce", json!("another")), 401, NOT_PROVED);
        met.with(claim("nonce", json!(null)), 401, NOT_PROVED);
        met.with(claim("aud", json!("another")), 401, NOT_PROVED);
        met.with(claim("iss", json!("http://another.example")), 401, NOT_PROVED);
        met.with(claim("exp", json!(instant(TODAY).timestamp())), 401, NOT_PROVED);
        met.with(|manners| manners.unsigned = true, 401, NOT_PROVED);
        met.with(|manners| manners.forged = true, 401, NOT_PROVED);
        met.session(&met.sign_in());
    });
}

#[test]
fn a_sign_in_comes_back_once_in_time_and_in_its_own_browser() {
    on_both(|met| {
        let desk = &met.desk;
        // A state that nobody began with.
        let sent = met.begin();
        let path = met.there(&sent);
        let query = path.split_once('?').expect("a query").1;
        let state = fields(query)["state"].clone();
        refused(&met.back(&path.replace(&state, "another"), &sent.cookie), 401, "Бұл кіру аяқталмады");
        met.session(&met.back(&path, &sent.cookie));
        // The same once more.
        refused(&met.back(&path, &sent.cookie), 401, "Бұл кіру аяқталмады");
        // A code that was used, under a state that was not.
        let code = fields(query)["code"].clone();
        let again = met.begin();
        let fresh = met.there(&again);
        let own = fields(fresh.split_once('?').expect("a query").1)["code"].clone();
        refused(&met.back(&fresh.replace(&own, &code), &again.cookie), 401, NOT_PROVED);
        // A browser that did not begin: somebody is made to sign in as somebody else.
        let (mine, yours) = (met.begin(), met.begin());
        refused(&met.back(&met.there(&mine), &yours.cookie), 401, NOT_PROVED);
        refused(&met.back(&met.there(&mine), ""), 401, "Бұл кіру аяқталмады");
        // No code: the person said no there.
        let declined = met.begin();
        let path = met.there(&declined);
        let state = fields(path.split_once('?').expect("a query").1)["state"].clone();
        let no = format!("/sign-in/oidc/callback?error=access_denied&state={state}");
        refused(&met.back(&no, &declined.cookie), 401, NOT_PROVED);
        // Too late.
        let late = met.begin();
        let path = met.there(&late);
        desk.clock.set(desk.clock.now() + TimeDelta::minutes(10));
        refused(&met.back(&path, &late.cookie), 401, NOT_PROVED);
    });
}

#[test]
fn new_keys_of_the_provider_are_read_again_but_not_for_everyone_who_makes_some_up() {
    on_both(|met| {
        met.session(&met.sign_in());
        let turn = |minutes: i64| {
            let now = met.desk.clock.now() + TimeDelta::minutes(minutes);
            met.desk.clock.set(now);
            met.provider.set_clock(now.timestamp());
        };
        turn(2);
        met.provider.behave(|manners| (manners.key, manners.published) = (1, vec![1]));
        met.session(&met.sign_in());
        assert_eq!(met.provider.asked_keys(), 2);
        // What the old key signs opens nothing any more, and makes nobody ask within a minute.
        for _ in 0..3 {
            met.with(|manners| manners.key = 0, 401, NOT_PROVED);
        }
        assert_eq!(met.provider.asked_keys(), 2);
        turn(2);
        met.with(|manners| manners.key = 0, 401, NOT_PROVED);
        assert_eq!(met.provider.asked_keys(), 3);
        // Keys that it has given up are forgotten also where it signs with nothing new.
        turn(61);
        met.session(&met.sign_in());
        assert_eq!(met.provider.asked_keys(), 4);
    });
}

#[test]
fn a_provider_that_is_away_stops_nobody_with_a_password() {
    on_both(|met| {
        let away = "The identity provider does not answer now";
        official(&met.desk, Role::Department, "head");
        let sent = met.begin();
        let path = met.there(&sent);
        met.provider.behave(|manners| manners.away = true);
        refused(&met.back(&path, &sent.cookie), 503, away);
        let password = json!({"login": "head", "password": PASSWORD});
        let session = met.desk.sign_in(&password).must(201).text_of("token");
        met.desk.get("/api/v1/me", &session).must(200);
        // Also where it has never answered.
        let now = met.desk.clock.now() + TimeDelta::hours(2);
        met.desk.clock.set(now);
        for _ in 0..8 {
            refused(&met.desk.look("/sign-in/oidc?lang=en"), 503, away);
        }
        met.provider.behave(|manners| manners.away = false);
        met.provider.set_clock(now.timestamp() + 60);
        met.desk.clock.set(now + TimeDelta::minutes(1));
        met.session(&met.sign_in());
    });
}

#[test]
fn where_there_is_no_provider_nobody_is_sent_to_one() {
    let desk = Desk::open(Db::Sqlite);
    let page = desk.look("/sign-in?lang=en").must(200);
    assert!(!page.text.contains("oidc"), "{}", page.text);
    assert_eq!(desk.look("/sign-in/oidc?lang=en").status, 404);
    assert_eq!(desk.look("/sign-in/oidc/callback?state=x&code=y").status, 401);
}
