//! What a correction asks, held against the round and the queues of its moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::committed::Committed;
use super::input::{CorrectedApplication, CorrectedPlaces, CorrectionIn, PLACES_MAX, once};
use super::market::{Market, facts_of};
use crate::domain::codes::{CorrectionGround, ProofStatus, Status};
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::engine::allocation::Rule;
use crate::engine::order::{Change, Seat};
use crate::exchange::instance::GroupFacts;
use crate::rules::profile::Profile;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::Office;
use crate::service::rounds::compute::scope::Scope;
use crate::service::rounds::fault::internal;
use crate::service::rounds::held;
use crate::store::connection::AnyConnection;
use crate::store::rounds::{Round, RoundFile};
use crate::store::{applications, kindergartens, places};

/// A fault of one part of what was sent: the part, a stable code, what to do next.
type Fault = (&'static str, &'static str, String);

/// The queues of a round, to be served again as they should have been.
pub(super) struct Rerun<'a> {
    pub(super) office: &'a Office,
    pub(super) round: &'a Round,
    pub(super) scope: Scope<'a>,
    /// Groups have their own places only, without what spilled to them.
    pub(super) markets: BTreeMap<QueueKey, Market>,
    /// By queue and the registry's group: the places that spilled to it in the round.
    pub(super) spilled: HashMap<(QueueKey, String), u32>,
    /// By year of birth and group: the first day of its places.
    first_days: HashMap<(i32, String), NaiveDate>,
    /// What the registry does not know of the past.
    pub(super) not_known: Vec<Value>,
}

impl<'a> Rerun<'a> {
    /// Reads a round back.
    pub(super) fn read(
        office: &'a Office,
        conn: &mut AnyConnection,
        round: &'a Round,
        files: &[RoundFile],
    ) -> Result<Self, Problem> {
        let passes = Committed::read(round, files)?.passes;
        let scope = Scope { office, territory: round.territory, at: round.held_at, without: &[], only: None };
        let mut markets: BTreeMap<QueueKey, Market> = passes.into_iter().map(|p| (p.queue, Market::of(p))).collect();
        let mut spilled: HashMap<(QueueKey, String), u32> = HashMap::new();
        for (queue, market) in &markets {
            let Some(target) = scope.spill(*queue)? else { continue };
            for (id, left) in market.left(&market.pass.allocation) {
                let Some(group) = market.pass.registry_groups.get(&id).filter(|_| left > 0) else { continue };
                *spilled.entry((target, group.clone())).or_default() += left;
            }
        }
        for ((queue, group), places) in &spilled {
            if let Some(all) = markets.get_mut(queue).and_then(|market| market.places_of(group)) {
                *all = all.saturating_sub(*places);
            }
        }
        let first_days = first_days(conn, round)?;
        // Their lists in the files are what they asked last; what else they would have asked is not tried again.
        let told = held::read_summary(&round.summary)?.families;
        let not_known =
            told.iter().map(|family| json!({"what": "family_asks_as_in_round", "together": family.together}));
        let not_known = not_known.collect();
        Ok(Rerun { office, round, scope, markets, spilled, first_days, not_known })
    }

    /// Takes what is sent into the queues, and gives evidence and ground.
    pub(super) fn take(
        &mut self,
        conn: &mut AnyConnection,
        sent: &CorrectionIn,
    ) -> Result<(String, CorrectionGround), Problem> {
        let mut faults = FieldFaults::default();
        let ground = faults.take("ground", "ground_not_listed", sent.ground.parse::<CorrectionGround>());
        let evidence = faults.text("evidence", &sent.evidence, 2_000);
        if sent.places.is_empty() && sent.applications.is_empty() {
            faults.add("places", "nothing_corrected", "say which groups or applications should have had what");
        }
        once(&mut faults, "applications", sent.applications.iter().map(|a| a.application.as_str()));
        let mut met = BTreeSet::new();
        for (n, places) in sent.places.iter().enumerate() {
            let field = format!("places[{n}]");
            if places.count > PLACES_MAX {
                faults.add(&format!("{field}.count"), "wrong_count", format!("write at most {PLACES_MAX}"));
            }
            match self.queue_of(conn, places)? {
                Err((part, code, message)) => faults.add(&format!("{field}.{part}"), code, message),
                Ok(queue) if !met.insert((queue, places.group.clone())) => {
                    faults.add(&field, "repeated", "this group is corrected twice; say once what is right");
                }
                Ok(queue) => self.set_places(conn, queue, places)?,
            }
        }
        for (n, sent) in sent.applications.iter().enumerate() {
            if let Err((part, code, message)) = self.set_child(conn, sent)? {
                faults.add(&format!("applications[{n}].{part}"), code, message);
            }
        }
        faults.check()?;
        match (evidence, ground) {
            (Some(evidence), Some(ground)) => Ok((evidence, ground)),
            _ => Err(internal("a correction without faults has no ground")),
        }
    }

    /// The queue whose own places these are.
    fn queue_of(&self, conn: &mut AnyConnection, sent: &CorrectedPlaces) -> Result<Result<QueueKey, Fault>, Problem> {
        let fits = |queue: &QueueKey| sent.cohort.is_none_or(|cohort| cohort == queue.cohort);
        let holds = |m: &&Market| m.id_of(&sent.group).is_some() && fits(&m.pass.queue);
        let holders: Vec<QueueKey> = self.markets.values().filter(holds).map(|m| m.pass.queue).collect();
        let mut own = holders.clone();
        for queue in &holders {
            // Where the group stands in the queue that it has spilled from, it does not belong to the one that took it in.
            if let Some(target) = self.scope.spill(*queue)? {
                own.retain(|other| *other != target);
            }
        }
        let no_year =
            ("cohort", "missing", "the places may be for more than one queue; name the year of birth".to_owned());
        match own.as_slice() {
            [one] => return Ok(Ok(*one)),
            [] => {}
            _ => return Ok(Err(no_year)),
        }
        let plain = sent.group.len() <= 64 && !sent.group.chars().any(char::is_control);
        let group = if plain { kindergartens::find_group(conn, &sent.group)? } else { None };
        let kindergarten = match &group {
            Some(group) => kindergartens::find(conn, &group.kindergarten)?,
            None => None,
        };
        let within = kindergarten.filter(|k| k.queue_territory.within(self.round.territory));
        let (Some(group), Some(kindergarten)) = (group, within) else {
            let message = "the round did not cover this group; name one of a kindergarten in its territory".to_owned();
            return Ok(Err(("group", "not_in_round", message)));
        };
        let years: BTreeSet<i32> = self.markets.keys().map(|queue| queue.cohort).collect();
        let only = years.first().filter(|_| years.len() == 1);
        let Some(cohort) = sent.cohort.or(only.copied()) else { return Ok(Err(no_year)) };
        let year = self.round.held_at.year();
        if !(year - 8..=year).contains(&cohort) {
            let message = "the cohort is the children's year of birth, such as 2022".to_owned();
            return Ok(Err(("cohort", "wrong_cohort", message)));
        }
        Ok(Ok(QueueKey { territory: kindergarten.queue_territory, cohort, kind: group.kind }))
    }

    fn set_places(&mut self, conn: &mut AnyConnection, queue: QueueKey, sent: &CorrectedPlaces) -> Result<(), Problem> {
        self.ensure(conn, queue)?;
        let Some(market) = self.markets.get_mut(&queue) else { return Ok(()) };
        if let Some(places) = market.places_of(&sent.group) {
            *places = sent.count;
            market.changed = true;
            return Ok(());
        }
        let Some(group) = kindergartens::find_group(conn, &sent.group)? else { return Ok(()) };
        let day = self.office.day(queue.territory, self.round.held_at);
        let key = (queue.cohort, sent.group.clone());
        if let Some(on) = sent.available_on {
            self.first_days.insert(key.clone(), on);
        }
        let on = *self.first_days.entry(key).or_insert(day);
        self.not_known.push(json!({"what": "group_as_today", "group": sent.group}));
        if sent.available_on.is_none() {
            self.not_known
                .push(json!({"what": "first_day_assumed", "group": sent.group, "available_on": on.to_string()}));
        }
        self.add_group(conn, queue, &sent.group, facts_of(&group, queue), sent.count)
    }

    /// Adds a group to a queue that was not offered it in the round.
    pub(super) fn add_group(
        &mut self,
        conn: &mut AnyConnection,
        queue: QueueKey,
        group: &str,
        facts: GroupFacts,
        count: u32,
    ) -> Result<(), Problem> {
        let on = self.first_day(queue, group);
        let Some(market) = self.markets.get_mut(&queue) else { return Ok(()) };
        market.remember(self.office, conn, self.round)?;
        let unsure = market.add_group(group, facts, on, count);
        if market.pass.rule == Rule::Program {
            self.not_known.push(json!({"what": "siblings_not_known", "group": group}));
        }
        self.not_known
            .extend(unsure.iter().map(|n| json!({"what": "wishes_not_known", "application": n, "group": group})));
        Ok(())
    }

    fn first_day(&self, queue: QueueKey, group: &str) -> NaiveDate {
        let day = || self.office.day(queue.territory, self.round.held_at);
        self.first_days.get(&(queue.cohort, group.to_owned())).copied().unwrap_or_else(day)
    }

    /// Makes sure that a queue of the territory is there, also where the round offered it nothing.
    pub(super) fn ensure(&mut self, conn: &mut AnyConnection, queue: QueueKey) -> Result<(), Problem> {
        if !self.markets.contains_key(&queue) {
            let profile = self.profile(queue)?;
            let number = 1 + u8::from(queue.territory == self.round.home);
            let market = Market::without_places(self.office, conn, self.round, queue, profile, number)?;
            self.markets.insert(queue, market);
        }
        Ok(())
    }

    fn profile(&self, queue: QueueKey) -> Result<&'a Profile, Problem> {
        ordering::profile(&self.office.rules, queue, self.round.held_at)
    }

    fn set_child(
        &mut self,
        conn: &mut AnyConnection,
        sent: &CorrectedApplication,
    ) -> Result<Result<(), Fault>, Problem> {
        let number = &sent.application;
        let known = Number::parse(number, Numbered::Application).filter(|n| n.home == self.round.home);
        let found = match known {
            Some(_) => applications::find(conn, number)?,
            None => None,
        };
        let not_in_round = || ("application", "not_in_round", format!("{number} did not wait in a queue of the round"));
        let Some(application) = found else { return Ok(Err(not_in_round())) };
        let ticket = application.ticket;
        let took_part = self.markets.values().find(|m| m.pass.children.iter().any(|c| c.id == ticket));
        let (queue, took_part) = took_part.map_or((application.queue, false), |market| (market.pass.queue, true));
        if !took_part && (!queue.territory.within(self.round.territory) || !sent.takes_part) {
            return Ok(Err(not_in_round()));
        }
        self.ensure(conn, queue)?;
        let profile = self.profile(queue)?;
        let Some(market) = self.markets.get_mut(&queue) else { return Ok(Err(not_in_round())) };
        if let Some(fault) = fault_of(sent, profile, market.pass.rule, took_part) {
            return Ok(Err(fault));
        }
        if !took_part || sent.tier.is_some() {
            let past = market.remember(self.office, conn, self.round)?;
            let Some(seated) = past.rows.get(&ticket).filter(|s| s.status == Status::InQueue) else {
                return Ok(Err(not_in_round()));
            };
            if let Some(tier) = sent.tier.filter(|tier| *tier != seated.tier) {
                let (seat, choices) = past.replay.seat(number).ok_or_else(|| internal("a participant has no seat"))?;
                let right = Seat { tier, stream: profile.stream_of(tier), ..seat };
                let moved = [Change::Leave(seat, &choices), Change::Join(right, &choices)];
                past.replay.order.apply(&moved).map_err(internal)?;
            }
        }
        if !took_part {
            let days = &self.first_days;
            let today = self.office.day(queue.territory, self.round.held_at);
            market.add_child(ticket, |group| days.get(&(queue.cohort, group.to_owned())).copied().unwrap_or(today));
            if market.reserves_by_category() {
                let claims = applications::claims(conn, self.office.store.vault(), number)?;
                let counts = claims.into_iter().filter(|claim| claim.status != ProofStatus::Rejected);
                market.set_categories(ticket, counts.map(|claim| claim.code).collect());
                self.not_known.push(json!({"what": "categories_as_today", "application": number}));
            }
            if market.pass.rule == Rule::Program {
                self.not_known.push(json!({"what": "siblings_not_known", "application": number}));
            }
        }
        put(market, ticket, sent);
        Ok(Ok(()))
    }
}

fn fault_of(sent: &CorrectedApplication, profile: &Profile, rule: Rule, took_part: bool) -> Option<Fault> {
    if let Some(tier) = sent.tier.filter(|tier| profile.tier(*tier).is_none()) {
        let tiers: Vec<String> = profile.tiers.iter().map(|t| t.number.to_string()).collect();
        let message = format!("profile {} has no tier {tier}; use one of: {}", profile.code, tiers.join(", "));
        return Some(("tier", "unknown_tier", message));
    }
    if sent.turn.is_some() && (rule == Rule::Program || sent.tier.is_some()) {
        let message = "a turn is corrected where the queue's order decides, and instead of the tier".to_owned();
        return Some(("turn", "wrong_turn", message));
    }
    if took_part && sent.tier.is_none() && sent.turn.is_none() && sent.takes_part {
        let message = "say its tier or its turn, or that it should not have taken part".to_owned();
        return Some(("application", "nothing_corrected", message));
    }
    None
}

/// Gives a child what it should have had. Another tier moves the turns of others too.
fn put(market: &mut Market, ticket: u32, sent: &CorrectedApplication) {
    market.changed = true;
    let turns = match &market.past {
        Some(past) if sent.tier.is_some() && market.pass.rule == Rule::QueueByTurn => past.replay.turns(),
        _ => HashMap::new(),
    };
    for child in &mut market.pass.children {
        child.turn = turns.get(&child.id).copied().or(child.turn);
        if child.id == ticket {
            child.tier = sent.tier.unwrap_or(child.tier);
            child.turn = sent.turn.or(child.turn);
            if !sent.takes_part {
                child.choices.clear();
                child.any = false;
            }
        }
    }
}

/// The first day of the places of a round, by year of birth and group.
fn first_days(conn: &mut AnyConnection, round: &Round) -> Result<HashMap<(i32, String), NaiveDate>, Problem> {
    let body: Value = serde_json::from_str(&round.body).map_err(internal)?;
    let list = |field: &str| body.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let given = list("allocation").iter().filter_map(|row| row.get("place").and_then(text)).collect::<Vec<_>>();
    let all: Vec<String> = list("places_left").iter().filter_map(text).chain(given).collect();
    let mut days: HashMap<(i32, String), NaiveDate> = HashMap::new();
    for place in places::of_ids(conn, &all)? {
        let day = days.entry((place.queue.cohort, place.group)).or_insert(place.available_on);
        *day = place.available_on.min(*day);
    }
    Ok(days)
}
