//! What is to be tried: scenarios as they are sent, and as they are understood.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::queue::Queue;
use crate::domain::mix::Mix;
use crate::engine::allocation::{PlaceChange, Rule, Scenario};
use crate::rules::Bound;
use crate::service::kernel::problem::{FieldFaults, Problem};

/// Most scenarios of one request, and most changes of one scenario.
const SCENARIOS_MAX: usize = 1_000;

/// Most places that a scenario adds to a group, or takes from it.
const PLACES_MAX: i64 = 10_000;

/// What is to be tried.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationIn {
    /// The scope: this territory and all below.
    #[serde(default)]
    #[schema(example = "391000000")]
    pub territory: String,
    /// In its place, a committed round: its own children, places and turns are the base run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<String>,
    /// What is changed, each beside the base run.
    #[serde(default)]
    pub scenarios: Vec<ScenarioIn>,
    /// Whether to tell of every application whose result changes: table `moves`.
    #[serde(default)]
    pub moves: bool,
}

/// One change of the rules or the places.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioIn {
    /// Its name in the report.
    pub name: String,
    /// `queue` or `program`; the profile's own where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Under `queue`: the ratio of first-priority to general, such as `1:2`, or `none`; the profile's own where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mix: Option<String>,
    /// Children of the first tier count as of the second.
    #[serde(default)]
    pub tiers: BTreeMap<u8, u8>,
    /// Places published besides, or fewer.
    #[serde(default)]
    pub places: Vec<MorePlaces>,
}

/// Places that a scenario publishes besides, or takes away: of a group, or of one more group in a kindergarten.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MorePlaces {
    /// The id of the group that gets or loses places; left out where `kindergarten` is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// In its place, a kindergarten: the places are one more group there, beside that one of its groups for which most
    /// children still wish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kindergarten: Option<String>,
    /// The year of birth of the children that they are for.
    pub cohort: i32,
    /// How many more; fewer where negative, but never less than none.
    pub count: i64,
}

/// A scenario whose words are understood.
pub(super) struct Read<'a> {
    sent: &'a ScenarioIn,
    by_program: Option<bool>,
    mix: Option<Option<Mix>>,
}

pub(super) fn read<'a>(sent: &'a SimulationIn, bound: &Bound<'_>, today: NaiveDate) -> Result<Vec<Read<'a>>, Problem> {
    let mut faults = FieldFaults::default();
    let mut names = BTreeSet::from(["base"]);
    if sent.scenarios.len() > SCENARIOS_MAX {
        faults.add("scenarios", "too_many", format!("send at most {SCENARIOS_MAX} scenarios at once"));
    }
    let mut scenarios = Vec::with_capacity(sent.scenarios.len());
    for (n, scenario) in sent.scenarios.iter().enumerate() {
        faults.text(&format!("scenarios[{n}].name"), &scenario.name, 200);
        if !names.insert(scenario.name.trim()) {
            let message = format!("{} is the base run, or another scenario; give each its own name", scenario.name);
            faults.add(&format!("scenarios[{n}].name"), "repeated_name", message);
        }
        read_changes(&mut faults, &format!("scenarios[{n}]"), scenario, bound, today);
        if scenario.places.len() > SCENARIOS_MAX {
            let field = format!("scenarios[{n}].places");
            faults.add(&field, "too_many", format!("change at most {SCENARIOS_MAX} groups at once"));
        }
        let by_program = match scenario.rule.as_deref() {
            None => None,
            Some("queue") => Some(false),
            Some("program") => Some(true),
            Some(_) => {
                faults.add(&format!("scenarios[{n}].rule"), "wrong_rule", "write queue or program");
                None
            }
        };
        let mix = match scenario.mix.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(text) => faults.take(&format!("scenarios[{n}].mix"), "wrong_mix", text.parse::<Mix>()).map(Some),
        };
        if by_program == Some(true) && mix.flatten().is_some() {
            let message = "under program each group ranks by itself; leave mix out";
            faults.add(&format!("scenarios[{n}].mix"), "wrong_mix", message);
        }
        scenarios.push(Read { sent: scenario, by_program, mix });
    }
    faults.check()?;
    Ok(scenarios)
}

/// The faults of a scenario's tiers and places.
fn read_changes(faults: &mut FieldFaults, field: &str, scenario: &ScenarioIn, bound: &Bound<'_>, today: NaiveDate) {
    for tier in scenario.tiers.keys().filter(|tier| bound.profile.tier(**tier).is_none()) {
        let known: Vec<String> = bound.profile.tiers.iter().map(|t| t.number.to_string()).collect();
        let message = format!("no child is of tier {tier}; the tiers are: {}", known.join(", "));
        faults.add(&format!("{field}.tiers.{tier}"), "unknown_tier", message);
    }
    for (m, more) in scenario.places.iter().enumerate() {
        let field = format!("{field}.places[{m}]");
        if !(today.year() - 8..=today.year()).contains(&more.cohort) {
            let message = "the cohort is the children's year of birth, such as 2022";
            faults.add(&format!("{field}.cohort"), "wrong_cohort", message);
        }
        if more.group.is_some() == more.kindergarten.is_some() {
            faults.add(&field, "wrong_target", "name a group or a kindergarten, one of the two");
        }
        let fits = if more.kindergarten.is_none() { -PLACES_MAX..=PLACES_MAX } else { 1..=PLACES_MAX };
        if !fits.contains(&more.count) || more.count == 0 {
            let message = format!("{} to {}, and not 0", fits.start(), fits.end());
            faults.add(&format!("{field}.count"), "wrong_count", message);
        }
    }
}

impl Read<'_> {
    /// The scenario in one queue; the rule only where it is another than the profile's.
    pub(super) fn of(&self, queue: &Queue) -> Scenario {
        let Queue { market, own, base, .. } = queue;
        let base = *base;
        let by_program = self.by_program.unwrap_or(base == Rule::Program && self.mix.flatten().is_none());
        let counted = Rule::Queue { mix: self.mix.unwrap_or(market.profile.mix.value) };
        // The turns of a round are kept while nothing is changed that they are made of.
        let kept = base == Rule::QueueByTurn && self.mix.is_none() && self.sent.tiers.is_empty();
        let rule = if by_program {
            Rule::Program
        } else if kept {
            base
        } else {
            counted
        };
        let mut places = Vec::new();
        for more in self.sent.places.iter().filter(|m| m.cohort == market.queue.cohort) {
            let numbered = || (0..).zip(&market.groups).zip(own).filter(|(_, own)| **own).map(|(group, _)| group);
            let Some(kindergarten) = &more.kindergarten else {
                let at = numbered().find(|(_, g)| more.group.as_ref() == Some(&g.id));
                places.extend(at.map(|(n, _)| PlaceChange::By(n, more.count)));
                continue;
            };
            let own: Vec<u32> = numbered().filter(|(_, g)| g.kindergarten == *kindergarten).map(|(n, _)| n).collect();
            if let (false, Ok(count)) = (own.is_empty(), u32::try_from(more.count)) {
                places.push(PlaceChange::MoreWhereWished(own, count));
            }
        }
        Scenario {
            name: self.sent.name.clone(),
            rule: Some(rule).filter(|rule| *rule != base),
            tiers: self.sent.tiers.clone(),
            places,
        }
    }
}
