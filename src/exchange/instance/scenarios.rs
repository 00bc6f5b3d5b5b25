//! Scenarios of the policy laboratory: `scenario,change,target,value`, a row per change, or the same words on one line.
//!
//! | change | target | value |
//! |---|---|---|
//! | `rule` | | `queue` or `program` |
//! | `mix` | | such as `1:2`, or `none` |
//! | `tier` | a tier | the tier that its children count as |
//! | `places` | a group's id | `+3`, `-1` or `=20` |
//! | `group` | a group's id | places of one more group for the same children |
//! | `kindergarten` | a kindergarten | places of one more group there, beside that one of its groups for which most children still wish |
//!
//! Rows with the same name are one scenario.

use std::path::Path;

use super::group_facts::GroupFacts;
use super::lookup::GroupLookup;
use crate::domain::mix::Mix;
use crate::engine::allocation::{Instance, PlaceChange, Rule, Scenario};
use crate::exchange::csv::blocks::{Blocks, trim_end};
use crate::exchange::csv::fields::{number, split};
use crate::exchange::csv::header::{find_columns, read_header};
use crate::exchange::fault::{Fault, Faults};

const COLUMNS: [&str; 4] = ["scenario", "change", "target", "value"];

/// What scenarios are read against.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The groups and children.
    pub instance: &'a Instance,
    /// What is said about the groups, by position; empty where nothing is.
    pub facts: &'a [GroupFacts],
    /// The rule of the base run.
    pub rule: Rule,
}

/// Reads scenarios from lines and files, and joins those of one name.
#[derive(Debug)]
pub struct ScenarioReader<'a> {
    setting: Setting<'a>,
    lookup: GroupLookup,
    scenarios: Vec<Scenario>,
}

/// The column at fault, none where the whole row is, and what is wrong.
type Wrong = (Option<&'static str>, String);

impl<'a> ScenarioReader<'a> {
    /// A reader that has met no scenario yet.
    pub fn new(setting: Setting<'a>) -> Self {
        let lookup = GroupLookup::new(&setting.instance.parts().group_ids);
        Self { setting, lookup, scenarios: vec![] }
    }

    /// The scenarios in the order in which their names first occurred.
    pub fn into_scenarios(self) -> Vec<Scenario> {
        self.scenarios
    }

    /// A scenario on one line: changes separated by commas, such as `mix 1:2, places 17 +1`. The line is its name.
    ///
    /// # Errors
    /// What is wrong with it and what would be right.
    pub fn line(&mut self, line: &str) -> Result<(), String> {
        let at = self.named(line.trim());
        for change in line.split(',') {
            let told = || {
                format!(
                    "'{line}': write changes such as 'mix 1:2' or 'places 17 +1', with commas between; a name with a comma needs a file of scenarios"
                )
            };
            // The first word is the change, the last one the value; a kindergarten's name may have several words.
            let (change, rest) = change.trim().split_once(char::is_whitespace).ok_or_else(told)?;
            let (target, value) = rest.trim().rsplit_once(char::is_whitespace).unwrap_or(("", rest.trim()));
            let target = target.trim();
            self.change(at, change, target, value).map_err(|(_, message)| format!("'{line}': {message}"))?;
        }
        Ok(())
    }

    /// A file of scenarios; what is wrong is added to `faults`.
    pub fn file(&mut self, path: &Path, faults: &mut Faults) {
        let file = path.display().to_string();
        let mut fault = |row: u64, column: Option<&str>, message: String| {
            faults.push(Fault { file: file.clone(), row, column: column.map(str::to_owned), message });
        };
        let blocks = match Blocks::open(path) {
            Ok(blocks) => blocks,
            Err(unread) => return fault(0, None, unread.message()),
        };
        let header = match read_header(&blocks) {
            Ok(header) => header,
            Err((row, message)) => return fault(row, None, message),
        };
        let mut header_faults = Faults::default();
        let columns = find_columns(&file, &header, &COLUMNS, COLUMNS.len(), &mut header_faults);
        header_faults.listed.into_iter().for_each(|f| fault(f.row, f.column.as_deref(), f.message));
        let Some(columns) = columns else { return };
        let (mut block, mut row) = (vec![], 1);
        while blocks.next(&mut block).is_some() {
            for line in block.split_inclusive(|&b| b == b'\n') {
                row += 1;
                let line = trim_end(line);
                if line.is_empty() {
                    continue;
                }
                if let Err((column, message)) = self.row(line, &columns) {
                    fault(row, column, message);
                }
            }
        }
        if let Some(unread) = blocks.into_fault() {
            fault(0, None, unread.message());
        }
    }

    fn row(&mut self, line: &[u8], columns: &[usize]) -> Result<(), Wrong> {
        let fields = split(line).map_err(|line| (None, line.message().to_owned()))?;
        if fields.len() != columns.len() {
            return Err((None, format!("{} fields, but the header has {}", fields.len(), columns.len())));
        }
        let field = |wanted: usize| {
            let place = columns.iter().position(|&column| column == wanted);
            place.and_then(|place| fields.get(place)).map_or("", String::as_str)
        };
        if field(0).is_empty() {
            return Err((Some("scenario"), "a scenario needs a name".to_owned()));
        }
        let at = self.named(field(0));
        self.change(at, field(1), field(2), field(3))
    }

    fn named(&mut self, name: &str) -> usize {
        if let Some(at) = self.scenarios.iter().rposition(|scenario| scenario.name == name) {
            return at;
        }
        self.scenarios.push(Scenario { name: name.to_owned(), ..Scenario::default() });
        self.scenarios.len() - 1
    }

    fn change(&mut self, at: usize, change: &str, target: &str, value: &str) -> Result<(), Wrong> {
        let base = self.setting.rule;
        let place_change = match change {
            "places" => Some(self.places(target, value)?),
            "group" => Some(PlaceChange::By(self.group(target)?, i64::from(more(value)?))),
            "kindergarten" => Some(PlaceChange::MoreWhereWished(self.kindergarten(target)?, more(value)?)),
            _ => None,
        };
        let Some(scenario) = self.scenarios.get_mut(at) else { return Ok(()) };
        if let Some(place_change) = place_change {
            scenario.places.push(place_change);
            return Ok(());
        }
        let rule = scenario.rule.unwrap_or(base);
        match change {
            "rule" | "mix" if !target.is_empty() => Err((Some("target"), "stays empty for this change".to_owned())),
            "rule" => {
                scenario.rule = Some(match (value, rule) {
                    ("program", _) => Rule::Program,
                    ("queue", Rule::Queue { mix }) => Rule::Queue { mix },
                    ("queue", _) => Rule::Queue { mix: None },
                    _ => return Err((Some("value"), format!("'{value}' is no rule; write queue or program"))),
                });
                Ok(())
            }
            "mix" if rule == Rule::Program => {
                Err((Some("change"), "a mix belongs to rule queue; put that change before this one".to_owned()))
            }
            "mix" => {
                let mix = (value != "none").then(|| value.parse::<Mix>()).transpose();
                scenario.rule = Some(Rule::Queue { mix: mix.map_err(|fault| (Some("value"), fault.to_string()))? });
                Ok(())
            }
            "tier" if rule == Rule::QueueByTurn => {
                Err((Some("change"), "given turns replace tiers; put 'rule queue' before this change".to_owned()))
            }
            "tier" => {
                let tier = |text: &str, column: &'static str| {
                    let tier = number(text).and_then(|tier| u8::try_from(tier).ok());
                    tier.ok_or_else(|| {
                        (Some(column), format!("'{text}' is no tier; write a whole number from 0 to 255"))
                    })
                };
                match scenario.tiers.insert(tier(target, "target")?, tier(value, "value")?) {
                    None => Ok(()),
                    Some(_) => Err((Some("target"), format!("tier {target} is changed twice in this scenario"))),
                }
            }
            _ => Err((
                Some("change"),
                format!("'{change}' is no change; write rule, mix, tier, places, group or kindergarten"),
            )),
        }
    }

    fn places(&self, target: &str, value: &str) -> Result<PlaceChange, Wrong> {
        let group = self.group(target)?;
        let number = |text: &str| number(text).map(i64::from);
        let change = match value.split_at_checked(1) {
            Some(("+", more)) => number(more).map(|more| PlaceChange::By(group, more)),
            Some(("-", fewer)) => number(fewer).map(|fewer| PlaceChange::By(group, -fewer)),
            Some(("=", places)) => {
                crate::exchange::csv::fields::number(places).map(|places| PlaceChange::To(group, places))
            }
            _ => None,
        };
        change.ok_or_else(|| (Some("value"), format!("'{value}' is no change of places; write +3, -1 or =20")))
    }

    fn group(&self, target: &str) -> Result<u32, Wrong> {
        let known = number(target).and_then(|id| self.lookup.find(id));
        known.ok_or_else(|| (Some("target"), format!("group '{target}' is not in the groups file")))
    }

    fn kindergarten(&self, target: &str) -> Result<Vec<u32>, Wrong> {
        let groups =
            self.setting.facts.iter().zip(0..).filter(|(facts, _)| facts.kindergarten.as_deref() == Some(target));
        let groups: Vec<u32> = groups.map(|(_, group)| group).collect();
        if groups.is_empty() {
            let message = format!("no group of the groups file has '{target}' in the column kindergarten");
            return Err((Some("target"), message));
        }
        Ok(groups)
    }
}

/// Places of one more group; a plus sign may stand before them.
fn more(value: &str) -> Result<u32, Wrong> {
    let places = number(value.strip_prefix('+').unwrap_or(value));
    places.ok_or_else(|| (Some("value"), format!("'{value}' is no number of places; write one such as 20")))
}
