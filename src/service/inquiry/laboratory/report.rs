//! What the laboratory tells: tables that fill queue by queue.

use std::collections::BTreeSet;

use super::queue::Queue;
use super::scenarios::Read;
use super::spilled::{Spilled, TakenIn};
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Count, Laboratory, Outcome, Scenario, Won};
use crate::exchange::report::{Cell, Table};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::compute::market::Market;
use crate::service::rounds::fault::internal;
use crate::store::applications;
use crate::store::connection::AnyConnection;

/// Columns of the table `moves`.
const MOVES: &[&str] = &[
    "scenario",
    "queue",
    "application",
    "tier",
    "change",
    "group_before",
    "group_after",
    "choice_before",
    "choice_after",
];

/// The tables of a report as they fill, queue by queue.
pub(super) struct Report {
    /// By scenario: the counts of all queues together, in the order of the request, the base run first.
    total: Vec<(String, Count)>,
    queues: Table,
    tiers: Table,
    choices: Table,
    values: Table,
    /// Where they are asked for: the tickets, then the rest of the row.
    moves: Option<Vec<(u32, Vec<Cell>)>>,
    named: Table,
}

impl Report {
    pub(super) fn new(moves: bool) -> Self {
        Report {
            total: Vec::new(),
            queues: Table::new(
                "queues",
                &["scenario", "queue", "children", "placed", "better", "worse", "gained", "lost"],
            ),
            tiers: Table::new(
                "tiers",
                &["scenario", "queue", "tier", "children", "placed", "better", "worse", "gained", "lost"],
            ),
            choices: Table::new("choices", &["scenario", "queue", "choice", "placed"]),
            values: Table::new(
                "one_more_place",
                &["queue", "group", "kindergarten", "places", "wishes", "placed_more", "better", "worse"],
            ),
            moves: moves.then(Vec::new),
            named: Table::new("moves", MOVES),
        }
    }

    pub(super) fn add(
        &mut self,
        queue: &Queue,
        scenarios: &[Read<'_>],
        taken: &TakenIn,
        spilled: &mut Spilled,
    ) -> Result<(), Problem> {
        let market = &queue.market;
        let laboratory = Laboratory::new(&market.instance, queue.base).map_err(internal)?;
        let mut asked: Vec<Scenario> = scenarios.iter().map(|s| s.of(queue)).collect();
        taken.change(market, &mut asked);
        let with_moves = self.moves.is_some() || queue.spills_to.is_some();
        let outcomes = laboratory.run(&asked, with_moves).map_err(internal)?;
        if let Some(target) = queue.spills_to {
            spilled.leave(target, market, &laboratory, &asked, &outcomes);
        }
        let names = asked.iter().map(|s| s.name.as_str());
        let named = std::iter::once(("base", laboratory.base())).chain(names.zip(&outcomes));
        for (at, (name, outcome)) in named.enumerate() {
            self.count(at, name, market.queue, outcome);
            self.moved(name, market, outcome);
        }
        for value in laboratory.values().unwrap_or_default() {
            let at = value.group as usize;
            if queue.own.get(at) != Some(&true) {
                continue;
            }
            let group = market.groups.get(at);
            self.values.row([
                Cell::from(market.queue.to_string().as_str()),
                group.map(|g| g.id.as_str()).into(),
                group.map(|g| g.kindergarten.as_str()).into(),
                market.instance.parts().capacities.get(at).copied().into(),
                value.wishes.into(),
                Cell::Number(value.placed_more),
                value.better.into(),
                value.worse.into(),
            ]);
        }
        Ok(())
    }

    /// The applications whose result changes.
    fn moved(&mut self, name: &str, market: &Market, outcome: &Outcome) {
        let Some(moves) = &mut self.moves else { return };
        let parts = market.instance.parts();
        let group = |won: Won| market.groups.get(won.group as usize).filter(|_| won.is_placed());
        let choice = |won: Won| won.is_placed().then(|| won.choice.saturating_add(1));
        for &(position, before, after) in &outcome.moves {
            let at = position as usize;
            let Some(&ticket) = parts.child_ids.get(at) else { continue };
            let row = vec![
                Cell::from(name),
                market.queue.to_string().as_str().into(),
                parts.tiers.get(at).map(|&tier| u32::from(tier)).into(),
                if after < before { "better".into() } else { "worse".into() },
                group(before).map(|g| g.id.as_str()).into(),
                group(after).map(|g| g.id.as_str()).into(),
                choice(before).into(),
                choice(after).into(),
            ];
            moves.push((ticket, row));
        }
    }

    /// Gives the applications that move their numbers.
    pub(super) fn name_children(&mut self, conn: &mut AnyConnection, home: Kato) -> Result<(), Problem> {
        let Some(moves) = &mut self.moves else { return Ok(()) };
        let tickets: BTreeSet<u32> = moves.iter().map(|(ticket, _)| *ticket).collect();
        let numbers = applications::by_ticket(conn, home, &tickets.into_iter().collect::<Vec<_>>())?;
        for (ticket, mut row) in moves.drain(..) {
            row.insert(2, numbers.get(&ticket).map(String::as_str).into());
            self.named.row(row);
        }
        Ok(())
    }

    fn count(&mut self, at: usize, name: &str, queue: QueueKey, outcome: &Outcome) {
        if self.total.len() <= at {
            self.total.push((name.to_owned(), Count::default()));
        }
        if let Some((_, total)) = self.total.get_mut(at) {
            total.add(&outcome.all);
        }
        let queue = queue.to_string();
        let head = || [Cell::from(name), Cell::from(queue.as_str())].into_iter();
        self.queues.row(head().chain(cells(&outcome.all)));
        for (&tier, count) in &outcome.by_tier {
            self.tiers.row(head().chain([Cell::from(u32::from(tier))]).chain(cells(count)));
        }
        for (&placed, choice) in outcome.by_choice.iter().zip(1_u32..) {
            self.choices.row(head().chain([Cell::from(choice), Cell::from(placed)]));
        }
    }

    pub(super) fn tables(self) -> Vec<Table> {
        let columns = &["scenario", "children", "placed", "better", "worse", "gained", "lost", "placed_share"];
        let mut scenarios = Table::new("scenarios", columns);
        for (name, count) in &self.total {
            let share = Cell::Share(count.placed, count.children);
            scenarios.row([Cell::from(name.as_str())].into_iter().chain(cells(count)).chain([share]));
        }
        let mut tables = vec![scenarios, self.queues, self.tiers, self.choices, self.values];
        tables.extend(self.moves.map(|_| self.named));
        tables
    }
}

/// The counts of a row: children, placed, better, worse, gained, lost.
pub(crate) fn cells(count: &Count) -> [Cell; 6] {
    [count.children, count.placed, count.better, count.worse, count.gained, count.lost].map(Cell::from)
}
