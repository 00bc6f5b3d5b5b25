//! `kezek fairness`: who got places, who waits, what is left and why.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::audit::allocation::fairness::fairness;
use crate::domain::instant::read_instant;
use crate::exchange::instance::{Allowed, audited, published, read_all, read_allocation, read_child_facts};
use crate::service::fairness::tables;

/// Reports justified envy (0 under the rule), placement, waiting times and places left, from the published files alone.
/// Exit 1 where there is envy.
#[derive(Debug, Args)]
pub struct FairnessArgs {
    /// The groups as published
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,
    /// The children as published; the columns channel and category inform the report
    #[arg(long, value_name = "FILE")]
    children: PathBuf,
    /// The allocation as published
    #[arg(long, value_name = "FILE")]
    allocation: PathBuf,
    #[command(flatten)]
    rule: RuleArgs,
    /// The instant up to which waiting is counted, such as 2026-09-01T00:00:00+05:00; without it there are no waiting times
    #[arg(long, value_name = "INSTANT", value_parser = read_instant)]
    at: Option<DateTime<Utc>>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
pub fn run(args: FairnessArgs) -> ExitCode {
    match report(&args) {
        Ok((text, true)) => end(Ok(text)),
        Ok((text, false)) => {
            let _ = end(Ok(text));
            ExitCode::from(1)
        }
        Err(text) => end(Err(text)),
    }
}

fn report(args: &FairnessArgs) -> Result<(String, bool), String> {
    let allowed = Allowed { turn: args.rule.turn_allowed()?, special: false };
    let read = read_all(&args.groups, &args.children, allowed).map_err(|faults| faults.to_string())?;
    let rows = read_allocation(&args.allocation).map_err(|faults| faults.to_string())?;
    let facts = read_child_facts(&args.children).map_err(|faults| faults.to_string())?;
    let published = published(&read.instance);
    let rule = audited(args.rule.rule(&read.instance));
    let found =
        fairness(&published, &rows, rule).map_err(|finding| format!("{}: {finding}", args.allocation.display()))?;
    args.report.write(&tables(&found, &published, (&read.facts, &facts), args.at.map(|at| at.timestamp_micros())))?;
    let text = match found.first_envy {
        None => "no justified envy".to_owned(),
        Some((child, group)) => {
            format!("{} cases of justified envy, the first: child {child}, group {group}", found.envy)
        }
    };
    Ok((text, found.envy == 0))
}
