//! `kezek correct`: who was harmed by an error in a committed run's input, and the remedy.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::engine::allocation::correct;
use crate::exchange::instance::{
    Allowed, NotThere, committed_groups, correction_tables, extra_places, read_all, read_allocation,
};

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
    let committed = committed_groups(&read.instance, &rows).map_err(|fault| not_there(args, fault))?;
    let rule = args.rule.rule(&read.instance);
    let found = correct(&read.instance, rule, &committed).map_err(|fault| fault.to_string())?;
    args.report.write(&correction_tables(&read.instance, &read.facts, &found))?;
    let (harmed, profited, extra) = (found.harmed.len(), found.profited.len(), extra_places(&found));
    Ok(format!("{harmed} children harmed, {profited} profited, {extra} extra places"))
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
