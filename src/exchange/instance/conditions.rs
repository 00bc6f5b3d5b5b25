//! What both files say of held places, families, reserves and exclusions, in and out.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::children::ChildrenRead;
use super::children::column::{CATEGORIES, EXCLUDED, TIED, YES};
use super::group_facts::numbered;
use super::groups::GroupsRead;
use super::lookup::GroupLookup;
use super::reserves::named_categories;
use crate::domain::instant::{micros_text, take_date};
use crate::engine::allocation::{ANY, Conditions, Exclusion, Instance, Lists, NONE};
use crate::exchange::csv::fields::number;
use crate::exchange::fault::{Fault, Faults};

const DAY_MICROS: i64 = 86_400_000_000;
/// More children in one family are a mistake of the column.
const FAMILY_MAX: usize = 20;

/// The files that conditions are read from.
pub(super) struct Files<'a> {
    pub groups: &'a Path,
    pub children: &'a Path,
    pub lookup: &'a GroupLookup,
    /// After a fault in their own file every group would seem wrong.
    pub groups_sound: bool,
    /// Whether members of a family must list some kindergarten in common.
    pub families_share: bool,
}

/// The conditions of an instance; what is wrong is added to `faults`.
pub(super) fn read_conditions(
    files: &Files<'_>,
    groups: &GroupsRead,
    read: &ChildrenRead,
    faults: &mut Faults,
) -> Conditions {
    let mut fault = |file: &Path, row: u64, column: &str, message: String| {
        let (file, column) = (file.display().to_string(), Some(column.to_owned()));
        faults.push(Fault { file, row, column, message });
    };
    if !read.together.is_empty() && groups.facts.is_empty() {
        let message = "the column is missing; families are placed in one kindergarten";
        fault(files.groups, 1, "kindergarten", message.to_owned());
    }
    let named: BTreeSet<&str> = named_categories(&groups.reserves).collect();
    let texts = read.text(CATEGORIES);
    if !named.is_empty() && texts.is_empty() && !read.parts.child_ids.is_empty() {
        let message =
            "a category is named, and the children's file has no column categories; add it, with each child's codes";
        fault(files.groups, 1, "reserved", message.to_owned());
    }
    let own = |codes: &str| codes.split(';').filter(|code| named.contains(code)).map(str::to_owned).collect();
    let categories = if named.is_empty() { vec![] } else { texts.iter().map(|codes| own(codes)).collect() };
    let mut exclusions = vec![];
    for (text, child) in read.text(EXCLUDED).iter().zip(0_u32..).filter(|_| files.groups_sound) {
        match read_excluded(text, child, files.lookup) {
            Ok(own) => exclusions.extend(own),
            Err(message) => fault(files.children, read.rows.row(child as usize), "excluded", message),
        }
    }
    let conditions = Conditions {
        holds: read.holds.clone(),
        together: read.together.clone(),
        reserves: groups.reserves.clone(),
        categories,
        kindergartens: numbered(groups.facts.iter()),
        exclusions,
        tied: read.text(TIED).iter().zip(0..).filter(|(text, _)| ***text == *YES).map(|(_, child)| child).collect(),
    };
    for family in conditions.families().iter().filter(|family| family.len() > FAMILY_MAX) {
        let first = family.first().copied().unwrap_or_default() as usize;
        let message =
            format!("{} children of one family; is the column right? {FAMILY_MAX} are read at most", family.len());
        fault(files.children, read.rows.row(first), "together", message);
    }
    if files.families_share && files.groups_sound && !groups.facts.is_empty() {
        for family in conditions.families() {
            if let Some((first, child)) = nothing_in_common(&conditions, &read.parts.choices, &family) {
                let message = format!(
                    "no kindergarten is in the lists of all of its family up to here, which begins in row {}; let them share one, or leave together empty",
                    read.rows.row(first)
                );
                fault(files.children, read.rows.row(child), "choices", message);
            }
        }
    }
    if conditions.is_empty() { Conditions::default() } else { conditions }
}

/// The first of a family and the one with whose list they have no kindergarten in common any more. Held places count as
/// listed; whoever lists nothing asks for nothing.
fn nothing_in_common(conditions: &Conditions, choices: &Lists, family: &[u32]) -> Option<(usize, usize)> {
    let mut common: Option<BTreeSet<u32>> = None;
    for &child in family {
        let (list, held) = (choices.get(child as usize), conditions.held_by(child));
        if list.is_empty() && held == NONE {
            return None;
        }
        if list.last() == Some(&ANY) {
            continue;
        }
        let listed = list.iter().chain(Some(&held).filter(|&&held| held != NONE));
        let homes: BTreeSet<u32> =
            listed.filter_map(|&group| conditions.kindergartens.get(group as usize)).copied().collect();
        let left: BTreeSet<u32> = match common {
            None => homes,
            Some(common) => common.intersection(&homes).copied().collect(),
        };
        if left.is_empty() {
            return Some((*family.first()? as usize, child as usize));
        }
        common = Some(left);
    }
    None
}

/// The groups that do not take a child, such as `12;30@2026-09-01`: a group, and where it has one the last day.
pub(super) fn read_excluded(text: &str, child: u32, lookup: &GroupLookup) -> Result<Vec<Exclusion>, String> {
    let mut found: Vec<Exclusion> = vec![];
    for item in text.split(';').filter(|_| !text.is_empty()) {
        let (id, until) = item.split_once('@').map_or((item, None), |(id, day)| (id, Some(day)));
        let day = |text: &str| take_date(text.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(day, _)| day);
        let until = until.map(|text| day(text).ok_or(()));
        let (Some(id), Ok(until)) = (number(id).filter(|&id| id > 0), until.transpose()) else {
            return Err(format!(
                "'{item}' excludes from no group; write ids from groups.csv, with @YYYY-MM-DD for a last day"
            ));
        };
        let group = lookup.find(id);
        let group =
            group.ok_or_else(|| format!("group {id} is not in the groups file; add it there or remove it here"))?;
        if found.iter().any(|known| known.group == group) {
            return Err(format!("group {id} is there twice; say it once"));
        }
        found.push(Exclusion { child, group, until });
    }
    Ok(found)
}

/// The columns that children have for conditions.
pub(super) fn push_columns(text: &mut String, conditions: &Conditions) {
    for (is_there, column) in [
        (!conditions.together.is_empty(), ",together"),
        (!conditions.categories.is_empty(), ",categories"),
        (!conditions.exclusions.is_empty(), ",excluded"),
        (!conditions.tied.is_empty(), ",tied"),
    ] {
        text.push_str(if is_there { column } else { "" });
    }
}

/// What these columns say of the child at a position. Writing to a String does not fail.
pub(super) fn push_row(text: &mut String, instance: &Instance, child: usize) {
    let conditions = instance.conditions();
    if !conditions.together.is_empty() {
        text.push(',');
        let family = conditions.together.get(child).filter(|family| **family > 0);
        let _ = family.map_or(Ok(()), |family| write!(text, "{family}"));
    }
    if !conditions.categories.is_empty() {
        text.push(',');
        text.push_str(&conditions.categories.get(child).map(|own| own.join(";")).unwrap_or_default());
    }
    if !conditions.exclusions.is_empty() {
        text.push(',');
        push_excluded(text, instance, child);
    }
    if !conditions.tied.is_empty() {
        let tied = u32::try_from(child).is_ok_and(|child| conditions.tied.binary_search(&child).is_ok());
        text.push_str(if tied { ",yes" } else { "," });
    }
}

fn push_excluded(text: &mut String, instance: &Instance, child: usize) {
    let own = instance.conditions().exclusions.iter().filter(|out| out.child as usize == child);
    for (n, Exclusion { group, until, .. }) in own.enumerate() {
        let id = instance.group_id(*group).unwrap_or_default();
        let _ = write!(text, "{}{id}", if n > 0 { ";" } else { "" });
        if let Some(day) = until {
            let day = micros_text(day.saturating_mul(DAY_MICROS));
            let _ = write!(text, "@{}", day.split('T').next().unwrap_or_default());
        }
    }
}
