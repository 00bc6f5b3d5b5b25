//! The policy laboratory over the registry as it stands: what other rules or more places would change, queue by queue.
//!
//! Nothing is kept. Each queue is one market of its live, decided entries, served once as in a round: villages first, then the
//! home with what they leave, in the base run and in each scenario. Families over several queues apply one by one. Turns are counted from the beginning, as in the offline
//! contract, so a base run may differ from the next round by the turns that were spent already. A committed round may be the
//! base instead, with the turns that it had.

mod bench;
mod replay;
mod report;
mod spilled;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::codes::PlaceStatus;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Group;
use crate::domain::mix::Mix;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Count, PlaceChange, Rule, Scenario};
use crate::exchange::report::{Cell, Table, json};
use crate::rules::Bound;
use crate::rules::profile::{Profile, RoundRule};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::reach;
use crate::service::office::{Answer, Caller, Office};
use crate::service::rounds::scope::{Market, Scope};
use crate::store::connection::AnyConnection;
use crate::store::{kindergartens, places, seats};
use report::Report;
use spilled::Spilled;

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
    /// The group's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// In its place, a kindergarten: the places are one more group there, beside that one of its groups for which most
    /// children still wish.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kindergarten: String,
    /// The year of birth of the children that they are for.
    pub cohort: i32,
    /// How many more; fewer where negative, but never less than none.
    pub count: i64,
}

/// A scenario whose words are understood.
struct Read<'a> {
    sent: &'a ScenarioIn,
    by_program: Option<bool>,
    mix: Option<Option<Mix>>,
}

/// Tries scenarios on the queues of a territory, as JSON: all tables.
///
/// # Errors
/// As [`simulated`].
pub fn simulate(office: &Office, caller: &Caller, sent: &SimulationIn) -> Result<Answer, Problem> {
    Ok(Answer { status: 200, body: json(&simulated(office, caller, sent)?) })
}

/// The same as CSV: the table of this name, `scenarios` where none is named.
///
/// # Errors
/// As [`simulated`], and 422 for a table that is none.
pub fn simulate_csv(
    office: &Office,
    caller: &Caller,
    sent: &SimulationIn,
    table: Option<&str>,
) -> Result<Answer, Problem> {
    let tables = simulated(office, caller, sent)?;
    let wanted = table.unwrap_or("scenarios");
    let found = tables.iter().find(|table| table.name == wanted).ok_or_else(|| {
        let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
        Problem::invalid("table", "unknown_table", format!("name one of: {}", names.join(", ")))
    })?;
    Ok(Answer { status: 200, body: found.csv() })
}

/// Tries scenarios on the queues of a territory and tells who would fare better and who worse.
///
/// # Errors
/// 403, 422 for a territory above a home, an unknown group or a rule that is none.
pub fn simulated(office: &Office, caller: &Caller, sent: &SimulationIn) -> Result<Vec<Table>, Problem> {
    caller.principal.role_may(Act::TryRound)?;
    let held = sent.round.as_deref().map(|id| replay::round_of(office, id, &sent.territory)).transpose()?;
    let (territory, at) = match &held {
        Some(round) => (round.territory, round.held_at),
        None => (reach::scope(&office.store, &sent.territory)?, office.clock.now()),
    };
    caller.principal.may(Act::TryRound, territory)?;
    let scenarios = read(sent, (&office.bound(territory, at)?, office.day(territory, at)))?;
    let scope = Scope { office, territory, at, without: &[], only: None };
    let queues = office.store.read_snapshot(|conn| match &held {
        Some(round) => replay::markets_of_round(office, conn, &scope, (round, sent)),
        None => markets(office, conn, &scope, sent),
    })?;
    let mut report = Report::new(sent.moves);
    let mut spilled = Spilled::default();
    for mut queue in queues {
        let taken = spilled.taken_in(&mut queue.market)?;
        report.add(&queue, &scenarios, &taken, &mut spilled)?;
    }
    if sent.moves {
        office.store.read(|conn| report.name_children(conn, territory.home()))?;
    }
    Ok(report.tables())
}

/// The markets of a scope: every queue with all groups that its children could attend, free places or not; those whose
/// places may spill come first.
fn markets(
    office: &Office,
    conn: &mut AnyConnection,
    scope: &Scope<'_>,
    sent: &SimulationIn,
) -> Result<Vec<Queue>, Problem> {
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
            let field = format!("scenarios[{n}].places[{m}]");
            if more.kindergarten.is_empty() && !groups.get(&more.group).is_some_and(in_scope) {
                let message = "name a group of a kindergarten in the territory";
                faults.add(&format!("{field}.group"), "unknown_group", message);
            }
            if !more.kindergarten.is_empty()
                && !groups.values().any(|g| g.kindergarten == more.kindergarten && in_scope(g))
            {
                let message = "name a kindergarten in the territory that has a group";
                faults.add(&format!("{field}.kindergarten"), "unknown_kindergarten", message);
            }
        }
    }
    faults.check()?;
    let waited_for: BTreeSet<QueueKey> = seats::queues(conn, home)?.into_iter().collect();
    let offering = published.iter().map(|place| place.queue);
    let mut queues = Vec::new();
    for queue in waited_for.into_iter().chain(offering).collect::<BTreeSet<_>>() {
        if !queue.territory.within(scope.territory) {
            continue;
        }
        let day = office.day(queue.territory, scope.at);
        let named = |g: &Group| {
            let named = |m: &MorePlaces| m.group == g.id && m.cohort == queue.cohort;
            holds(g, queue.cohort, day) || sent.scenarios.iter().flat_map(|s| &s.places).any(named)
        };
        let reaches = |territory: Kato| -> Result<bool, Problem> {
            let other = QueueKey { territory, ..queue };
            Ok(other == queue || (territory.within(scope.territory) && scope.spill(other)? == Some(queue)))
        };
        let mut further = Vec::new();
        for group in groups.values().filter(|g| g.kind == queue.kind && named(g)) {
            if let Some(&territory) = territories.get(&group.kindergarten)
                && reaches(territory)?
            {
                further.push(group.clone());
            }
        }
        let market = scope.market(conn, queue, &groups, &published, further)?;
        let own = |g: &Group| territories.get(&g.kindergarten) == Some(&queue.territory);
        let own = market.groups.iter().map(own).collect();
        let base = base_rule(&market.profile);
        queues.push(Queue { market, base, own, spills_to: scope.spill(queue)? });
    }
    queues.sort_by_key(|queue| queue.spills_to.is_none());
    Ok(queues)
}

/// Whether some children of a year of birth are of the group's age on a day.
fn holds(group: &Group, cohort: i32, day: NaiveDate) -> bool {
    let months = (day.year() - cohort) * 12 + day.month0() as i32;
    (months - 12..=months).any(|age| (group.age_from_months..group.age_to_months).contains(&age))
}

fn read<'a>(sent: &'a SimulationIn, (bound, today): (&Bound<'_>, NaiveDate)) -> Result<Vec<Read<'a>>, Problem> {
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
        read_changes(&mut faults, &format!("scenarios[{n}]"), scenario, (bound, today));
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
fn read_changes(faults: &mut FieldFaults, field: &str, scenario: &ScenarioIn, (bound, today): (&Bound<'_>, NaiveDate)) {
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
        if more.group.is_empty() == more.kindergarten.is_empty() {
            faults.add(&field, "wrong_target", "name a group or a kindergarten, one of the two");
        }
        let fits = if more.kindergarten.is_empty() { -PLACES_MAX..=PLACES_MAX } else { 1..=PLACES_MAX };
        if !fits.contains(&more.count) || more.count == 0 {
            let message = format!("{} to {}, and not 0", fits.start(), fits.end());
            faults.add(&format!("{field}.count"), "wrong_count", message);
        }
    }
}

/// A queue of the scope.
struct Queue {
    market: Market,
    /// The rule of the base run.
    base: Rule,
    /// By group: whether it is the queue's own; the others are of queues that spill to it.
    own: Vec<bool>,
    /// The queue of the scope that gets what this one leaves.
    spills_to: Option<QueueKey>,
}

impl Read<'_> {
    /// The scenario in one queue; the rule only where it is another than the profile's.
    fn of(&self, Queue { market, own, base, .. }: &Queue) -> Scenario {
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
            if more.kindergarten.is_empty() {
                let at = numbered().find(|(_, g)| g.id == more.group);
                places.extend(at.map(|(n, _)| PlaceChange::By(n, more.count)));
                continue;
            }
            let own: Vec<u32> =
                numbered().filter(|(_, g)| g.kindergarten == more.kindergarten).map(|(n, _)| n).collect();
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

/// The rule of a profile, turns counted from the beginning.
fn base_rule(profile: &Profile) -> Rule {
    match profile.round_rule.value {
        RoundRule::Program => Rule::Program,
        RoundRule::Queue => Rule::Queue { mix: profile.mix.value },
    }
}

/// The counts of a row: children, placed, better, worse, gained, lost.
pub(crate) fn cells(count: &Count) -> [Cell; 6] {
    [count.children, count.placed, count.better, count.worse, count.gained, count.lost].map(Cell::from)
}
