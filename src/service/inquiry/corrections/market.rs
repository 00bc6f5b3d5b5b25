//! A queue of a corrected round: what the round published of it and, where its files do not tell, what the journal does.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::committed::CommittedPass;
use crate::domain::application::age_months;
use crate::domain::codes::{Decision, Language};
use crate::domain::kindergarten::Group;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Rule, Whom};
use crate::exchange::instance::{GroupFacts, WrittenChild, WrittenGroup};
use crate::rules::profile::{Profile, RoundRule};
use crate::service::journal::past::{self, Replay};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::service::rounds::compute::offer::{group_order, takes_part};
use crate::service::rounds::fault::internal;
use crate::store::connection::AnyConnection;
use crate::store::openings;
use crate::store::rounds::Round;
use crate::store::seats::{self, Seated};
use crate::trust::act::ChildAct;

/// Records read at once.
const BATCH: i64 = 50;

/// A queue as a corrected round serves it.
pub(super) struct Market {
    /// As the round published it, with what was corrected since it was read.
    pub(super) pass: CommittedPass,
    /// Whether anything is other than it was.
    pub(super) changed: bool,
    /// The queue at the round's moment, once it is asked for.
    pub(super) past: Option<Past>,
}

/// A queue at the moment of a round.
pub(super) struct Past {
    pub(super) replay: Replay,
    /// The entries by ticket, as they stood: wishes, tier and status of that moment.
    pub(super) rows: HashMap<u32, Seated>,
}

impl Past {
    fn read(office: &Office, conn: &mut AnyConnection, round: &Round, queue: QueueKey) -> Result<Self, Problem> {
        let replay = match past::replayed_to_round(&office.rules, conn, queue, round) {
            // Nobody had stood in it.
            Err(problem) if problem.kind == Kind::NotFound => {
                return Ok(Past { replay: Replay::new(queue), rows: HashMap::new() });
            }
            replayed => replayed?,
        };
        let stood = replay.stood();
        let later = accepted_after(conn, queue, replay.reached)?;
        let numbers: Vec<String> = stood.keys().cloned().collect();
        let mut rows = HashMap::with_capacity(numbers.len());
        for row in seats::of_applications(conn, &numbers)? {
            let Some(then) = stood.get(&row.number) else { continue };
            let decision = if later.contains(&row.number) { Decision::Pending } else { row.decision };
            let (preferences, status, tier, stream) =
                (then.choices.clone(), then.status, then.seat.tier, then.seat.stream);
            rows.insert(row.ticket, Seated { preferences, status, tier, stream, decision, queue, ..row });
        }
        Ok(Past { replay, rows })
    }
}

/// The applications that were accepted after a record: before it they were not.
fn accepted_after(conn: &mut AnyConnection, queue: QueueKey, seq: i64) -> Result<BTreeSet<String>, Problem> {
    let mut found = BTreeSet::new();
    let mut seq = seq;
    loop {
        let records = openings::after(conn, queue.home(), seq, BATCH)?;
        let Some(last) = records.last() else { return Ok(found) };
        seq = last.record.seq;
        for opening in records.iter().flat_map(|opened| &opened.openings) {
            let act = opening.read().and_then(|opened| opened.child_act()).map_err(internal)?;
            found.extend(act.and_then(accepted));
        }
    }
}

/// The application that an act accepted, if it did.
fn accepted(act: ChildAct) -> Option<String> {
    let (application, decision) = match act {
        ChildAct::Decide(told) => (Some(told.application), Some(told.decision)),
        ChildAct::CaseStep(told) => (told.application, told.decision),
        _ => return None,
    };
    application.filter(|_| decision == Some(Decision::Accepted))
}

impl Market {
    /// A queue of the round.
    pub(super) fn of(pass: CommittedPass) -> Self {
        Market { pass, changed: false, past: None }
    }

    /// A queue that was offered nothing in the round: those who would have taken part, by the journal.
    pub(super) fn without_places(
        office: &Office,
        conn: &mut AnyConnection,
        round: &Round,
        queue: QueueKey,
        profile: &Profile,
        number: u8,
    ) -> Result<Self, Problem> {
        let rule = match profile.round_rule.value {
            RoundRule::Program => Rule::Program,
            RoundRule::Queue => Rule::QueueByTurn,
        };
        let past = Past::read(office, conn, round, queue)?;
        let day = office.day(queue.territory, round.held_at);
        let turns = past.replay.turns();
        let mut children: Vec<WrittenChild> = past
            .rows
            .values()
            .filter(|seated| takes_part(profile, day, seated))
            .map(|seated| written(seated, rule, &turns))
            .collect();
        children.sort_unstable_by_key(|child| child.turn.unwrap_or_else(|| i64::from(child.id)));
        let pass = CommittedPass {
            name: format!("{queue}-pass{number}"),
            queue,
            rule,
            groups: Vec::new(),
            children,
            allocation: Vec::new(),
            registry_groups: Default::default(),
        };
        Ok(Market { pass, changed: false, past: Some(past) })
    }

    /// Reads the queue of the round's moment, if that was not done.
    pub(super) fn remember(
        &mut self,
        office: &Office,
        conn: &mut AnyConnection,
        round: &Round,
    ) -> Result<&mut Past, Problem> {
        let past = match self.past.take() {
            Some(past) => past,
            None => Past::read(office, conn, round, self.pass.queue)?,
        };
        Ok(self.past.insert(past))
    }

    /// The id that a group of the registry has in the files.
    pub(super) fn id_of(&self, group: &str) -> Option<u32> {
        self.pass.registry_groups.iter().find(|(_, known)| *known == group).map(|(id, _)| *id)
    }

    /// The places of a group.
    pub(super) fn places_of(&mut self, group: &str) -> Option<&mut u32> {
        let id = self.id_of(group)?;
        self.pass.groups.iter_mut().find(|known| known.id == id).map(|known| &mut known.places)
    }

    /// How many places each group has left after an allocation.
    pub(super) fn left(&self, allocation: &[(u32, u32)]) -> HashMap<u32, u32> {
        let mut left: HashMap<u32, u32> = self.pass.groups.iter().map(|g| (g.id, g.places)).collect();
        for (_, group) in allocation {
            if let Some(places) = left.get_mut(group) {
                *places = places.saturating_sub(1);
            }
        }
        left
    }

    /// Adds a group, and to each child's list where it suits the child. Gives the children whose wishes of that moment are
    /// not those of the files: their lists stay as they are.
    pub(super) fn add_group(&mut self, group: &str, facts: GroupFacts, on: NaiveDate, places: u32) -> Vec<String> {
        let id = 1 + self.pass.groups.iter().map(|g| g.id).max().unwrap_or_default();
        self.pass.groups.push(WrittenGroup { id, places, facts, reserves: Vec::new() });
        self.pass.registry_groups.insert(id, group.to_owned());
        self.changed = true;
        let mut not_known = Vec::new();
        for at in 0..self.pass.children.len() {
            let Some((ticket, mut list)) = self.pass.children.get(at).map(|c| (c.id, c.choices.clone())) else {
                continue;
            };
            let Some(seated) = self.past.as_ref().and_then(|past| past.rows.get(&ticket)) else { continue };
            match self.with_choice(seated, &mut list, id, on) {
                true => {
                    if let Some(child) = self.pass.children.get_mut(at) {
                        child.choices = list;
                    }
                }
                false => not_known.push(seated.number.clone()),
            }
        }
        not_known
    }

    /// Puts a group where it belongs in a child's list, if it suits. False where the list is not the child's wishes.
    fn with_choice(&self, seated: &Seated, list: &mut Vec<u32>, id: u32, on: NaiveDate) -> bool {
        let wish = |id: u32| {
            let facts = &self.pass.groups.iter().find(|g| g.id == id)?.facts;
            let at = seated.preferences.iter().position(|wanted| facts.kindergarten.as_ref() == Some(wanted));
            let at = if seated.preferences.is_empty() { Some(0) } else { at };
            Some((at?, group_order(self.pass.registry_groups.get(&id)?)))
        };
        let before: Option<Vec<_>> = list.iter().map(|&id| wish(id)).collect();
        let Some(before) = before.filter(|wishes| wishes.is_sorted()) else { return false };
        let facts = self.pass.groups.iter().find(|g| g.id == id).map(|g| &g.facts);
        if let Some(wish) = wish(id)
            && facts.is_some_and(|facts| suits(facts, seated, on))
        {
            list.insert(before.partition_point(|other| *other < wish), id);
        }
        true
    }

    /// Adds a child that did not take part, with the groups that suit it; `day` tells the first day of each group's places.
    pub(super) fn add_child(&mut self, ticket: u32, day: impl Fn(&str) -> NaiveDate) -> bool {
        let Some(past) = &self.past else { return false };
        let Some(seated) = past.rows.get(&ticket) else { return false };
        let mut child = written(seated, self.pass.rule, &past.replay.turns());
        for (&id, group) in &self.pass.registry_groups {
            self.with_choice(seated, &mut child.choices, id, day(group));
        }
        self.pass.children.push(child);
        self.changed = true;
        true
    }
}

impl Market {
    /// Whether some group keeps places for a category.
    pub(super) fn reserves_by_category(&self) -> bool {
        let reserves = self.pass.groups.iter().flat_map(|group| &group.reserves);
        reserves.into_iter().any(|reserve| matches!(reserve.whom, Whom::Category(_)))
    }

    /// Says which categories a child has.
    pub(super) fn set_categories(&mut self, ticket: u32, categories: Vec<String>) {
        if let Some(child) = self.pass.children.iter_mut().find(|child| child.id == ticket) {
            child.categories = categories;
        }
    }
}

fn written(seated: &Seated, rule: Rule, turns: &HashMap<u32, i64>) -> WrittenChild {
    WrittenChild {
        id: seated.ticket,
        tier: seated.tier,
        applied_at: seated.applied_at.timestamp_micros(),
        turn: (rule == Rule::QueueByTurn).then(|| turns.get(&seated.ticket).copied().unwrap_or(i64::MAX)),
        ..WrittenChild::default()
    }
}

fn suits(facts: &GroupFacts, seated: &Seated, on: NaiveDate) -> bool {
    let age = age_months(seated.birth_on, on);
    let language = facts.language.as_deref().and_then(|language| language.parse::<Language>().ok());
    (facts.age_from_months..facts.age_to_months).contains(&age)
        && language.is_some_and(|language| language == seated.language || language == Language::Mixed)
}

/// What a file of the round says of a group.
pub(super) fn facts_of(group: &Group, queue: QueueKey) -> GroupFacts {
    GroupFacts {
        kindergarten: Some(group.kindergarten.clone()),
        territory: Some(queue.territory.to_string()),
        language: Some(group.language.code().to_owned()),
        kind: Some(group.kind.code().to_owned()),
        age_from_months: group.age_from_months,
        age_to_months: group.age_to_months,
    }
}
