//! `kezek correct`: who was harmed by an error in a committed run's input, and the remedy.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::engine::allocation::{Concerned, Correction, Instance, NONE, Won, correct};
use crate::exchange::instance::{Allowed, GroupFacts, Read, read_all, read_allocation};
use crate::exchange::report::{Cell, Table};

/// Compares a committed allocation with a run of the corrected files. Nobody's place is taken: the report says which
/// extra places, or first claims in the next round, give every harmed child what it was due.
#[derive(Debug, Args)]
pub struct CorrectArgs {
    /// The allocation as it was committed
    #[arg(long, value_name = "FILE")]
    allocation: PathBuf,
    /// The groups as they should have been
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,
    /// The children as they should have been
    #[arg(long, value_name = "FILE")]
    children: PathBuf,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
pub fn run(args: CorrectArgs) -> ExitCode {
    end(corrected(&args))
}

fn corrected(args: &CorrectArgs) -> Result<String, String> {
    let allowed = Allowed { turn: args.rule.turn_allowed()?, special: false };
    let read = read_all(&args.groups, &args.children, allowed).map_err(|faults| faults.to_string())?;
    let rows = read_allocation(&args.allocation).map_err(|faults| faults.to_string())?;
    let committed = committed(args, &read.instance, &rows)?;
    let rule = args.rule.rule(&read.instance);
    let found = correct(&read.instance, rule, &committed).map_err(|fault| fault.to_string())?;
    let extra: u64 = found.extra.iter().map(|&extra| u64::from(extra)).sum();
    let tables = [
        summary(&found, extra),
        concerned("harmed", &read, &found.harmed, true),
        concerned("profited", &read, &found.profited, false),
        remedy(&read, &found),
    ];
    args.report.write(&tables)?;
    let (harmed, profited) = (found.harmed.len(), found.profited.len());
    Ok(format!("{harmed} children harmed, {profited} profited, {extra} extra places"))
}

/// The committed groups by position. A child that is no longer in the files keeps its place there as well.
fn committed(args: &CorrectArgs, instance: &Instance, rows: &[(u32, u32)]) -> Result<Vec<u32>, String> {
    let parts = instance.parts();
    let file = args.allocation.display();
    let mut committed = vec![NONE; instance.children()];
    let mut positions: Vec<(u32, u32)> = parts.child_ids.iter().copied().zip(0..).collect();
    positions.sort_unstable();
    for &(child, group) in rows.iter().filter(|(_, group)| *group != 0) {
        let Ok(group) = parts.group_ids.binary_search(&group) else {
            return Err(format!(
                "{file}: child {child} got group {group}, which is not in {}; add it there",
                args.groups.display()
            ));
        };
        let Ok(at) = positions.binary_search_by_key(&child, |&(id, _)| id) else {
            let children = args.children.display();
            return Err(format!(
                "{file}: child {child} has a place, but is not in {children}; leave it in, with its corrected values"
            ));
        };
        let position = positions.get(at).map_or(0, |&(_, position)| position as usize);
        if let Some(slot) = committed.get_mut(position) {
            *slot = u32::try_from(group).unwrap_or(NONE);
        }
    }
    Ok(committed)
}

fn summary(found: &Correction, extra: u64) -> Table {
    let mut table = Table::new("summary", &["what", "value"]);
    table.row(["harmed".into(), Cell::from(found.harmed.len() as u64)]);
    table.row(["profited".into(), Cell::from(found.profited.len() as u64)]);
    table.row(["extra_places".into(), Cell::from(extra)]);
    table
}

fn concerned(name: &'static str, read: &Read, children: &[Concerned], harmed: bool) -> Table {
    let columns: &[&str] =
        &["child_id", "tier", "got_group", "got_choice", "due_group", "due_choice", "kindergarten", "remedy"];
    let mut table = Table::new(name, columns);
    let parts = read.instance.parts();
    let choice = |won: Won| Cell::from((won.is_placed() && won.choice < NONE - 1).then(|| won.choice + 1));
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
            read.instance.group_id(concerned.got.group).into(),
            choice(concerned.got),
            read.instance.group_id(concerned.due.group).into(),
            choice(concerned.due),
            kindergarten(&read.facts, concerned.due.group),
            remedy.into(),
        ]);
    }
    table
}

fn kindergarten(facts: &[GroupFacts], group: u32) -> Cell {
    facts.get(group as usize).map(|facts| facts.kindergarten.as_str()).into()
}

/// A row per group to which a harmed child is due, or that has more children than places.
fn remedy(read: &Read, found: &Correction) -> Table {
    let columns: &[&str] = &["group", "kindergarten", "places", "children", "claims", "extra_places"];
    let mut table = Table::new("remedy", columns);
    let places = &read.instance.parts().capacities;
    for (((&id, &places), (&held, &extra)), group) in
        read.instance.parts().group_ids.iter().zip(places).zip(found.held.iter().zip(&found.extra)).zip(0..)
    {
        let claims = found.harmed.iter().filter(|concerned| concerned.due.group == group).count() as u64;
        if claims > 0 || extra > 0 {
            let numbers = [Cell::from(places), held.into(), claims.into(), extra.into()];
            table.row([Cell::from(id), kindergarten(&read.facts, group)].into_iter().chain(numbers));
        }
    }
    table
}
