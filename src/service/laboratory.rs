//! The policy laboratory over the registry as it stands: what other rules or more places would change, queue by queue.
//!
//! Nothing is kept. Each queue is one market of its live, decided entries; turns are counted from the beginning, as in the
//! offline contract, so a base run may differ from the next round by the turns that were spent already.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::permissions::Act;
use super::problem::{FieldFaults, Problem};
use super::registry::{Answer, Caller, Registry};
use super::scope::{Market, Scope, internal};
use crate::domain::codes::PlaceStatus;
use crate::domain::kindergarten::Group;
use crate::domain::mix::Mix;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Count, Laboratory, Outcome, PlaceChange, Rule, Scenario};
use crate::exchange::report::{Cell, Table, json};
use crate::rules::profile::{Profile, RoundRule};
use crate::store::connection::AnyConnection;
use crate::store::{kindergartens, places, seats};

/// Most scenarios of one request, and most changes of one scenario.
const SCENARIOS_MAX: usize = 1_000;

/// What is to be tried.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationIn {
    /// The scope: this territory and all below.
    #[schema(example = "391000000")]
    pub territory: String,
    /// What is changed, each beside the base run.
    #[serde(default)]
    pub scenarios: Vec<ScenarioIn>,
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
    /// Places published besides.
    #[serde(default)]
    pub places: Vec<MorePlaces>,
}

/// Places that a scenario publishes besides.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MorePlaces {
    /// The group's id.
    pub group: String,
    /// The year of birth of the children that they are for.
    pub cohort: i32,
    /// How many.
    pub count: u32,
}

/// A scenario whose words are understood.
struct Read<'a> {
    sent: &'a ScenarioIn,
    by_program: Option<bool>,
    mix: Option<Option<Mix>>,
}

impl Registry {
    /// Tries scenarios on the queues of a territory and tells who would fare better and who worse.
    ///
    /// # Errors
    /// 403, 422 for a territory above a home, an unknown group or a rule that is none.
    pub fn simulate(&self, caller: &Caller, sent: &SimulationIn) -> Result<Answer, Problem> {
        caller.principal.role_may(Act::TryRound)?;
        let territory = self.scope(&sent.territory)?;
        caller.principal.may(Act::TryRound, territory)?;
        let scenarios = read(sent)?;
        let at = self.clock.now();
        let scope = Scope { registry: self, territory, at, without: &[], only: None };
        let markets = self.store.read_snapshot(|conn| self.markets(conn, &scope, sent))?;
        let mut report = Report::new();
        for market in &markets {
            report.add(market, &scenarios)?;
        }
        Ok(Answer { status: 200, body: json(&report.tables()) })
    }

    /// The markets of a scope: every queue with all groups that its children could attend, free places or not.
    fn markets(
        &self,
        conn: &mut AnyConnection,
        scope: &Scope<'_>,
        sent: &SimulationIn,
    ) -> Result<Vec<Market>, Problem> {
        let home = scope.territory.home();
        let groups: HashMap<String, Group> =
            kindergartens::all_groups(conn, Some(home))?.into_iter().map(|g| (g.id.clone(), g)).collect();
        let published = places::of_home(conn, home, PlaceStatus::Published)?;
        let territories: HashMap<String, crate::domain::kato::Kato> =
            kindergartens::all(conn, Some(home))?.into_iter().map(|k| (k.id, k.queue_territory)).collect();
        let in_scope = |group: &Group| territories.get(&group.kindergarten).is_some_and(|t| t.within(scope.territory));
        let mut faults = FieldFaults::default();
        for (n, scenario) in sent.scenarios.iter().enumerate() {
            for (m, more) in scenario.places.iter().enumerate() {
                let field = format!("scenarios[{n}].places[{m}].group");
                if !groups.get(&more.group).is_some_and(in_scope) {
                    faults.add(&field, "unknown_group", "name a group of a kindergarten in the territory");
                }
            }
        }
        faults.check()?;
        let mut markets = Vec::new();
        for queue in seats::queues(conn, home)?.into_iter().filter(|q| q.territory.within(scope.territory)) {
            let day = self.day(queue.territory, scope.at);
            let fits = |g: &&Group| {
                let named = |m: &MorePlaces| m.group == g.id && m.cohort == queue.cohort;
                let own = territories.get(&g.kindergarten) == Some(&queue.territory) && holds(g, queue.cohort, day);
                g.kind == queue.kind && (own || sent.scenarios.iter().flat_map(|s| &s.places).any(named))
            };
            let further = groups.values().filter(fits).cloned();
            markets.push(scope.market(conn, queue, &groups, &published, further)?);
        }
        Ok(markets)
    }
}

/// Whether some children of a year of birth are of the group's age on a day.
fn holds(group: &Group, cohort: i32, day: NaiveDate) -> bool {
    let months = (day.year() - cohort) * 12 + day.month0() as i32;
    (months - 12..=months).any(|age| (group.age_from_months..group.age_to_months).contains(&age))
}

fn read(sent: &SimulationIn) -> Result<Vec<Read<'_>>, Problem> {
    let mut faults = FieldFaults::default();
    if sent.scenarios.len() > SCENARIOS_MAX {
        faults.add("scenarios", "too_many", format!("send at most {SCENARIOS_MAX} scenarios at once"));
    }
    let mut scenarios = Vec::with_capacity(sent.scenarios.len());
    for (n, scenario) in sent.scenarios.iter().enumerate() {
        faults.text(&format!("scenarios[{n}].name"), &scenario.name, 200);
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

impl Read<'_> {
    /// The scenario in one queue; the rule only where it is another than the profile's.
    fn of(&self, market: &Market, base: Rule) -> Scenario {
        let by_program = self.by_program.unwrap_or(base == Rule::Program && self.mix.flatten().is_none());
        let own_mix = if let Rule::Queue { mix } = base { mix } else { None };
        let rule = if by_program { Rule::Program } else { Rule::Queue { mix: self.mix.unwrap_or(own_mix) } };
        let mut places = Vec::new();
        for more in self.sent.places.iter().filter(|m| m.cohort == market.queue.cohort) {
            let at = (0..).zip(&market.groups).find(|(_, g)| g.id == more.group);
            places.extend(at.map(|(n, _)| PlaceChange::By(n, i64::from(more.count))));
        }
        Scenario {
            name: self.sent.name.clone(),
            rule: Some(rule).filter(|rule| *rule != base),
            tiers: self.sent.tiers.clone(),
            places,
        }
    }
}

/// The rule of a profile, turns counted from the beginning.
fn base_rule(profile: &Profile) -> Rule {
    match profile.round_rule.value {
        RoundRule::Program => Rule::Program,
        RoundRule::Queue => Rule::Queue { mix: profile.mix.value },
    }
}

/// The tables of a report as they fill, queue by queue.
struct Report {
    /// By scenario: the counts of all queues together, in the order of the request, the base run first.
    total: Vec<(String, Count)>,
    queues: Table,
    tiers: Table,
    choices: Table,
    values: Table,
}

impl Report {
    fn new() -> Self {
        Report {
            total: Vec::new(),
            queues: Table::new(
                "queues",
                &["scenario", "queue", "children", "placed", "better", "worse", "gained", "lost"],
            ),
            tiers: Table::new(
                "tiers",
                &["scenario", "queue", "tier", "children", "placed", "better", "worse", "gained", "lost"],
            ),
            choices: Table::new("choices", &["scenario", "queue", "choice", "placed"]),
            values: Table::new(
                "one_more_place",
                &["queue", "group", "kindergarten", "places", "wishes", "placed_more", "better"],
            ),
        }
    }

    fn add(&mut self, market: &Market, scenarios: &[Read<'_>]) -> Result<(), Problem> {
        let base = base_rule(&market.profile);
        let laboratory = Laboratory::new(&market.instance, base).map_err(internal)?;
        let asked: Vec<Scenario> = scenarios.iter().map(|s| s.of(market, base)).collect();
        let outcomes = laboratory.run(&asked, false).map_err(internal)?;
        let names = asked.iter().map(|s| s.name.as_str());
        let named = std::iter::once(("base", laboratory.base())).chain(names.zip(&outcomes));
        for (at, (name, outcome)) in named.enumerate() {
            self.count(at, name, market.queue, outcome);
        }
        for value in laboratory.values() {
            let at = value.group as usize;
            let group = market.groups.get(at);
            self.values.row([
                Cell::from(market.queue.to_string().as_str()),
                group.map(|g| g.id.as_str()).into(),
                group.map(|g| g.kindergarten.as_str()).into(),
                market.instance.parts().capacities.get(at).copied().into(),
                value.wishes.into(),
                value.placed_more.into(),
                value.better.into(),
            ]);
        }
        Ok(())
    }

    fn count(&mut self, at: usize, name: &str, queue: QueueKey, outcome: &Outcome) {
        if self.total.len() <= at {
            self.total.push((name.to_owned(), Count::default()));
        }
        if let Some((_, total)) = self.total.get_mut(at) {
            total.add(&outcome.all);
        }
        let queue = queue.to_string();
        let head = || [Cell::from(name), Cell::from(queue.as_str())].into_iter();
        self.queues.row(head().chain(cells(&outcome.all)));
        for (&tier, count) in &outcome.by_tier {
            self.tiers.row(head().chain([Cell::from(u32::from(tier))]).chain(cells(count)));
        }
        for (&placed, choice) in outcome.by_choice.iter().zip(1_u32..) {
            self.choices.row(head().chain([Cell::from(choice), Cell::from(placed)]));
        }
    }

    fn tables(self) -> Vec<Table> {
        let columns = &["scenario", "children", "placed", "better", "worse", "gained", "lost", "placed_share"];
        let mut scenarios = Table::new("scenarios", columns);
        for (name, count) in &self.total {
            let share = Cell::Share(count.placed, count.children);
            scenarios.row([Cell::from(name.as_str())].into_iter().chain(cells(count)).chain([share]));
        }
        vec![scenarios, self.queues, self.tiers, self.choices, self.values]
    }
}

/// The counts of a row: children, placed, better, worse, gained, lost.
pub(crate) fn cells(count: &Count) -> [Cell; 6] {
    [count.children, count.placed, count.better, count.worse, count.gained, count.lost].map(Cell::from)
}
