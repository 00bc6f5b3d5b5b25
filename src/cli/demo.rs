//! `kezek demo`: the main job on invented fixtures, from an empty folder to a serving registry.

mod callers;
mod services;
mod staff;
mod story;
mod twins;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::exit::failed;
use super::registry::Database;
use super::serve;
use crate::clock::Clock;
use crate::domain::codes::{Channel, Role};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::place::Reserved;
use crate::exchange::rows::{ApplicationRow, GroupRow, KindergartenRow, PlaceRow, TerritoryRow};
use crate::sample::kindergartens as fixtures;
use crate::sample::people::{Families, Family};
use crate::sample::register::application_row;
use crate::service::accounts::credentials::{self, Scope};
use crate::service::accounts::family::SignIn;
use crate::service::cases::decide::{self, DecisionIn};
use crate::service::counter::clock;
use crate::service::counter::places::{self, PlacesIn, ReservedIn};
use crate::service::counter::{referrals, register};
use crate::service::files::{import_applications, imports};
use crate::service::kernel::permissions::{OFFICIALS, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::registry::Registry;
use crate::service::rounds::due::ReferIn;
use crate::service::rounds::hold::{self, RoundIn};
use crate::service::rounds::{next, refer};
use crate::store::{Resolve, applications as rows};
use crate::web::proxies::Proxies;
use callers::{contract, field, handed_in, preferences_max};
use staff::{Login, caller, head_of};
use story::Story;

/// The seed of the demo's people: the same ones every time.
const SEED: u64 = 2026;
/// How many families come through the channels themselves; the others come with the register of the years before.
const LIVE: usize = 45;

/// The file of the codes with which families sign in.
const FAMILIES: &str = "demo-families.json";

/// More referrals than the demo issues.
const REFERRALS: i64 = 100_000;

/// The file of the logins with which officials sign in.
const ACCOUNTS: &str = "demo-accounts.json";

/// The file of the tokens.
const TOKENS: &str = "demo-tokens.json";

/// What `demo` takes; nothing needs to be given.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Address and port to serve on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the registry and the tokens are put.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data_dir: PathBuf,
    /// How many invented children apply.
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    children: usize,
    /// Exit instead of serving.
    #[arg(long)]
    once: bool,
    /// The file with the registry's master keys; without it kezek.sqlite3.keys among the demo's files.
    #[arg(long, value_name = "FILE", env = "KEZEK_KEYS")]
    keys: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match prepare(arguments) {
        Err(why) => failed(1, why),
        Ok(_) if arguments.once => ExitCode::SUCCESS,
        Ok(registry) => serve::serve(Arc::new(registry), arguments.listen, true, Proxies::default()),
    }
}

fn prepare(arguments: &Arguments) -> Result<Registry, String> {
    let folder = &arguments.data_dir;
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let path = folder.join("kezek.sqlite3");
    let fresh = !path.exists();
    // The tokens are written last: without them the story was not told to its end.
    if !fresh && !folder.join(TOKENS).exists() {
        let path = path.display();
        return Err(format!(
            "{path} is of a demo that did not finish, or of no demo; remove it or name another --data-dir"
        ));
    }
    let database =
        Database { database_url: format!("sqlite://{}", path.display()), keys: arguments.keys.clone(), scans: None };
    let registers = crate::service::kernel::registers::invented().map_err(|e| e.to_string())?;
    if fresh {
        database.new_one()?;
    }
    let registry = database.registry(Clock::System)?.with_registers(registers);
    let mut story = if fresh {
        tell(&registry, arguments.children, folder).map_err(|e| e.to_string())?
    } else {
        rested(&registry).map_err(|e| e.to_string())?
    };
    let village = akim_village(&registry).map_err(|e| e.to_string())?;
    let logins = write_tokens(&registry, folder, village)?;
    let said =
        |field: &str| logins.pointer(&format!("/department/{field}")).and_then(Value::as_str).unwrap_or_default();
    story.say("an official signs in at /sign-in with", format!("{}, {}", said("login"), said("password")));
    // Last of all: credentials are journaled too, and the head is the one that `kezek journal verify` gives.
    let head = crate::service::journal::chains::verify(&registry.office.store).map_err(|e| e.to_string())?;
    story.say("journal", format!("verified, head {head}"));
    story.print();
    print_files(fresh, folder);
    Ok(registry)
}

/// A demo may rest for as long as it likes: whoever opens it again believes their clock.
fn rested(registry: &Registry) -> Result<Story, Box<dyn std::error::Error>> {
    let office = &registry.office;
    let mending = clock::mend(&office.store, &office.rules, office.clock.now(), None, Resolve::Do)?;
    let mut story = Story::default();
    // One of an earlier build has none.
    if caller(registry, Role::Auditor, Kato::COUNTRY).is_err() {
        staff::appoint(registry, SEED + 4, &fixtures::localities_of_fixtures()?)?;
    }
    if let Some((_, newest)) = mending.confirmed {
        story.say("clock", format!("confirmed; nothing was written since {}", instant_text(newest)));
    }
    Ok(story)
}

/// The main job, told act by act.
fn tell(registry: &Registry, children: usize, folder: &Path) -> Result<Story, Box<dyn std::error::Error>> {
    let mut story = Story::default();
    let (territories, kindergartens, groups) = load(registry)?;
    story.say(
        "territories, kindergartens, groups",
        format!("{territories}, {kindergartens}, {groups} (invented, but for the codes)"),
    );
    let localities = fixtures::localities_of_fixtures()?;
    let today = registry.office.rules.calendar.civil_day(registry.office.clock.now(), Kato::COUNTRY);
    let officials = staff::appoint(registry, SEED + 4, &localities)?;
    story.say("accounts of officials", format!("{officials}, each with a mandate (invented)"));
    let mut families = Families::new(SEED, today, &localities);
    let live: Vec<Family> = families.by_ref().take(LIVE.min(children)).collect();
    let earlier: Vec<ApplicationRow> =
        families.take(children.saturating_sub(live.len())).map(|f| row(registry, f)).collect();
    let bar = super::exchange::counting("applications");
    let imported = import_applications::applications(
        &registry.office.store,
        &registry.office.rules,
        registry.office.clock.now(),
        "register-of-earlier-years.csv",
        &earlier,
        |n| bar.set_position(n as u64),
    )?;
    bar.finish_and_clear();
    registry.office.follow_all()?;
    story.say(
        "applications from the register of earlier years",
        format!("{imported}, with their instants and the evidence"),
    );
    let Taken { by_channel, families: signing_in } = take_applications(registry, live)?;
    for (channel, numbers) in &by_channel {
        story.say(&format!("applications through {channel}"), numbers.len().to_string());
    }
    let refused = incomplete(registry, &localities)?;
    story.say("refused at acceptance", refused);
    let decided = decide_all(registry, &by_channel)?;
    story.say("cases decided", decided);
    story.say("free places reported and published", report_places(registry)?.to_string());
    story.say("referral by the akim", akim_refers(registry)?);
    for line in rounds(registry)? {
        story.say("round", line);
    }
    story.say("enrolled", enrol_one(registry)?);
    story.append(twins::twins(registry, Families::new(SEED + 3, today, &localities).next())?);
    story.append(services::one_case_each(registry, Families::new(SEED + 2, today, &localities))?);
    let waiting = registry.office.index.read().queues().map(|(_, order)| order.len()).sum::<usize>();
    story.say("children with a position", waiting.to_string());
    write_secrets(folder, FAMILIES, &json!(signing_in)).map_err(|e| e.to_string())?;
    for SignIn { iin, code } in signing_in.iter().take(3) {
        story.say("a family signs in with", format!("IIN {iin}, code {code}"));
    }
    Ok(story)
}

fn load(registry: &Registry) -> Result<(usize, usize, usize), Box<dyn std::error::Error>> {
    let now = registry.office.clock.now();
    let store = &registry.office.store;
    let territories = crate::exchange::read::<TerritoryRow>("territories.csv", fixtures::TERRITORIES.as_bytes())?;
    let kindergartens =
        crate::exchange::read::<KindergartenRow>("kindergartens.csv", fixtures::KINDERGARTENS.as_bytes())?;
    let groups = crate::exchange::read::<GroupRow>("groups.csv", fixtures::GROUPS.as_bytes())?;
    Ok((
        imports::territories(store, now, "territories.csv", &territories.rows)?,
        imports::kindergartens(store, now, "kindergartens.csv", &kindergartens.rows)?,
        imports::groups(store, now, "groups.csv", &groups.rows)?,
    ))
}

/// A family as a row of another register.
fn row(registry: &Registry, family: Family) -> ApplicationRow {
    let most = preferences_max(registry, family.territory);
    application_row(family, most)
}

/// The applications that were taken in, and how their families sign in.
#[derive(Default)]
struct Taken {
    by_channel: BTreeMap<Channel, Vec<String>>,
    families: Vec<SignIn>,
}

fn take_applications(registry: &Registry, live: Vec<Family>) -> Result<Taken, Problem> {
    let mut taken = Taken::default();
    let channels = [
        (Channel::Office, Role::Office),
        (Channel::StateCorporation, Role::StateCorporation),
        (Channel::Portal, Role::Portal),
    ];
    for (family, (channel, role)) in live.into_iter().zip(channels.into_iter().cycle()) {
        let mut sent = handed_in(registry, family);
        // East Kazakhstan's act and the portal do not know every kind of representative; a parent always may.
        sent.applicant.kind = "parent".to_owned();
        let answer = register::register(&registry.office, &caller(registry, role, Kato::COUNTRY)?, &sent)?;
        taken.by_channel.entry(channel).or_default().push(field(&answer, "number"));
        taken.families.push(SignIn { iin: sent.child.iin.unwrap_or_default(), code: field(&answer, "family_code") });
    }
    Ok(taken)
}

/// A package without the birth certificate, brought to the State Corporation.
fn incomplete(registry: &Registry, localities: &[fixtures::Locality]) -> Result<String, Box<dyn std::error::Error>> {
    let today = registry.office.rules.calendar.civil_day(registry.office.clock.now(), Kato::COUNTRY);
    let Some(family) = Families::new(SEED + 1, today, localities).next() else { return Ok("nobody".to_owned()) };
    let mut sent = handed_in(registry, family);
    sent.documents.retain(|d| d.kind != "birth_certificate");
    match register::register(&registry.office, &caller(registry, Role::StateCorporation, Kato::COUNTRY)?, &sent) {
        Err(problem) if problem.code == "intake_refused" => {
            Ok("1 incomplete package, with a receipt of what is missing".to_owned())
        }
        Err(problem) => Err(problem.into()),
        Ok(_) => Err("an incomplete package was accepted".into()),
    }
}

fn decide_all(registry: &Registry, by_channel: &BTreeMap<Channel, Vec<String>>) -> Result<String, Problem> {
    let department = caller(registry, Role::Department, Kato::COUNTRY)?;
    let accepted = DecisionIn { decision: "accepted".to_owned(), ..DecisionIn::default() };
    let mut count = 0;
    for number in by_channel.values().flatten() {
        decide::decide(&registry.office, &department, number, &accepted)?;
        count += 1;
    }
    Ok(format!("{count} accepted, each with its notification"))
}

fn report_places(registry: &Registry) -> Result<u32, Box<dyn std::error::Error>> {
    let department = caller(registry, Role::Department, Kato::COUNTRY)?;
    let places = crate::exchange::read::<PlaceRow>("places.csv", fixtures::PLACES.as_bytes())?;
    let mut count = 0;
    for place in places.rows {
        let sent = PlacesIn {
            group: place.group,
            cohort: place.cohort,
            count: place.count,
            available_on: place.available_on.to_string(),
            reserved: place.reserved.map(|Reserved { whom, open }| ReservedIn {
                tier: whom,
                open,
                ..ReservedIn::default()
            }),
        };
        places::report_places(&registry.office, &department, &sent)?;
        count += place.count;
    }
    Ok(count)
}

/// The village whose akim has a child waiting and a place free; the first village with a kindergarten otherwise.
fn akim_village(registry: &Registry) -> Result<Kato, Problem> {
    let kindergartens = registry.office.store.read(|c| crate::store::kindergartens::all(c, None))?;
    let mut villages: Vec<Kato> = kindergartens.iter().map(|k| k.queue_territory).filter(|t| !t.is_home()).collect();
    villages.sort_unstable();
    villages.dedup();
    let auditor = caller(registry, Role::Auditor, Kato::COUNTRY)?.principal;
    for village in &villages {
        if next::next(&registry.office, &registry.memory.rounds, &auditor, &village.to_string(), None)?.place.is_some()
        {
            return Ok(*village);
        }
    }
    Ok(villages.first().copied().unwrap_or(Kato::COUNTRY))
}

fn akim_refers(registry: &Registry) -> Result<String, Problem> {
    let village = akim_village(registry)?;
    let akim = caller(registry, Role::Akim, village)?;
    let next = next::next(&registry.office, &registry.memory.rounds, &akim.principal, &village.to_string(), None)?;
    let (Some(place), Some(application)) = (next.place, next.application) else {
        return Ok(format!("none: nobody waits in {village}"));
    };
    let sent =
        ReferIn { place, application: application.clone(), state: Some(next.state), skip: None, skips: Vec::new() };
    let answer = refer::refer(&registry.office, &registry.memory.rounds, &akim, &sent)?;
    Ok(format!("{} for application {application} in {village}", field(&answer, "number")))
}

/// Rounds in every second home that has free places; the others wait for their departments.
fn rounds(registry: &Registry) -> Result<Vec<String>, Problem> {
    let department = caller(registry, Role::Department, Kato::COUNTRY)?;
    let groups = registry.office.store.read(|c| crate::store::kindergartens::all(c, None))?;
    let mut homes: Vec<Kato> = groups.iter().map(|k| k.home).collect();
    homes.sort_unstable();
    homes.dedup();
    let mut lines = Vec::new();
    for home in homes.into_iter().step_by(2) {
        let answer = match hold::round(
            &registry.office,
            &registry.memory.rounds,
            &department,
            &RoundIn { territory: home.to_string(), dry_run: false },
        ) {
            Err(problem) if problem.code == "nothing_to_give_out" => continue,
            answer => answer?,
        };
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let left = body.get("places_left").and_then(Value::as_array).map_or(0, Vec::len);
        let placed = body.get("placed").and_then(Value::as_u64).unwrap_or_default();
        let id = field(&answer, "id");
        lines.push(format!("{id} in {home}: {placed} referrals, {left} places that nobody there can use"));
    }
    Ok(lines)
}

fn enrol_one(registry: &Registry) -> Result<String, Problem> {
    let referrals = registry.office.store.read(|c| crate::store::referrals::page(c, "", 1))?;
    let Some(referral) = referrals.first() else { return Ok("nobody".to_owned()) };
    let head = head_of(registry, &referral.kindergarten)?;
    referrals::present(&registry.office, &head, &referral.number)?;
    referrals::enrol(&registry.office, &head, &referral.number, &contract(registry, &referral.number))?;
    let application = registry.office.store.read(|c| rows::find(c, &referral.application))?;
    let status = application.map_or_else(String::new, |a| a.status.to_string());
    Ok(format!("application {} with referral {}: {status}", referral.application, referral.number))
}

/// The kindergarten to which most children were referred.
fn attended(registry: &Registry) -> Result<String, Problem> {
    let referrals = registry.office.store.read(|c| crate::store::referrals::page(c, "", REFERRALS))?;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    referrals.iter().for_each(|referral| *times.entry(&referral.kindergarten).or_default() += 1);
    let most = times.into_iter().max_by_key(|(_, times)| *times).map(|(id, _)| id.to_owned());
    let any = || registry.office.store.read(|c| crate::store::kindergartens::all(c, None));
    match most {
        Some(most) => Ok(most),
        None => Ok(any()?.into_iter().next().map(|k| k.id).unwrap_or_default()),
    }
}

/// The secret of a new credential of the official of a role.
fn issue(registry: &Registry, role: Role, village: Kato, kindergarten: &str) -> Result<String, Problem> {
    let Principal { id, role, territory, kindergarten, .. } =
        staff::of_role(registry, role, village, kindergarten)?.principal;
    let scope = Scope { role, territory, kindergarten: kindergarten.as_deref(), acts_as: &[] };
    let office = &registry.office;
    Ok(credentials::issue(&office.store, office.clock.now(), scope, Some(&id), None)?.token)
}

fn write_tokens(registry: &Registry, folder: &Path, village: Kato) -> Result<Value, String> {
    let attended = attended(registry).map_err(|p| p.to_string())?;
    // Before the tokens: a reset revokes those of before.
    let logins = write_logins(registry, folder, village, &attended)?;
    let mut all = serde_json::Map::new();
    for &role in OFFICIALS {
        let issued = issue(registry, role, village, &attended).map_err(|p| p.to_string())?;
        all.insert(role.code().to_owned(), json!(issued));
    }
    registry.office.follow_all().map_err(|p| p.to_string())?;
    write_secrets(folder, TOKENS, &Value::Object(all))?;
    Ok(logins)
}

/// The logins of the officials with their passwords by role: made once, kept when the demo is opened again.
fn write_logins(registry: &Registry, folder: &Path, village: Kato, attended: &str) -> Result<Value, String> {
    let kept = std::fs::read_to_string(folder.join(ACCOUNTS)).ok();
    let all = match kept.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(kept) => kept,
        None => {
            let logins = staff::logins(registry, village, attended).map_err(|p| p.to_string())?;
            let named = |Login { role, login, password }: &Login| {
                (role.code().to_owned(), json!({"login": login, "password": password}))
            };
            Value::Object(logins.iter().map(named).collect())
        }
    };
    write_secrets(folder, ACCOUNTS, &all)?;
    Ok(all)
}

/// Writes what opens something, for its owner only.
fn write_secrets(folder: &Path, name: &str, secrets: &Value) -> Result<(), String> {
    let path = folder.join(name);
    let text = serde_json::to_string_pretty(secrets).unwrap_or_default();
    let mut file = super::private::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(|e| format!("{}: {e}", path.display()))
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn print_files(fresh: bool, folder: &Path) {
    if !fresh {
        println!("The registry of an earlier demo is opened; remove {} to start anew.", folder.display());
    }
    let [tokens, logins, families] = [TOKENS, ACCOUNTS, FAMILIES].map(|name| folder.join(name));
    println!("Tokens: {}, logins: {}", tokens.display(), logins.display());
    println!("Codes of families: {}", families.display());
}
