//! A correction run as tables: what `kezek correct` writes and what the service answers.

use std::path::Path;

use super::allocation::row_of;
use super::group_facts::{GroupFacts, kindergarten_cell};
use crate::engine::allocation::{Concerned, Correction, Instance, NONE, Won};
use crate::exchange::fault::Fault;
use crate::exchange::report::{Cell, Table};

/// Why a row of an allocation does not fit the files of groups and children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotThere {
    /// The group that the child got is not among the groups.
    Group {
        /// The id of the child that got it.
        child: u32,
        /// The id that the files do not have.
        group: u32,
    },
    /// A child with a place is not among the children.
    Child(u32),
}

impl NotThere {
    /// Where the allocation's file says so, and what is to be done in these files.
    pub fn fault(self, allocation: &Path, groups: &Path, children: &Path) -> Fault {
        let (child, column, message) = match self {
            NotThere::Group { child, group } => {
                let message =
                    format!("child {child} got group {group}, which is not in {}; add it there", groups.display());
                (child, "group_id", message)
            }
            NotThere::Child(child) => {
                let message = format!(
                    "child {child} has a place, but is not in {}; leave it in, with its corrected values",
                    children.display()
                );
                (child, "child_id", message)
            }
        };
        let (file, row) = (allocation.display().to_string(), row_of(allocation, child));
        Fault { file, row, column: Some(column.to_owned()), message }
    }
}

/// The committed groups by position, from (child id, group id or 0). A child that is no longer in the files would lose its
/// place, so it is a fault.
///
/// # Errors
/// The first row that does not fit.
pub fn committed_groups(instance: &Instance, rows: &[(u32, u32)]) -> Result<Vec<u32>, NotThere> {
    let parts = instance.parts();
    let mut committed = vec![NONE; instance.children()];
    let mut positions: Vec<(u32, u32)> = parts.child_ids.iter().copied().zip(0..).collect();
    positions.sort_unstable();
    for &(child, group) in rows.iter().filter(|(_, group)| *group != 0) {
        let at = parts.group_ids.binary_search(&group).map_err(|_| NotThere::Group { child, group })?;
        let found = positions.binary_search_by_key(&child, |&(id, _)| id).map_err(|_| NotThere::Child(child))?;
        let position = positions.get(found).map_or(0, |&(_, position)| position as usize);
        if let Some(slot) = committed.get_mut(position) {
            *slot = u32::try_from(at).unwrap_or(NONE);
        }
    }
    Ok(committed)
}

/// How many places beyond the corrected ones the remedy takes.
pub fn extra_places(found: &Correction) -> u64 {
    found.extra.iter().map(|&extra| u64::from(extra)).sum()
}

/// The tables `summary`, `harmed`, `profited` and `remedy`; `facts` stand in the order of the instance's groups.
pub fn correction_tables(instance: &Instance, facts: &[GroupFacts], found: &Correction) -> [Table; 4] {
    [
        summary(found),
        concerned("harmed", instance, facts, &found.harmed, true),
        concerned("profited", instance, facts, &found.profited, false),
        remedy(instance, facts, found),
    ]
}

fn summary(found: &Correction) -> Table {
    let freed = found.freed.iter().map(|freed| u64::from(freed.places)).sum::<u64>();
    let mut table = Table::new("summary", &["what", "value"]);
    let what = |code: &str| Cell::Code("column", code.to_owned());
    table.row([what("harmed"), Cell::from(found.harmed.len() as u64)]);
    table.row([what("profited"), Cell::from(found.profited.len() as u64)]);
    table.row([what("extra_places"), Cell::from(extra_places(found))]);
    table.row([what("freed_places"), freed.into()]);
    table
}

fn concerned(
    name: &'static str,
    instance: &Instance,
    facts: &[GroupFacts],
    children: &[Concerned],
    harmed: bool,
) -> Table {
    let columns: &[&str] =
        &["child_id", "tier", "got_group", "got_choice", "due_group", "due_choice", "kindergarten", "remedy"];
    let mut table = Table::new(name, columns);
    let parts = instance.parts();
    let choice = |won: Won| Cell::from(won.number());
    for concerned in children {
        let at = concerned.child as usize;
        let remedy = match concerned.extra {
            _ if !harmed => "keeps",
            true => "extra_place",
            false => "free_place",
        };
        table.row([
            parts.child_ids.get(at).copied().into(),
            parts.tiers.get(at).map(|&tier| u32::from(tier)).into(),
            instance.group_id(concerned.got.group).into(),
            choice(concerned.got),
            instance.group_id(concerned.due.group).into(),
            choice(concerned.due),
            kindergarten_cell(facts, concerned.due.group),
            Cell::Code("remedy", remedy.into()),
        ]);
    }
    table
}

/// A row per group to which a harmed child is due, or that has more children than places.
fn remedy(instance: &Instance, facts: &[GroupFacts], found: &Correction) -> Table {
    let columns: &[&str] = &["group", "kindergarten", "places", "children", "claims", "extra_places"];
    let mut table = Table::new("remedy", columns);
    let parts = instance.parts();
    for (((&id, &places), (&held, &extra)), group) in
        parts.group_ids.iter().zip(&found.places).zip(found.held.iter().zip(&found.extra)).zip(0..)
    {
        let claims = found.harmed.iter().filter(|concerned| concerned.due.group == group).count() as u64;
        if claims > 0 || extra > 0 {
            let numbers = [Cell::from(places), held.into(), claims.into(), extra.into()];
            table.row([Cell::from(id), kindergarten_cell(facts, group)].into_iter().chain(numbers));
        }
    }
    table
}

/// The table `freed`: a row per group in which the remedy leaves places free, with the child that has the first claim to
/// them in the next round.
pub fn freed_table(instance: &Instance, facts: &[GroupFacts], found: &Correction) -> Table {
    let columns: &[&str] = &["group", "kindergarten", "free_places", "waiting", "next_claim"];
    let mut table = Table::new("freed", columns);
    for freed in &found.freed {
        let next = freed.next.and_then(|child| instance.parts().child_ids.get(child as usize).copied());
        table.row([
            instance.group_id(freed.group).into(),
            kindergarten_cell(facts, freed.group),
            freed.places.into(),
            freed.waiting.into(),
            next.into(),
        ]);
    }
    table
}
