//! The fairness report in tables: envy, placement, waiting times, and the places that nobody took.

use std::collections::BTreeMap;

use crate::audit::allocation::fairness::{Fairness, Part, WhyLeft};
use crate::audit::allocation::{ANY, Published};
use crate::exchange::instance::{ChildFacts, GroupFacts, kindergarten_cell};
use crate::exchange::report::{Cell, Table};

/// The tables of a report. `groups` and `children` inform it, as far as they are known; waiting is counted up to `at`,
/// microseconds since 1970, and left out without it.
pub(crate) fn tables(
    found: &Fairness,
    published: &Published<'_>,
    groups: &[GroupFacts],
    children: &[ChildFacts],
    at: Option<i64>,
) -> Vec<Table> {
    let mut tables = vec![summary(found), placement(found, published, groups, children)];
    tables.extend(at.map(|at| waiting(found, published, at)));
    tables.extend([left(found, published, groups), not_allowed(found, published, groups)]);
    tables
}

fn summary(found: &Fairness) -> Table {
    let mut table = Table::new("summary", &["what", "value"]);
    let mut row = |what: &'static str, value: Cell| table.row([Cell::Code("column", what.into()), value]);
    let placed = found.groups.iter().filter(|&&group| group != ANY).count() as u64;
    row("children", Cell::from(found.groups.len() as u64));
    row("placed", placed.into());
    row("placed_share", Cell::Share(placed, found.groups.len() as u64));
    row("justified_envy", found.envy.into());
    row("first_envy_child", found.first_envy.map(|(child, _)| child).into());
    row("first_envy_group", found.first_envy.map(|(_, group)| group).into());
    row("exceeding", found.not_allowed.iter().map(|group| u64::from(group.exceeding)).sum::<u64>().into());
    row("not_chosen", found.not_allowed.iter().map(|group| u64::from(group.not_chosen)).sum::<u64>().into());
    row("held_lost", found.held_lost.into());
    row("families_apart", found.families_apart.into());
    row("families_blocking", found.blocking.into());
    row("first_blocking_child", found.first_blocking.map(|(child, _)| child).into());
    row("places_left", found.left.iter().map(|left| u64::from(left.places)).sum::<u64>().into());
    table
}

/// Groups with children whom the files do not allow there.
fn not_allowed(found: &Fairness, published: &Published<'_>, facts: &[GroupFacts]) -> Table {
    let columns = &["group", "kindergarten", "places", "placed", "exceeding", "not_chosen", "child_id"];
    let mut table = Table::new("not_allowed", columns);
    for group in &found.not_allowed {
        let at = group.group as usize;
        let numbers = [group.places, group.placed, group.exceeding, group.not_chosen, group.child].map(Cell::from);
        let kindergarten = kindergarten_cell(facts, group.group);
        table.row([published.group_ids.get(at).copied().into(), kindergarten].into_iter().chain(numbers));
    }
    table
}

/// What a child counts as where nothing is known of it: the parts of a report add up to the whole.
const UNKNOWN: &str = "unknown";

/// A child belongs to the language, the territory, the kind and the kindergarten that are known of it, or else to those of
/// the group that it named first. What is known of no child at all is left out.
fn placement(found: &Fairness, published: &Published<'_>, facts: &[GroupFacts], children: &[ChildFacts]) -> Table {
    let mut table = Table::new("placement", &["by", "of", "children", "placed", "first_choice", "placed_share"]);
    let mut add = |by: &'static str, parts: BTreeMap<Cell, Part>| {
        for (of, part) in parts {
            let numbers = [part.children, part.placed, part.first_choice].map(Cell::from);
            let head = [Cell::Code("column", by.into()), of];
            table.row(head.into_iter().chain(numbers).chain([Cell::Share(part.placed, part.children)]));
        }
    };
    add(
        "tier",
        found.placement(published, |child| published.tiers.get(child).map(|&tier| Cell::from(u32::from(tier)))),
    );
    type Of<T> = fn(&T) -> Option<&str>;
    let mut by = |by: &'static str, own: Of<ChildFacts>, of_group: Option<Of<GroupFacts>>| {
        let named = |child: usize| {
            let group = facts.get(published.first_choice(child)? as usize)?;
            of_group.and_then(|of| of(group))
        };
        let label = |child: usize| children.get(child).and_then(own).or_else(|| named(child));
        // Codes of the registry have words; a name stays as it is.
        let of = |child: usize| match label(child) {
            None => Cell::Code("placement", UNKNOWN.to_owned()),
            Some(of) if ["territory", "kindergarten"].contains(&by) => Cell::from(of),
            Some(of) => Cell::Code(by, of.to_owned()),
        };
        if (0..found.groups.len()).any(|child| label(child).is_some()) {
            add(by, found.placement(published, |child| Some(of(child))));
        }
    };
    by("language", |child| child.language.as_deref(), Some(|group| group.language.as_deref()));
    by("territory", |child| child.territory.as_deref(), Some(|group| group.territory.as_deref()));
    by("kind", |child| child.kind.as_deref(), Some(|group| group.kind.as_deref()));
    by("kindergarten", ChildFacts::kindergarten, Some(|group| group.kindergarten.as_deref()));
    by("channel", |child| child.channel.as_deref(), None);
    by("category", |child| child.category.as_deref(), None);
    table
}

fn waiting(found: &Fairness, published: &Published<'_>, at: i64) -> Table {
    let columns = &["result", "children", "quarter", "median", "three_quarters", "nine_tenths", "longest"];
    let mut table = Table::new("waiting", columns);
    for (result, placed) in [("placed", true), ("not_placed", false)] {
        let waiting = found.waiting(published, at, placed);
        let days = waiting.days.map(|days| if waiting.children > 0 { Cell::Number(days) } else { Cell::Nothing });
        table.row([Cell::Code("column", result.into()), Cell::from(waiting.children)].into_iter().chain(days));
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
            WhyLeft::Reserved => "reserved",
            WhyLeft::Together => "together",
        };
        table.row([
            published.group_ids.get(at).copied().into(),
            kindergarten_cell(facts, left.group),
            left.places.into(),
            left.named_by.into(),
            Cell::Code("why_left", reason.into()),
        ]);
    }
    table
}
