//! `kezek correct`: who was harmed by an error in a committed run's input, and the remedy.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::engine::allocation::correct;
use crate::exchange::instance::{
    committed_groups, correction_tables, extra_places, freed_table, read_allocation, read_published,
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
    let read =
        read_published(&args.groups, &args.children, args.rule.turn_allowed()?).map_err(|faults| faults.to_string())?;
    let rows = read_allocation(&args.allocation).map_err(|faults| faults.to_string())?;
    let committed = committed_groups(&read.instance, &rows)
        .map_err(|fault| fault.fault(&args.allocation, &args.groups, &args.children).to_string())?;
    let rule = args.rule.rule(&read.instance);
    let found = correct(&read.instance, rule, &committed, None).map_err(|fault| fault.to_string())?;
    let mut tables = correction_tables(&read.instance, &read.facts, &found).to_vec();
    tables.push(freed_table(&read.instance, &read.facts, &found));
    args.report.write(&tables)?;
    let (harmed, profited, extra) = (found.harmed.len(), found.profited.len(), extra_places(&found));
    let freed: u64 = found.freed.iter().map(|freed| u64::from(freed.places)).sum();
    Ok(format!("{harmed} children harmed, {profited} profited, {extra} extra places, {freed} places freed"))
}
