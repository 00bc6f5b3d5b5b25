//! Rounds: the free places of a scope go to the children whom the rules name.
//!
//! A round covers its territory and all below. A dry round is the same computation without keeping it; `next` and the
//! issue of a single referral read its rows, so that nothing else decides who gets a place.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::permissions::Act;
use super::problem::Problem;
use super::referrals::{self, Authority};
use super::registry::{Answer, Caller, Registry};
use super::scope::{Outcome, Scope};
use super::words::say;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::{Numbered, QueueKey};
use crate::store::connection::AnyConnection;
use crate::store::rounds::Round;
use crate::store::{Entry, Written, kindergartens, rounds};
use crate::trust::seal::sha256_hex;

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

/// One child's place in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoundRow {
    /// The queue that the child stands in.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// 2 where the queue was served after others, with its own places and those that they left; otherwise 1.
    pub pass: u8,
    /// The number in the merged order of that queue, from 1, all live entries counted.
    pub position: u64,
    /// The application.
    pub application: String,
    /// The place.
    pub place: String,
    /// The queue that the place was published for, where it could not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub spilled_from: Option<QueueKey>,
    /// The group.
    pub group: String,
    /// The kindergarten.
    pub kindergarten: String,
    /// The tier or category that the place was kept for, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_for: Option<String>,
    /// The family that is placed together, by one of its applications; its rows become referrals in one act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<String>,
    /// Which of the application's preferences it is, from 1; none where it had no preferences.
    pub preference: Option<usize>,
}

impl Registry {
    /// Runs a round, dry or real.
    ///
    /// # Errors
    /// 403, 409 where no child would get a place, 422 for a territory above a home.
    pub fn round(&self, caller: &Caller, sent: &RoundIn) -> Result<Answer, Problem> {
        let act = if sent.dry_run { Act::TryRound } else { Act::HoldRound };
        caller.principal.role_may(act)?;
        let territory = self.scope(&sent.territory)?;
        caller.principal.may(act, territory)?;
        if sent.dry_run {
            return self.try_round(territory);
        }
        let authority = Authority::of(&caller.principal, territory);
        self.perform(caller, &[territory.home()], 201, |tx| {
            let at = tx.at();
            let scope = Scope { registry: self, territory, at, without: &[], only: None };
            let outcome = scope.dry(tx.conn())?;
            if outcome.rows.is_empty() {
                return Err(self.nothing_to_give_out(&outcome));
            }
            let id = tx.next_number(territory.home(), Numbered::Round)?.to_string();
            let issued = referrals::issue_rows(self, tx, &authority, &outcome.rows)?;
            let summary = self.summary(tx.conn(), &id, territory, at, &outcome)?;
            let body = body(&id, territory, at, false, &outcome, &issued.numbers);
            let files = super::certificates::files(self, tx.conn(), &outcome, at)?;
            let (summary, written) = (summary.to_string(), body.to_string());
            let hashes = json!({"summary": sha256_hex(summary.as_bytes()), "body": sha256_hex(written.as_bytes())});
            let home = territory.home();
            let round = Round { id: id.clone(), home, territory, held_at: at, summary, body: written };
            rounds::insert(tx, &round, &files)?;
            let entry = Entry {
                home,
                act: "hold_round",
                actor: caller.principal.id.clone(),
                territory,
                payload: json!({
                    "round": id,
                    "role": caller.principal.role,
                    "referrals": issued.journaled,
                    "row": hashes,
                    "certificates": super::certificates::hashes(&files),
                    "queue": issued.effects,
                }),
            };
            Ok(Written { value: body, entries: vec![entry] })
        })
    }

    /// A round without a row would be a number for nothing: there is no free place, or no child that could take one.
    fn nothing_to_give_out(&self, outcome: &Outcome) -> Problem {
        let why = if outcome.left.is_empty() { "no_place_free" } else { "no_child_for_places" };
        let left = outcome.left.len().to_string();
        let text = say(&self.rules, why, &[("places", &left)]);
        Problem::conflict("nothing_to_give_out", text.en.clone()).with("places_left", &outcome.left).with("text", &text)
    }

    /// What lists and explanations read of a round: what it covered and how much it gave, without its rows.
    fn summary(
        &self,
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

    fn try_round(&self, territory: Kato) -> Result<Answer, Problem> {
        let at = self.clock.now();
        let outcome = self
            .store
            .read_snapshot(|conn| Scope { registry: self, territory, at, without: &[], only: None }.standing(conn))?;
        let body = body("", territory, at, true, &outcome, &[]);
        Ok(Answer { status: 200, body: body.to_string() })
    }
}

fn body(id: &str, territory: Kato, at: DateTime<Utc>, dry_run: bool, outcome: &Outcome, referrals: &[String]) -> Value {
    let rows: Vec<Value> = outcome
        .rows
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let mut row = serde_json::to_value(row).unwrap_or_default();
            if let (Some(number), Some(fields)) = (referrals.get(n), row.as_object_mut()) {
                fields.insert("referral".to_owned(), json!(number));
            }
            row
        })
        .collect();
    json!({
        "id": (!dry_run).then_some(id),
        "territory": territory,
        "held_at": instant_text(at),
        "dry_run": dry_run,
        "placed": outcome.rows.len(),
        "places_left": outcome.left,
        "allocation": rows,
        "queues": queues(outcome),
        "families": outcome.families,
    })
}

fn queues(outcome: &Outcome) -> Vec<Value> {
    outcome
        .passes
        .iter()
        .map(|p| {
            json!({"queue": p.queue, "pass": p.pass, "participants": p.participants, "placed": p.placed,
                "groups": (1..).zip(&p.groups).map(|(n, g): (u32, _)| json!({"id": n, "group": g.id})).collect::<Vec<_>>()})
        })
        .collect()
}
