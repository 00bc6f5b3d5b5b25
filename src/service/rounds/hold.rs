//! Rounds: the free places of a scope go to the children whom the rules name.
//!
//! A round covers its territory and all below. A dry round is the same computation without keeping it; `next` and the
//! issue of a single referral read its rows, so that nothing else decides who gets a place.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::compute::across::FamilyTold;
use super::compute::offer::KeptPlace;
use super::compute::outcome::{Outcome, Pass};
use super::compute::run;
use super::compute::scope::Scope;
use super::due::kept_together;
use super::fault::internal;
use super::held::{RoundQueue, ServedGroup, ServedQueue};
use super::memory::StandingRounds;
use super::passed;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::reach;
use crate::service::kernel::words::say;
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::issuing;
use crate::service::referrals::row::RoundRow;
use crate::store::connection::AnyConnection;
use crate::store::rounds::Round;
use crate::store::{self, Entry, Transaction, Written, kindergartens};
use crate::trust::act::{Listed, PublicAct, RoundHeld};
use crate::trust::subject::Subject;

/// A round as it is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundIn {
    /// The scope: this territory and all below.
    #[schema(example = "391000000")]
    pub territory: String,
    /// Whether only to show what would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a round decides.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoundView {
    /// Its id; none of a dry one.
    pub id: Option<String>,
    /// Its scope: this territory and all below.
    #[schema(value_type = String)]
    pub territory: Kato,
    /// When it was held.
    pub held_at: String,
    /// Whether it only shows what would be.
    pub dry_run: bool,
    /// How many places it gives.
    pub placed: usize,
    /// The places that nobody could use.
    pub places_left: Vec<String>,
    /// The places that wait for children who apply together, until there is room for all of them.
    pub kept: Vec<KeptPlace>,
    /// Who got which place, by pass, queue and position.
    pub allocation: Vec<RowView>,
    /// The queues that it served.
    pub queues: Vec<ServedQueue>,
    /// What came of families whose children wait in several queues.
    pub families: Vec<FamilyTold>,
    /// The territory of the credential, where that does not reach the whole round: then only what concerns it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
}

/// A row of a round, with the referral that it became.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowView {
    /// Who got which place.
    #[serde(flatten)]
    pub row: RoundRow,
    /// The referral; none of a dry round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<String>,
}

/// Runs a round, dry or real.
///
/// # Errors
/// 403, 409 where no child would get a place, 422 for a territory above a home.
pub fn round(office: &Office, rounds: &StandingRounds, caller: &Caller, sent: &RoundIn) -> Result<Answer, Problem> {
    let act = if sent.dry_run { Act::TryRound } else { Act::HoldRound };
    caller.principal.role_may(act)?;
    let territory = reach::scope(&office.store, &sent.territory)?;
    caller.principal.may(act, territory)?;
    if sent.dry_run {
        return try_round(office, rounds, territory);
    }
    office.perform(caller, &[territory.home()], 201, |tx| {
        let authority = Authority::signing(tx, &caller.principal, territory)?;
        let at = tx.at();
        let scope = Scope { office, territory, at, without: &[], only: None };
        let outcome = run::dry(&scope, tx.conn())?;
        if outcome.rows.is_empty() {
            return Err(nothing_to_give_out(office, &outcome));
        }
        prove(office, tx, territory.home(), &outcome)?;
        let id = tx.next_number(territory.home(), Numbered::Round)?.to_string();
        let issued = issuing::issue_rows(office, tx, &authority, &outcome.rows)?;
        passed::tell(tx, passed::passed(&outcome, &outcome.rows.iter().collect::<Vec<_>>()))?;
        let numbers: Vec<String> = issued.into_iter().map(|referral| referral.number).collect();
        let summary = summary(tx.conn(), &id, territory, at, &outcome)?;
        let view = RoundView::new(Some(id.clone()), territory, at, &outcome, &numbers);
        let files = super::files::files(office, tx.conn(), &outcome, at)?;
        let (summary, body) = (summary.to_string(), serde_json::to_string(&view).map_err(internal)?);
        let home = territory.home();
        let round = Round { id: id.clone(), home, territory, held_at: at, summary, body };
        store::rounds::insert(tx, &round, &files)?;
        let held = RoundHeld {
            round: id,
            role: caller.principal.role,
            referrals: numbers.len() as u64,
            certificates: Listed::of(&super::files::hashes(&files)),
        };
        let act = PublicAct::HoldRound(held).into();
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory };
        Ok(Written { value: view, entries: vec![entry] })
    })
}

/// A round without a row would be a number for nothing: there is no free place, all of them wait for a family, or no child
/// could take one.
fn nothing_to_give_out(office: &Office, outcome: &Outcome) -> Problem {
    if let Some(kept) = outcome.kept.first().filter(|_| outcome.left.is_empty()) {
        return kept_together(office, kept).with("kept", &outcome.kept);
    }
    let why = if outcome.left.is_empty() { "no_place_free" } else { "no_child_for_places" };
    let left = outcome.left.len().to_string();
    let text = say(&office.rules, why, &[("places", &left)]);
    Problem::conflict("nothing_to_give_out", text.en.clone()).with("places_left", &outcome.left).with("text", &text)
}

/// What lists and explanations read of a round: what it covered and how much it gave, without its rows.
fn summary(
    conn: &mut AnyConnection,
    id: &str,
    territory: Kato,
    at: DateTime<Utc>,
    outcome: &Outcome,
) -> Result<Value, Problem> {
    let of: HashMap<String, Kato> =
        kindergartens::all(conn, Some(territory.home()))?.into_iter().map(|k| (k.id, k.queue_territory)).collect();
    let offered = outcome.passes.iter().flat_map(|p| &p.groups).filter_map(|g| of.get(&g.kindergarten).copied());
    let served: BTreeSet<Kato> = outcome.passes.iter().map(|p| p.queue.territory).chain(offered).collect();
    Ok(json!({
        "id": id,
        "territory": territory,
        "held_at": instant_text(at),
        "placed": outcome.rows.len(),
        "places_left": outcome.left.len(),
        "territories": served,
        "queues": queues(outcome),
        "families": outcome.families,
    }))
}

fn try_round(office: &Office, rounds: &StandingRounds, territory: Kato) -> Result<Answer, Problem> {
    let at = office.clock.now();
    let outcome = office.store.read_snapshot(|conn| {
        run::standing(&Scope { office, territory, at, without: &[], only: None }, conn, rounds)
    })?;
    let view = RoundView::new(None, territory, at, &outcome, &[]);
    Ok(Answer { status: 200, body: serde_json::to_string(&view).map_err(internal)? })
}

impl RoundView {
    fn new(id: Option<String>, territory: Kato, at: DateTime<Utc>, outcome: &Outcome, referrals: &[String]) -> Self {
        let row = |(n, row): (usize, &RoundRow)| RowView { row: row.clone(), referral: referrals.get(n).cloned() };
        RoundView {
            dry_run: id.is_none(),
            id,
            territory,
            held_at: instant_text(at),
            placed: outcome.rows.len(),
            places_left: outcome.left.clone(),
            kept: outcome.kept.clone(),
            allocation: outcome.rows.iter().enumerate().map(row).collect(),
            queues: queues(outcome),
            families: outcome.families.clone(),
            part_of: None,
        }
    }
}

fn queues(outcome: &Outcome) -> Vec<ServedQueue> {
    let served = |pass: &Pass| ServedQueue {
        part: RoundQueue {
            queue: pass.queue,
            pass: pass.pass.into(),
            participants: pass.participants as u64,
            placed: pass.placed as u64,
        },
        groups: (1..).zip(&pass.groups).map(|(id, group)| ServedGroup { id, group: group.id.clone() }).collect(),
    };
    outcome.passes.iter().map(served).collect()
}

/// Everybody who took part stands in the rows as the records tell; of whom is given a place, the records are whole too.
fn prove(office: &Office, tx: &mut Transaction<'_>, home: Kato, outcome: &Outcome) -> Result<(), Problem> {
    office.prove_queues(tx, home, &outcome.passes.iter().map(|pass| pass.queue).collect())?;
    let given: BTreeSet<Subject> = outcome.rows.iter().flat_map(RoundRow::given).collect();
    office.prove(tx, home, &given.into_iter().collect::<Vec<_>>())
}
