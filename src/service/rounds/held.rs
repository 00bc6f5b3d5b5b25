//! Committed rounds: found by territory and day, and read as far as a credential reaches. Whoever answers for a part of a
//! round's territory reads what concerns that part: the akim of a village the district's round over the village's places.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::compute::across::FamilyTold;
use super::fault::internal;
use super::files;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::{Numbered, QueueKey};
use crate::exchange::report::{Cell, Table};
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::{query, reach};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::rounds::{self, RoundBrief, RoundFilter};
use crate::store::{kindergartens, places};

/// Rounds of one page.
const PAGE: usize = 100;
/// Most rounds of one CSV answer.
const CSV_MAX: usize = 10_000;

/// Which committed rounds are listed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RoundsIn {
    /// A KATO code: rounds of this territory, of those below, and of those above in which its places were given out.
    #[serde(default)]
    pub territory: String,
    /// Held at or after this instant.
    pub from: Option<String>,
    /// Held before this instant.
    pub to: Option<String>,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
    /// At most 100; 100 where missing.
    pub limit: Option<usize>,
}

/// A page of committed rounds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Rounds {
    /// The latest first, each as far as it concerns the territory asked for.
    pub rounds: Vec<RoundListed>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A committed round of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoundListed {
    /// Its id, for `GET /api/v1/rounds/{id}`.
    pub id: String,
    /// Its scope: this territory and all below.
    #[schema(value_type = String)]
    pub territory: Kato,
    /// When it was held.
    pub held_at: String,
    /// How many places it gave, in the queues listed.
    pub placed: u64,
    /// How many it left; none where only a part of the round is listed.
    pub places_left: Option<u64>,
    /// Its queues and passes in the territory asked for.
    pub queues: Vec<RoundQueue>,
}

/// A queue's part in a round.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoundQueue {
    /// The key of the queue that the round served.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// 2 where the queue was served after others, with what they left; otherwise 1.
    pub pass: u64,
    /// How many applications took part.
    pub participants: u64,
    /// How many got a place.
    pub placed: u64,
}

/// What is kept of a round beside its rows.
#[derive(Deserialize)]
pub(crate) struct Summary {
    placed: u64,
    places_left: u64,
    /// The territories whose children took part or whose places were given out.
    territories: Vec<Kato>,
    /// The queues that it served, each once.
    pub(crate) queues: Vec<ServedQueue>,
    /// Families over several queues.
    #[serde(default)]
    pub(crate) families: Vec<FamilyTold>,
}

/// A queue as a round served it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServedQueue {
    /// Its part in the round.
    #[serde(flatten)]
    pub part: RoundQueue,
    /// The groups that had a free place for it.
    pub groups: Vec<ServedGroup>,
}

/// A group, as the files of a round call it and as the registry does.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServedGroup {
    /// In the files of the round, from 1.
    pub id: u32,
    /// Its id in the registry.
    pub group: String,
}

impl ServedQueue {
    /// What the names of its files begin with.
    pub(crate) fn files(&self) -> String {
        format!("{}-pass{}", self.part.queue, self.part.pass)
    }
}

/// What a round covered and how much it gave.
///
/// # Errors
/// It is not as the round wrote it.
pub(crate) fn summary(round: &RoundBrief) -> Result<Summary, Problem> {
    read_summary(&round.summary)
}

/// The same of its text.
///
/// # Errors
/// As [`summary`].
pub(crate) fn read_summary(text: &str) -> Result<Summary, Problem> {
    serde_json::from_str(text).map_err(internal)
}

/// How much of a round a credential reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Whole,
    /// What concerns this territory.
    Part(Kato),
}

/// How much of a round concerns a territory; `None` for nothing.
fn seen(round: &RoundBrief, territory: Kato) -> Result<Option<Seen>, Problem> {
    if round.territory.within(territory) {
        return Ok(Some(Seen::Whole));
    }
    let concerned = summary(round)?.territories.iter().any(|t| t.within(territory));
    Ok(concerned.then_some(Seen::Part(territory)))
}

/// The committed rounds of a territory, the latest first.
///
/// # Errors
/// 403, 422.
pub fn rounds(office: &Office, principal: &Principal, asked: &RoundsIn) -> Result<Rounds, Problem> {
    let (rounds, next) = listed(office, principal, asked, asked.limit.unwrap_or(PAGE).clamp(1, PAGE))?;
    Ok(Rounds { rounds, next })
}

/// The same as CSV, a row for each round.
///
/// # Errors
/// 403, 422.
pub fn rounds_csv(office: &Office, principal: &Principal, asked: &RoundsIn) -> Result<String, Problem> {
    let columns = &["id", "territory", "held_at", "queues", "participants", "placed", "places_left"];
    let mut table = Table::new("rounds", columns);
    for round in listed(office, principal, asked, CSV_MAX)?.0 {
        table.row([
            Cell::from(round.id.as_str()),
            round.territory.to_string().as_str().into(),
            round.held_at.as_str().into(),
            (round.queues.len() as u64).into(),
            round.queues.iter().map(|q| q.participants).sum::<u64>().into(),
            round.placed.into(),
            round.places_left.into(),
        ]);
    }
    Ok(table.csv())
}

/// So many rounds, and where they end if more follow.
fn listed(
    office: &Office,
    principal: &Principal,
    asked: &RoundsIn,
    most: usize,
) -> Result<(Vec<RoundListed>, Option<String>), Problem> {
    principal.role_may(Act::ReadRound)?;
    let territory = query::territory(&asked.territory)?;
    let served = office.store.read(|conn| reach::queue_territory(conn, territory))?;
    let territory = served.map_or(territory, |(queue, _)| queue);
    principal.may(Act::ReadRound, territory)?;
    let from = asked.from.as_deref().map(|text| query::instant("from", text)).transpose()?;
    let before = asked.to.as_deref().map(|text| query::instant("to", text)).transpose()?;
    let filter = RoundFilter { territory, from, before };
    let mut after = query::after(asked.cursor.as_deref())?.map(|(at, id)| (at, id.to_owned()));
    let mut found = Vec::new();
    let mut end = None;
    office.store.read_snapshot(|conn| {
        loop {
            let page = rounds::page(conn, filter, after.as_ref().map(|(at, id)| (*at, id.as_str())), PAGE as i64)?;
            let ended = page.len() < PAGE;
            after = page.last().map(|r| (r.held_at, r.id.clone()));
            for round in page {
                let Some(seen) = seen(&round, territory)? else { continue };
                if found.len() == most {
                    return Ok((std::mem::take(&mut found), end.take()));
                }
                end = Some(query::cursor(round.held_at, &round.id));
                found.push(listed_as_seen(round, seen)?);
            }
            if ended {
                return Ok((std::mem::take(&mut found), None));
            }
        }
    })
}

/// A committed round, or what of it concerns the territory of a credential that does not reach the whole.
///
/// # Errors
/// 403, 404.
pub fn held_round(office: &Office, principal: &Principal, id: &str) -> Result<Value, Problem> {
    office.store.read(|conn| {
        let (_, seen) = readable(conn, principal, id)?;
        let round = rounds::find(conn, id)?.ok_or_else(|| Problem::not_found("round"))?;
        let body = serde_json::from_str(&round.body).map_err(internal)?;
        match seen {
            Seen::Whole => Ok(body),
            Seen::Part(territory) => part(conn, body, territory),
        }
    })
}

/// A committed round that the credential reaches as a whole, without its rows.
///
/// # Errors
/// 403, 404.
pub(crate) fn whole_round(office: &Office, principal: &Principal, id: &str) -> Result<RoundBrief, Problem> {
    let (round, _) = office.store.read(|conn| readable(conn, principal, id))?;
    principal.may(Act::ReadRound, round.territory)?;
    Ok(round)
}

/// The certificates of a committed round, each with the files that it certifies, as far as the credential reaches.
///
/// # Errors
/// 403, 404.
pub fn round_certificate(office: &Office, principal: &Principal, id: &str) -> Result<Value, Problem> {
    office.store.read(|conn| {
        let (round, seen) = readable(conn, principal, id)?;
        let mut files = rounds::files(conn, id)?;
        files.retain(|file| concerns(&file.name, seen));
        Ok(files::view(&round, &files))
    })
}

/// One file of a committed round.
///
/// # Errors
/// 403, 404.
pub fn round_file(office: &Office, principal: &Principal, id: &str, name: &str) -> Result<String, Problem> {
    office.store.read(|conn| {
        let (round, seen) = readable(conn, principal, id)?;
        if !concerns(name, seen) {
            principal.may(Act::ReadRound, round.territory)?;
        }
        let file = rounds::file(conn, id, name)?;
        file.map(|f| f.body).ok_or_else(|| Problem::not_found("file"))
    })
}

/// A round, and how much of it the credential reads.
fn readable(conn: &mut AnyConnection, principal: &Principal, id: &str) -> Result<(RoundBrief, Seen), Problem> {
    principal.role_may(Act::ReadRound)?;
    home_of(id, Numbered::Round, "round")?;
    let round = rounds::brief(conn, id)?.ok_or_else(|| Problem::not_found("round"))?;
    match seen(&round, principal.territory)? {
        Some(seen) => Ok((round, seen)),
        None => {
            Err(principal.may(Act::ReadRound, round.territory).err().unwrap_or_else(|| Problem::not_found("round")))
        }
    }
}

/// Whether a file belongs to what is seen: the files of a queue are named after it.
fn concerns(name: &str, seen: Seen) -> bool {
    let Seen::Part(territory) = seen else { return true };
    let queue = name.split_once("-pass").and_then(|(key, _)| key.parse::<QueueKey>().ok());
    queue.is_some_and(|queue| queue.territory.within(territory))
}

fn listed_as_seen(round: RoundBrief, seen: Seen) -> Result<RoundListed, Problem> {
    let Summary { mut placed, places_left, queues, .. } = summary(&round)?;
    let mut queues: Vec<RoundQueue> = queues.into_iter().map(|served| served.part).collect();
    let mut places_left = Some(places_left);
    if let Seen::Part(territory) = seen {
        queues.retain(|q| q.queue.territory.within(territory));
        placed = queues.iter().map(|q| q.placed).sum();
        places_left = None;
    }
    let RoundBrief { id, territory, held_at, .. } = round;
    Ok(RoundListed { id, territory, held_at: instant_text(held_at), placed, places_left, queues })
}

/// What of a round concerns a territory: its queues, their rows, and who got its places.
fn part(conn: &mut AnyConnection, mut body: Value, territory: Kato) -> Result<Value, Problem> {
    let home = territory.home();
    let of: HashMap<String, Kato> =
        kindergartens::all(conn, Some(home))?.into_iter().map(|k| (k.id, k.queue_territory)).collect();
    let Some(fields) = body.as_object_mut() else { return Ok(body) };
    let queue_of = |value: &Value| {
        let key = value.get("queue").and_then(Value::as_str)?;
        key.parse::<QueueKey>().ok()
    };
    let inside = |value: &Value| queue_of(value).is_some_and(|queue| queue.territory.within(territory));
    let its_place = |row: &Value| {
        let kindergarten = row.get("kindergarten").and_then(Value::as_str).and_then(|id| of.get(id));
        kindergarten.is_some_and(|at| at.within(territory))
    };
    if let Some(Value::Array(queues)) = fields.get_mut("queues") {
        queues.retain(inside);
    }
    if let Some(Value::Array(rows)) = fields.get_mut("allocation") {
        rows.retain(|row| inside(row) || its_place(row));
        let placed = rows.len();
        fields.insert("placed".to_owned(), json!(placed));
    }
    if let Some(Value::Array(families)) = fields.get_mut("families") {
        let told = |family: &Value| FamilyTold::deserialize(family).is_ok_and(|told| told.territory.within(territory));
        families.retain(told);
    }
    if let Some(Value::Array(kept)) = fields.get_mut("kept") {
        kept.retain(its_place);
    }
    if let Some(Value::Array(left)) = fields.get_mut("places_left") {
        let mut own = Vec::new();
        for id in left.iter().filter_map(Value::as_str) {
            let place = places::find(conn, id)?.filter(|place| place.queue.territory.within(territory));
            own.extend(place.map(|place| Value::String(place.id)));
        }
        *left = own;
    }
    fields.insert("part_of".to_owned(), json!(territory));
    Ok(body)
}
