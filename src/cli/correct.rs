//! `kezek correct`: who was harmed by an error in a committed run's input, and the remedy.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::engine::allocation::{correct, correct_special};
use crate::exchange::instance::{
    Allowed, NotThere, committed_groups, correction_tables, extra_places, freed_table, read_all, read_allocation,
};

/// Compares a committed allocation with a run of the corrected files. Nobody's place is taken: the report says which
/// extra places, or first claims in the next round, give every harmed child what it was due, and who comes first for the
/// places that it leaves.
#[derive(Debug, Args)]
pub(super) struct CorrectArgs {
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

/// Ends with the counts of harmed and profited children, or with exit 2 and what is wrong.
pub(super) fn run(args: CorrectArgs) -> ExitCode {
    end(corrected(&args))
}

fn corrected(args: &CorrectArgs) -> Result<String, String> {
    let allowed = Allowed { turn: args.rule.turn_allowed()?, special: true };
    let read = read_all(&args.groups, &args.children, allowed).map_err(|faults| faults.to_string())?;
    let rows = read_allocation(&args.allocation).map_err(|faults| faults.to_string())?;
    let committed = committed_groups(&read.instance, &rows).map_err(|fault| not_there(args, fault))?;
    let rule = args.rule.rule(&read.instance);
    let found = match &read.special {
        Some(special) => correct_special(&read.instance, special, rule, &committed),
        None => correct(&read.instance, rule, &committed),
    };
    let found = found.map_err(|fault| fault.to_string())?;
    let mut tables = correction_tables(&read.instance, &read.facts, &found).to_vec();
    tables.push(freed_table(&read.instance, &read.facts, &found));
    args.report.write(&tables)?;
    let (harmed, profited, extra) = (found.harmed.len(), found.profited.len(), extra_places(&found));
    let freed: u64 = found.freed.iter().map(|freed| u64::from(freed.places)).sum();
    Ok(format!("{harmed} children harmed, {profited} profited, {extra} extra places, {freed} places freed"))
}

fn not_there(args: &CorrectArgs, fault: NotThere) -> String {
    let (file, groups, children) = (args.allocation.display(), args.groups.display(), args.children.display());
    match fault {
        NotThere::Group { child, group } => {
            format!("{file}: child {child} got group {group}, which is not in {groups}; add it there")
        }
        NotThere::Child(child) => {
            format!(
                "{file}: child {child} has a place, but is not in {children}; leave it in, with its corrected values"
            )
        }
    }
}
