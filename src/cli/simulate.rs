//! `kezek simulate`: the policy laboratory.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::report::{ReportArgs, RuleArgs, end};
use crate::engine::allocation::{Instance, Laboratory, Outcome, PlaceValue, Won};
use crate::exchange::fault::Faults;
use crate::exchange::instance::{GroupFacts, Read, ScenarioReader, Setting, kindergarten_cell, read_all};
use crate::exchange::report::{Cell, Table};
use crate::service::inquiry::laboratory::cells;

/// Replays an instance under changed rules and places: who fares better, who worse, and what one more place is worth. There
/// `wishes` counts the children who name the group and have nothing better; those whom only `*` brings are not among them.
/// With held or reserved places or families every scenario is a full run, and one more place is not worked out.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// Groups as for kezek allocate
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,
    /// Children as for kezek allocate
    #[arg(long, value_name = "FILE")]
    children: PathBuf,
    #[command(flatten)]
    rule: RuleArgs,
    /// Scenarios, a row per change: columns scenario,change,target,value
    #[arg(long, value_name = "FILE")]
    scenarios: Option<PathBuf>,
    /// One scenario, such as 'mix 1:2' or 'rule program, places 17 +1, tier 3 2, kindergarten k-5 20'; may be repeated. A
    /// kindergarten's name may have spaces
    #[arg(long, value_name = "CHANGES")]
    scenario: Vec<String>,
    /// Also a row per scenario and child whose result changes
    #[arg(long)]
    moves: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// Ends with exit 2 and what is wrong, where a file or a scenario cannot be read.
pub(super) fn run(args: SimulateArgs) -> ExitCode {
    end(simulate(&args))
}

fn simulate(args: &SimulateArgs) -> Result<String, String> {
    let turn_allowed = args.rule.turn_allowed()?;
    let Read { instance, facts } =
        read_all(&args.groups, &args.children, turn_allowed).map_err(|faults| faults.to_string())?;
    let rule = args.rule.rule(&instance);
    let mut reader = ScenarioReader::new(Setting { instance: &instance, facts: &facts, rule });
    if let Some(path) = &args.scenarios {
        let mut faults = Faults::default();
        reader.file(path, &mut faults);
        if !faults.is_empty() {
            return Err(faults.to_string());
        }
    }
    args.scenario.iter().try_for_each(|line| reader.line(line))?;
    let scenarios = reader.into_scenarios();
    let laboratory = Laboratory::new(&instance, rule).map_err(|fault| fault.to_string())?;
    let outcomes = laboratory.run(&scenarios, args.moves).map_err(|fault| fault.to_string())?;
    let values = laboratory.values();
    let named: Vec<Named<'_>> = std::iter::once((Cell::Code("scenario", "base".to_owned()), laboratory.base()))
        .chain(scenarios.iter().map(|scenario| Cell::from(scenario.name.as_str())).zip(&outcomes))
        .collect();
    let mut tables = vec![scenarios_table(&named), tiers_table(&named), choices_table(&named)];
    let without = match values {
        None => {
            "; one_more_place is left out: so many children and groups beside held places, reserves or families take long"
        }
        Some(_) => "",
    };
    tables.extend(values.map(|values| values_table(&values, &instance, &facts)));
    if args.moves {
        tables.push(moves_table(&named, &instance));
    }
    args.report.write(&tables)?;
    Ok(format!("{} scenarios over {} children{without}", scenarios.len(), instance.children()))
}

/// A scenario's name, and what came of it.
type Named<'a> = (Cell, &'a Outcome);

fn scenarios_table(named: &[Named<'_>]) -> Table {
    let columns = &["scenario", "children", "placed", "better", "worse", "gained", "lost", "placed_share"];
    let mut table = Table::new("scenarios", columns);
    for (name, outcome) in named {
        let share = Cell::Share(outcome.all.placed, outcome.all.children);
        table.row([name.clone()].into_iter().chain(cells(&outcome.all)).chain([share]));
    }
    table
}

fn tiers_table(named: &[Named<'_>]) -> Table {
    let columns = &["scenario", "tier", "children", "placed", "better", "worse", "gained", "lost", "placed_share"];
    let mut table = Table::new("tiers", columns);
    for (name, outcome) in named {
        for (&tier, count) in &outcome.by_tier {
            let share = Cell::Share(count.placed, count.children);
            let head = [name.clone(), Cell::from(u32::from(tier))];
            table.row(head.into_iter().chain(cells(count)).chain([share]));
        }
    }
    table
}

fn choices_table(named: &[Named<'_>]) -> Table {
    let mut table = Table::new("choices", &["scenario", "choice", "placed", "placed_share"]);
    for (name, outcome) in named {
        for (&placed, choice) in outcome.by_choice.iter().zip(1_u32..) {
            let share = Cell::Share(placed, outcome.all.children);
            table.row([name.clone(), Cell::from(choice), Cell::from(placed), share]);
        }
    }
    table
}

fn values_table(values: &[PlaceValue], instance: &Instance, facts: &[GroupFacts]) -> Table {
    let columns = &["group", "kindergarten", "places", "wishes", "placed_more", "better", "worse"];
    let mut table = Table::new("one_more_place", columns);
    for value in values {
        let at = value.group as usize;
        let kindergarten = kindergarten_cell(facts, value.group);
        table.row([
            instance.group_id(value.group).into(),
            kindergarten,
            instance.parts().capacities.get(at).copied().into(),
            value.wishes.into(),
            Cell::Number(value.placed_more),
            value.better.into(),
            value.worse.into(),
        ]);
    }
    table
}

fn moves_table(named: &[Named<'_>], instance: &Instance) -> Table {
    let columns =
        &["scenario", "child_id", "tier", "change", "group_before", "group_after", "choice_before", "choice_after"];
    let mut table = Table::new("moves", columns);
    let choice = |won: Won| won.number();
    for (name, outcome) in named {
        for &(position, before, after) in &outcome.moves {
            let at = position as usize;
            table.row([
                name.clone(),
                instance.parts().child_ids.get(at).copied().into(),
                instance.parts().tiers.get(at).map(|&tier| u32::from(tier)).into(),
                Cell::Code("column", if after < before { "better".into() } else { "worse".into() }),
                instance.group_id(before.group).into(),
                instance.group_id(after.group).into(),
                choice(before).into(),
                choice(after).into(),
            ]);
        }
    }
    table
}
