//! `kezek fairness`: who got places, who waits, what is left and why.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::audit::allocation::Published;
use crate::audit::allocation::fairness::{Fairness, NotAllowed, fairness};
use crate::domain::instant::read_instant;
use crate::exchange::certificate::{audited, published};
use crate::exchange::csv::table::Reader;
use crate::exchange::fault::{Fault, Faults};
use crate::exchange::instance::{ChildFacts, committed_groups, read_allocation, read_child_facts, read_published};
use crate::exchange::rows::FactsRow;
use crate::service::rounds::fairness::tables;

/// How many lines say what is wrong.
const LINES_MAX: usize = 20;

/// Reports justified envy (0 under the rule), placement, waiting times and places left, from the published files alone.
/// Exit 1 where there is envy, or a placement that the files do not allow.
#[derive(Debug, Args)]
pub(super) struct FairnessArgs {
    /// The groups as published
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,
    /// The children as published; the columns channel and category inform the report
    #[arg(long, value_name = "FILE")]
    children: PathBuf,
    /// The allocation as published
    #[arg(long, value_name = "FILE")]
    allocation: PathBuf,
    /// What the registry knew of the children: facts.csv of a round. It informs the report instead of the columns channel
    /// and category
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    #[command(flatten)]
    rule: RuleArgs,
    /// The instant up to which waiting is counted, such as 2026-09-01T00:00:00+05:00; without it there are no waiting times
    #[arg(long, value_name = "INSTANT", value_parser = read_instant)]
    at: Option<DateTime<Utc>>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Ends with exit 1 where there is envy or a child is where it must not be, with 2 where a file is at fault.
pub(super) fn run(args: FairnessArgs) -> ExitCode {
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
    let read =
        read_published(&args.groups, &args.children, args.rule.turn_allowed()?).map_err(|faults| faults.to_string())?;
    let rows = read_allocation(&args.allocation).map_err(|faults| faults.to_string())?;
    let facts = match &args.facts {
        Some(path) => facts_of(path, &read.instance.parts().child_ids),
        None => read_child_facts(&args.children),
    };
    let facts = facts.map_err(|faults| faults.to_string())?;
    let published = published(&read.instance);
    let rule = audited(args.rule.rule(&read.instance));
    let found = fairness(&published, &rows, rule).map_err(|finding| {
        let strange = committed_groups(&read.instance, &rows).err();
        let strange = strange.map(|fault| fault.fault(&args.allocation, &args.groups, &args.children).to_string());
        strange.unwrap_or_else(|| format!("{}: {finding}", args.allocation.display()))
    })?;
    args.report.write(&tables(&found, &published, &read.facts, &facts, args.at.map(|at| at.timestamp_micros())))?;
    Ok((said(&found, &published), found.is_sound()))
}

/// What `facts.csv` says of the children, in their order.
fn facts_of(path: &Path, ids: &[u32]) -> Result<Vec<ChildFacts>, Faults> {
    let file = path.display().to_string();
    let fault = |row: u64, column: Option<&str>, message: String| Fault {
        file: file.clone(),
        row,
        column: column.map(str::to_owned),
        message,
    };
    let input = File::open(path).map_err(|error| {
        let mut unread = Faults::default();
        unread.push(fault(0, None, format!("cannot be read: {error}; check the path and the permissions")));
        unread
    })?;
    let mut rows = Reader::<_, FactsRow>::open(&file, input)?;
    let position: HashMap<u32, usize> = ids.iter().copied().zip(0..).collect();
    let mut facts = vec![ChildFacts::default(); ids.len()];
    let mut strangers = Faults::default();
    while let Some(row) = rows.next() {
        match position.get(&row.id).and_then(|&at| facts.get_mut(at)) {
            Some(known) => *known = row.facts,
            None => {
                let message =
                    format!("child {} is not in the children's file; take both from one round and queue", row.id);
                strangers.push(fault(rows.line(), Some("id"), message));
            }
        }
    }
    rows.finish()?;
    if strangers.is_empty() { Ok(facts) } else { Err(strangers) }
}

/// What is wrong with the allocation, a line each; or that nothing is.
fn said(found: &Fairness, published: &Published<'_>) -> String {
    let mut lines = vec![];
    if let Some((child, group)) = found.first_envy {
        lines.push(format!("{} cases of justified envy, the first: child {child}, group {group}", found.envy));
    }
    for group in &found.not_allowed {
        let id = published.group_ids.get(group.group as usize).copied().unwrap_or_default();
        let NotAllowed { places, placed, exceeding, not_chosen, child, .. } = *group;
        if not_chosen > 0 {
            lines.push(format!("group {id}: {not_chosen} children did not choose it, the first: child {child}"));
        }
        if exceeding > 0 {
            lines.push(format!("group {id}: {placed} children and {places} places; {exceeding} are too many"));
        }
    }
    let more = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    lines.extend((more > 0).then(|| format!("and {more} more; the table not_allowed has them all")));
    if found.held_lost > 0 {
        lines.push(format!("{} children lost the place that they held", found.held_lost));
    }
    if found.families_apart > 0 {
        lines.push(format!("{} families are apart", found.families_apart));
    }
    if let Some((child, group)) = found.first_blocking {
        lines.push(format!(
            "{} families block, the first: that of child {child}, at the kindergarten of group {group}; where wishes run in a circle the certificate names it",
            found.blocking
        ));
    }
    if lines.is_empty() { "no justified envy".to_owned() } else { lines.join("\n") }
}
