//! What a correction asks, held against the round, and what it finds.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::committed::{Committed, CommittedPass};
use super::{CorrectionGround, CorrectionIn, PLACES_MAX, once};
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::engine::allocation::{Rule, correct};
use crate::engine::order::{Change, Seat};
use crate::exchange::instance::{
    GroupFacts, WrittenChild, children_csv, committed_groups, correction_tables, extra_places, groups_csv,
    written_instance,
};
use crate::exchange::report::{Cell, Table, json as json_report};
use crate::rules::profile::Profile;
use crate::service::ordering;
use crate::service::problem::{FieldFaults, Problem};
use crate::service::registry::Registry;
use crate::service::scope::internal;
use crate::store::applications;
use crate::store::connection::AnyConnection;
use crate::store::rounds::{Round, RoundFile};

/// What an application should have had, understood.
#[derive(Clone, Debug)]
pub(super) struct WantedChild {
    number: String,
    ticket: u32,
    tier: Option<u8>,
    turn: Option<i64>,
    takes_part: bool,
}

/// A correction whose words are understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// By the place of the pass in the round and the group's id in its files.
    places: BTreeMap<(usize, u32), u32>,
    children: Vec<WantedChild>,
}

/// What a correction found.
#[derive(Default)]
pub(super) struct Corrected {
    pub(super) children: Vec<Value>,
    pub(super) remedy: Vec<Value>,
    extra: u64,
    files: Vec<(String, String)>,
}

impl Corrected {
    pub(super) fn harmed(&self) -> usize {
        self.children.iter().filter(|row| row.get("fate") == Some(&json!("harmed"))).count()
    }

    pub(super) fn profited(&self) -> usize {
        self.children.len() - self.harmed()
    }

    pub(super) fn extra(&self) -> u64 {
        self.extra
    }

    /// The corrected files, which `kezek correct` reads beside the round's own allocation.
    pub(super) fn files(&self, serial: usize) -> Vec<RoundFile> {
        let named = |(name, body): &(String, String)| RoundFile {
            name: format!("correction-{serial:03}-{name}"),
            body: body.clone(),
        };
        self.files.iter().map(named).collect()
    }
}

impl Registry {
    /// Holds what is sent against the round, and gives it with evidence and ground.
    pub(super) fn wanted(
        &self,
        conn: &mut AnyConnection,
        round: &Round,
        committed: &Committed,
        sent: &CorrectionIn,
    ) -> Result<(Wanted, String, CorrectionGround), Problem> {
        let mut faults = FieldFaults::default();
        let ground = faults.take("ground", "ground_not_listed", sent.ground.parse::<CorrectionGround>());
        let evidence = faults.text("evidence", &sent.evidence, 2_000);
        if sent.places.is_empty() && sent.applications.is_empty() {
            faults.add("places", "nothing_corrected", "say which groups or applications should have had what");
        }
        once(&mut faults, "applications", sent.applications.iter().map(|a| a.application.as_str()));
        let mut wanted = Wanted::default();
        for (n, places) in sent.places.iter().enumerate() {
            let field = format!("places[{n}]");
            if places.count > PLACES_MAX {
                faults.add(&format!("{field}.count"), "wrong_count", format!("write at most {PLACES_MAX}"));
            }
            let mut found: Vec<(usize, u32)> = Vec::new();
            for (at, pass) in committed.passes.iter().enumerate() {
                if pass.is_first() && places.cohort.is_none_or(|cohort| cohort == pass.queue.cohort) {
                    let ids = pass.registry_groups.iter().filter(|(_, group)| **group == places.group);
                    found.extend(ids.map(|(id, _)| (at, *id)));
                }
            }
            match found.as_slice() {
                [] => faults.add(
                    &format!("{field}.group"),
                    "not_in_round",
                    "the round gave out no place of this group to such a queue; see `queues` of the round",
                ),
                [one] => {
                    if wanted.places.insert(*one, places.count).is_some() {
                        faults.add(&field, "repeated", "this group is corrected twice; say once what is right");
                    }
                }
                _ => faults.add(
                    &format!("{field}.cohort"),
                    "missing",
                    "the group served more than one queue; name the year",
                ),
            }
        }
        for (n, sent) in sent.applications.iter().enumerate() {
            let child = self.wanted_child(conn, round, committed, sent)?;
            match child {
                Ok(child) => wanted.children.push(child),
                Err((part, code, message)) => faults.add(&format!("applications[{n}].{part}"), code, message),
            }
        }
        faults.check()?;
        match (evidence, ground) {
            (Some(evidence), Some(ground)) => Ok((wanted, evidence, ground)),
            _ => Err(internal("a correction without faults has no ground")),
        }
    }

    #[allow(clippy::type_complexity, reason = "a fault is a field, a code and a message")]
    fn wanted_child(
        &self,
        conn: &mut AnyConnection,
        round: &Round,
        committed: &Committed,
        sent: &super::CorrectedApplication,
    ) -> Result<Result<WantedChild, (&'static str, &'static str, String)>, Problem> {
        let number = &sent.application;
        let known = Number::parse(number, Numbered::Application).filter(|n| n.home == round.home);
        let found = match known {
            Some(_) => applications::find(conn, number)?,
            None => None,
        };
        let passes = |ticket: u32| committed.passes.iter().filter(move |p| p.children.iter().any(|c| c.id == ticket));
        let Some((ticket, pass)) = found.and_then(|a| Some((a.ticket, passes(a.ticket).next()?))) else {
            let message = format!("{number} took no part in the round");
            return Ok(Err(("application", "not_in_round", message)));
        };
        let profile = ordering::profile(&self.rules, pass.queue, round.held_at)?;
        if let Some(tier) = sent.tier.filter(|tier| profile.tier(*tier).is_none()) {
            let tiers: Vec<String> = profile.tiers.iter().map(|t| t.number.to_string()).collect();
            let message = format!("profile {} has no tier {tier}; use one of: {}", profile.code, tiers.join(", "));
            return Ok(Err(("tier", "unknown_tier", message)));
        }
        if sent.turn.is_some() && (pass.rule == Rule::Program || sent.tier.is_some()) {
            let message = "a turn is corrected where the queue's order decides, and instead of the tier".to_owned();
            return Ok(Err(("turn", "wrong_turn", message)));
        }
        if sent.tier.is_none() && sent.turn.is_none() && sent.takes_part {
            let message = "say its tier or its turn, or that it should not have taken part".to_owned();
            return Ok(Err(("application", "nothing_corrected", message)));
        }
        let (number, tier, turn, takes_part) = (number.clone(), sent.tier, sent.turn, sent.takes_part);
        Ok(Ok(WantedChild { number, ticket, tier, turn, takes_part }))
    }

    /// Runs every pass that the correction touches.
    pub(super) fn corrected(
        &self,
        conn: &mut AnyConnection,
        round: &Round,
        committed: &Committed,
        wanted: &Wanted,
    ) -> Result<Corrected, Problem> {
        let mut corrected = Corrected::default();
        for (at, pass) in committed.passes.iter().enumerate() {
            let children: Vec<&WantedChild> =
                wanted.children.iter().filter(|w| pass.children.iter().any(|c| c.id == w.ticket)).collect();
            let places = wanted.places.range((at, 0)..=(at, u32::MAX));
            let places: BTreeMap<u32, u32> = places.map(|((_, group), places)| (*group, *places)).collect();
            if children.is_empty() && places.is_empty() {
                continue;
            }
            self.correct_pass(conn, (round, pass), (&places, &children), &mut corrected)?;
        }
        Ok(corrected)
    }

    fn correct_pass(
        &self,
        conn: &mut AnyConnection,
        (round, pass): (&Round, &CommittedPass),
        (places, wanted): (&BTreeMap<u32, u32>, &[&WantedChild]),
        corrected: &mut Corrected,
    ) -> Result<(), Problem> {
        let mut groups = pass.groups.clone();
        for group in &mut groups {
            group.places = places.get(&group.id).copied().unwrap_or(group.places);
        }
        let mut children = pass.children.clone();
        if pass.rule == Rule::QueueByTurn && wanted.iter().any(|w| w.tier.is_some()) {
            let turns = self.turns(conn, round, pass.queue, wanted)?;
            for child in &mut children {
                child.turn = turns.get(&child.id).copied().or(child.turn);
            }
        }
        for wanted in wanted {
            children.iter_mut().filter(|c| c.id == wanted.ticket).for_each(|child| wanted.put(child));
        }
        let instance = written_instance(&groups, &children, pass.rule).map_err(internal)?;
        let facts: Vec<GroupFacts> = groups.into_iter().map(|g| g.facts).collect();
        let before =
            committed_groups(&instance, &pass.allocation).map_err(|_| internal("a committed row is nowhere"))?;
        let found = correct(&instance, pass.rule, &before).map_err(internal)?;
        corrected.extra += extra_places(&found);
        corrected.files.push((format!("{}-groups.csv", pass.name), groups_csv(&instance, &facts)));
        corrected.files.push((format!("{}-children.csv", pass.name), children_csv(&instance)));
        let [_, harmed, profited, remedy] = correction_tables(&instance, &facts, &found);
        let tickets: Vec<u32> = found
            .harmed
            .iter()
            .chain(&found.profited)
            .filter_map(|c| instance.parts().child_ids.get(c.child as usize).copied())
            .collect();
        let numbers = applications::by_ticket(conn, round.home, &tickets)?;
        for (fate, table) in [("harmed", harmed), ("profited", profited)] {
            for mut row in rows(&table) {
                let ticket = row.get("child_id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
                row.insert("fate".to_owned(), json!(fate));
                row.insert("pass".to_owned(), json!(pass.name));
                row.insert("application".to_owned(), json!(ticket.and_then(|t| numbers.get(&t))));
                for (field, id) in [("got", "got_group"), ("due", "due_group")] {
                    row.insert(field.to_owned(), json!(pass.registry_group(row.get(id))));
                }
                corrected.children.push(Value::Object(row));
            }
        }
        for mut row in rows(&remedy) {
            row.insert("pass".to_owned(), json!(pass.name));
            row.insert("registry_group".to_owned(), json!(pass.registry_group(row.get("group"))));
            corrected.remedy.push(Value::Object(row));
        }
        Ok(())
    }

    /// The turns of a queue at the round's moment, had these applications been of the right tiers.
    fn turns(
        &self,
        conn: &mut AnyConnection,
        round: &Round,
        queue: QueueKey,
        wanted: &[&WantedChild],
    ) -> Result<HashMap<u32, i64>, Problem> {
        let mut replay = self.replayed_to_round(conn, queue, round)?;
        let profile = ordering::profile(&self.rules, queue, round.held_at)?;
        for wanted in wanted {
            let Some(tier) = wanted.tier else { continue };
            let (seat, choices) = replay.seat(&wanted.number).ok_or_else(|| internal("a participant has no seat"))?;
            let right = of_tier(seat, tier, profile);
            replay.order.apply(&[Change::Leave(seat, &choices), Change::Join(right, &choices)]).map_err(internal)?;
        }
        let turn = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
        Ok(replay.order.in_order().map(|p| (p.seat.ticket, turn(p.position))).collect())
    }
}

fn of_tier(seat: Seat, tier: u8, profile: &Profile) -> Seat {
    Seat { tier, stream: profile.stream_of(tier), ..seat }
}

impl WantedChild {
    fn put(&self, child: &mut WrittenChild) {
        child.tier = self.tier.unwrap_or(child.tier);
        child.turn = self.turn.or(child.turn);
        if !self.takes_part {
            child.choices.clear();
            child.any = false;
        }
    }
}

impl CommittedPass {
    fn is_first(&self) -> bool {
        self.name.ends_with("-pass1")
    }

    fn registry_group(&self, id: Option<&Value>) -> Option<&String> {
        let id = u32::try_from(id?.as_u64()?).ok()?;
        self.registry_groups.get(&id)
    }
}

/// A table's rows as objects.
fn rows(table: &Table) -> Vec<Map<String, Value>> {
    let report: Value = serde_json::from_str(&json_report(std::slice::from_ref(table))).unwrap_or_default();
    let rows = report.get(table.name).and_then(Value::as_array).cloned().unwrap_or_default();
    rows.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None }).collect()
}

/// The children of a stored correction as CSV.
pub(super) fn csv(children: &[Value]) -> String {
    const COLUMNS: &[&str] = &[
        "fate",
        "application",
        "pass",
        "child_id",
        "tier",
        "got",
        "got_choice",
        "due",
        "due_choice",
        "kindergarten",
        "remedy",
    ];
    let mut table = Table::new("children", COLUMNS);
    for child in children {
        table.row(COLUMNS.iter().map(|column| match child.get(column) {
            Some(Value::String(text)) => Cell::from(text.as_str()),
            Some(Value::Number(number)) => Cell::from(number.as_u64()),
            _ => Cell::Nothing,
        }));
    }
    table.csv()
}
