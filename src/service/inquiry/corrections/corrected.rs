//! The round served again: every queue once and in the round's order, what is left of the villages in the queue of the home;
//! then each child's place beside the one that it got.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::asked::Rerun;
use super::committed::CommittedPass;
use super::market::Market;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Correction, Instance, correct, solve};
use crate::exchange::instance::{
    GroupFacts, children_csv, committed_groups, correction_tables, extra_places, groups_csv, written_instance,
};
use crate::exchange::report::{Cell, Table, json as json_report};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::store::applications;
use crate::store::connection::AnyConnection;
use crate::store::rounds::RoundFile;

/// What a correction found.
#[derive(Default)]
pub(super) struct Corrected {
    pub(super) children: Vec<Value>,
    pub(super) remedy: Vec<Value>,
    /// What the registry does not know of the past, and what was assumed for it.
    pub(super) not_known: Vec<Value>,
    extra: u64,
    files: Vec<(String, String)>,
}

/// What a queue leaves of a group.
struct Left {
    group: String,
    facts: GroupFacts,
    /// Places that nobody of the queue would have taken.
    places: u32,
    /// Those of them that are free when everybody keeps what they have.
    room: u32,
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

impl Rerun<'_> {
    /// Serves the round again.
    pub(super) fn run(mut self, conn: &mut AnyConnection) -> Result<Corrected, Problem> {
        let mut corrected = Corrected::default();
        let mut spilled: BTreeMap<QueueKey, Vec<Left>> = BTreeMap::new();
        let queues: Vec<QueueKey> = self.markets.keys().copied().collect();
        for queue in queues {
            let Some(target) = self.scope.spill(queue)? else { continue };
            let Some(market) = self.markets.remove(&queue) else { continue };
            spilled.entry(target).or_default().extend(corrected.serve(conn, &market, &[])?);
        }
        for (queue, left) in &spilled {
            if left.iter().any(|left| left.places > 0) {
                self.ensure(conn, *queue)?;
            }
        }
        let queues: Vec<QueueKey> = self.markets.keys().copied().collect();
        for queue in queues {
            let left = spilled.remove(&queue).unwrap_or_default();
            for left in &left {
                self.take_in(conn, queue, left)?;
            }
            let Some(market) = self.markets.remove(&queue) else { continue };
            corrected.serve(conn, &market, &left)?;
        }
        corrected.not_known = self.not_known;
        Ok(corrected)
    }

    /// Offers a queue what another one leaves.
    fn take_in(&mut self, conn: &mut AnyConnection, queue: QueueKey, left: &Left) -> Result<(), Problem> {
        let before = self.spilled.get(&(queue, left.group.clone())).copied().unwrap_or_default();
        let Some(market) = self.markets.get_mut(&queue) else { return Ok(()) };
        if let Some(places) = market.places_of(&left.group) {
            *places += left.places;
            market.changed |= left.places != before;
        } else if left.places > 0 {
            let facts = GroupFacts { territory: Some(queue.territory.to_string()), ..left.facts.clone() };
            self.add_group(conn, queue, &left.group, facts, left.places)?;
        }
        Ok(())
    }
}

impl Corrected {
    /// Serves one queue, `taken_in` being what it has from others; gives what it leaves.
    fn serve(&mut self, conn: &mut AnyConnection, market: &Market, taken_in: &[Left]) -> Result<Vec<Left>, Problem> {
        let pass = &market.pass;
        if !market.changed {
            let left = market.left(&pass.allocation);
            return Ok(lefts(pass, &left, &left));
        }
        let instance = written_instance(&pass.groups, &pass.children, pass.rule).map_err(internal)?;
        let before =
            committed_groups(&instance, &pass.allocation).map_err(|_| internal("a committed row is nowhere"))?;
        let room: Vec<u32> = pass
            .groups
            .iter()
            .map(|group| {
                let name = pass.registry_groups.get(&group.id);
                let from = taken_in.iter().filter(|left| Some(&left.group) == name);
                from.fold(group.places, |places, left| (places + left.room).saturating_sub(left.places))
            })
            .collect();
        let found = correct(&instance, pass.rule, &before, Some(&room)).map_err(internal)?;
        self.extra += extra_places(&found);
        let facts: Vec<GroupFacts> = pass.groups.iter().map(|g| g.facts.clone()).collect();
        self.files.push((format!("{}-groups.csv", pass.name), groups_csv(&instance, &facts)));
        self.files.push((format!("{}-children.csv", pass.name), children_csv(&instance)));
        self.tell(conn, pass, &instance, &facts, &found)?;
        let due = solve(&instance, pass.rule).map_err(internal)?;
        let due: Vec<(u32, u32)> = due.rows(&instance).filter_map(|(child, group)| Some((child, group?))).collect();
        let held = pass.groups.iter().zip(&found.held);
        let room = held.map(|(group, held)| (group.id, group.places.saturating_sub(*held))).collect();
        Ok(lefts(pass, &market.left(&due), &room))
    }

    /// The rows of everybody whom the correction concerns.
    fn tell(
        &mut self,
        conn: &mut AnyConnection,
        pass: &CommittedPass,
        instance: &Instance,
        facts: &[GroupFacts],
        found: &Correction,
    ) -> Result<(), Problem> {
        let [_, harmed, profited, remedy] = correction_tables(instance, facts, found);
        let tickets: Vec<u32> = found
            .harmed
            .iter()
            .chain(&found.profited)
            .filter_map(|c| instance.parts().child_ids.get(c.child as usize).copied())
            .collect();
        let numbers = applications::by_ticket(conn, pass.queue.home(), &tickets)?;
        for (fate, table) in [("harmed", harmed), ("profited", profited)] {
            for mut row in rows(&table) {
                let ticket = row.get("child_id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
                row.insert("fate".to_owned(), json!(fate));
                row.insert("pass".to_owned(), json!(pass.name));
                row.insert("application".to_owned(), json!(ticket.and_then(|t| numbers.get(&t))));
                for (field, id) in [("got", "got_group"), ("due", "due_group")] {
                    row.insert(field.to_owned(), json!(registry_group(pass, row.get(id))));
                }
                self.children.push(Value::Object(row));
            }
        }
        for mut row in rows(&remedy) {
            row.insert("pass".to_owned(), json!(pass.name));
            row.insert("registry_group".to_owned(), json!(registry_group(pass, row.get("group"))));
            self.remedy.push(Value::Object(row));
        }
        Ok(())
    }
}

fn lefts(pass: &CommittedPass, places: &HashMap<u32, u32>, room: &HashMap<u32, u32>) -> Vec<Left> {
    let of = |left: &HashMap<u32, u32>, id: u32| left.get(&id).copied().unwrap_or_default();
    let left = pass.groups.iter().filter_map(|group| {
        let name = pass.registry_groups.get(&group.id)?.clone();
        Some(Left { group: name, facts: group.facts.clone(), places: of(places, group.id), room: of(room, group.id) })
    });
    left.collect()
}

fn registry_group<'p>(pass: &'p CommittedPass, id: Option<&Value>) -> Option<&'p String> {
    let id = u32::try_from(id?.as_u64()?).ok()?;
    pass.registry_groups.get(&id)
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
