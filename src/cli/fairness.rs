//! `kezek fairness`: who got places, who waits, what is left and why.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::audit::allocation::fairness::{Fairness, Part, WhyLeft, fairness};
use crate::audit::allocation::{ANY, Published};
use crate::exchange::instance::{
    Allowed, ChildFacts, GroupFacts, audited, parse_instant, published, read_all, read_allocation, read_child_facts,
};
use crate::exchange::report::{Cell, Table};

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
    at: Option<i64>,
    #[command(flatten)]
    report: ReportArgs,
}

fn read_instant(text: &str) -> Result<i64, String> {
    parse_instant(text.as_bytes())
        .ok_or("write the instant as RFC 3339 with its offset, such as 2026-09-01T00:00:00+05:00".to_owned())
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
    let mut tables = vec![summary(&found), placement(&found, &published, &read.facts, &facts)];
    if let Some(at) = args.at {
        tables.push(waiting(&found, &published, at));
    }
    tables.push(left(&found, &published, &read.facts));
    args.report.write(&tables)?;
    let text = match found.first_envy {
        None => "no justified envy".to_owned(),
        Some((child, group)) => {
            format!("{} cases of justified envy, the first: child {child}, group {group}", found.envy)
        }
    };
    Ok((text, found.envy == 0))
}

fn summary(found: &Fairness) -> Table {
    let mut table = Table::new("summary", &["what", "value"]);
    let placed = found.groups.iter().filter(|&&group| group != ANY).count() as u64;
    table.row(["children".into(), Cell::from(found.groups.len() as u64)]);
    table.row(["placed".into(), placed.into()]);
    table.row(["placed_share".into(), Cell::Share(placed, found.groups.len() as u64)]);
    table.row(["justified_envy".into(), found.envy.into()]);
    table.row(["first_envy_child".into(), found.first_envy.map(|(child, _)| child).into()]);
    table.row(["first_envy_group".into(), found.first_envy.map(|(_, group)| group).into()]);
    table.row(["places_left".into(), found.left.iter().map(|left| u64::from(left.places)).sum::<u64>().into()]);
    table
}

/// A child belongs to the language, the territory, the kind and the kindergarten of the group that it named first.
fn placement(found: &Fairness, published: &Published<'_>, facts: &[GroupFacts], children: &[ChildFacts]) -> Table {
    let mut table = Table::new("placement", &["by", "of", "children", "placed", "first_choice", "placed_share"]);
    let mut add = |by: &'static str, parts: BTreeMap<Cell, Part>| {
        for (of, part) in parts {
            let numbers = [part.children, part.placed, part.first_choice].map(Cell::from);
            table.row([by.into(), of].into_iter().chain(numbers).chain([Cell::Share(part.placed, part.children)]));
        }
    };
    add(
        "tier",
        found.placement(published, |child| published.tiers.get(child).map(|&tier| Cell::from(u32::from(tier)))),
    );
    let text = |text: &str| (!text.is_empty()).then(|| Cell::from(text));
    let mut by_group = |by: &'static str, of: fn(&GroupFacts) -> &str| {
        let label = |child: usize| facts.get(published.first_choice(child)? as usize).and_then(|facts| text(of(facts)));
        add(by, found.placement(published, label));
    };
    by_group("language", |facts| &facts.language);
    by_group("territory", |facts| &facts.territory);
    by_group("kind", |facts| &facts.kind);
    by_group("kindergarten", |facts| &facts.kindergarten);
    add("channel", found.placement(published, |child| children.get(child).and_then(|facts| text(&facts.channel))));
    add("category", found.placement(published, |child| children.get(child).and_then(|facts| text(&facts.category))));
    table
}

fn waiting(found: &Fairness, published: &Published<'_>, at: i64) -> Table {
    let columns = &["result", "children", "quarter", "median", "three_quarters", "nine_tenths", "longest"];
    let mut table = Table::new("waiting", columns);
    for (result, placed) in [("placed", true), ("not_placed", false)] {
        let waiting = found.waiting(published, at, placed);
        let days = waiting.days.map(|days| if waiting.children > 0 { Cell::Number(days) } else { Cell::Nothing });
        table.row([result.into(), Cell::from(waiting.children)].into_iter().chain(days));
    }
    table
}

fn left(found: &Fairness, published: &Published<'_>, facts: &[GroupFacts]) -> Table {
    let mut table = Table::new("left", &["group", "kindergarten", "places_left", "named_by", "reason"]);
    for left in &found.left {
        let at = left.group as usize;
        let reason = match left.reason {
            WhyLeft::NobodyNamedIt => "nobody_named_it",
            WhyLeft::AllGotItOrBetter => "all_got_it_or_better",
            WhyLeft::RefusedWrongly => "refused_wrongly",
        };
        table.row([
            published.group_ids.get(at).copied().into(),
            facts.get(at).map(|facts| facts.kindergarten.as_str()).into(),
            left.places.into(),
            left.named_by.into(),
            reason.into(),
        ]);
    }
    table
}
