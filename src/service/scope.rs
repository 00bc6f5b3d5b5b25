//! What a round computes: the free places of a scope and the children whom the rules name for them.
//!
//! Every queue is served once. Queues whose places may spill come first; then those that take in what is left, each with
//! its own places and the spilled ones together, so that no child envies a place that went to somebody behind it. Nothing
//! here is kept: [`super::rounds`] and [`super::referrals`] do that.

mod ahead;
mod market;
mod special;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::live::seat;
use super::ordering;
use super::problem::{Kind, Problem};
use super::registry::Registry;
use super::rounds::RoundRow;
use crate::domain::application::age_months;
use crate::domain::codes::{Decision, PlaceStatus, Status, Turn};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Place, Reserved};
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Builder, Child, Instance, Rule, Special, solve_with};
use crate::engine::order::{QueueOrder, TurnState};
use crate::rules::profile::{Profile, RoundRule, Spill};
use crate::store::connection::AnyConnection;
use crate::store::seats::Seated;
use crate::store::{families, journal, kindergartens, places, queues, seats};

pub(crate) use market::Market;

/// What a round decides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The placed children, by pass, queue and position.
    pub(crate) rows: Vec<RoundRow>,
    /// Places that nobody in the scope can use.
    pub(crate) left: Vec<String>,
    /// One instance per queue, for the certificate.
    pub(crate) passes: Vec<Pass>,
}

/// The allocation of one queue: each is served in one pass of a round.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) queue: QueueKey,
    /// 2 where other queues were served first and their spilled places are among its groups, otherwise 1.
    pub(crate) pass: u8,
    /// The registry's groups, by their engine ids from 1.
    pub(crate) groups: Vec<Group>,
    /// How many entries took part.
    pub(crate) participants: usize,
    pub(crate) placed: usize,
    /// The instance of a full run.
    pub(crate) run: Option<Run>,
}

/// What a full run was made from.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) instance: Instance,
    /// What is reserved and asked for together, where anything is.
    pub(crate) special: Option<Special>,
    /// What ordered it: the merged order of the queue, or each group's own under `program`.
    pub(crate) rule: Rule,
}

/// What an allocation gave, before the places have their names.
pub(super) struct Served {
    /// Who got which of the offered groups, counted from 0; in each group the best first.
    pub(super) given: Vec<(Taker, usize)>,
    /// How many entries took part.
    pub(super) participants: usize,
    /// The instance of a full run.
    pub(super) run: Option<Run>,
}

/// Who gets a place.
pub(super) struct Taker {
    pub(super) number: String,
    /// Its tier, instant and ticket.
    pub(super) by_tier: (u8, DateTime<Utc>, u32),
    /// Its categories, of those for which places are kept.
    pub(super) categories: Vec<String>,
    /// The number in the merged order, all live entries counted.
    pub(super) position: u64,
    pub(super) preferences: Vec<String>,
}

/// The places of one group that a queue may use, by id.
#[derive(Clone, Debug)]
pub(super) struct Offered {
    pub(super) group: Group,
    pub(super) available_on: NaiveDate,
    pub(super) places: Vec<Free>,
}

/// A free place.
#[derive(Clone, Debug)]
pub(super) struct Free {
    pub(super) id: String,
    /// The queue that it was published for.
    pub(super) queue: QueueKey,
    /// For whom it is kept.
    pub(super) reserved: Option<Reserved>,
}

/// A queue with what it is offered in a round.
#[derive(Default)]
struct Turnout {
    /// Whether places of other queues are among them.
    spilled: bool,
    offered: Vec<Offered>,
}

/// What a round is computed from.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) territory: Kato,
    pub(crate) at: DateTime<Utc>,
    /// Applications that are passed over with a ground.
    pub(crate) without: &'a [String],
    /// The one queue that is asked for; all of the scope where missing. Those that spill to it are served as well and no
    /// others, so its rows are those of the whole round.
    pub(crate) only: Option<QueueKey>,
}

impl Scope<'_> {
    /// The round as it stands, from the standing rounds of its queues. For questions, and inside an act only before the act
    /// has changed a row.
    pub(crate) fn standing(&self, conn: &mut AnyConnection) -> Result<Outcome, Problem> {
        let head = journal::reach_of(conn, self.territory.home())?;
        let outcome = self.run(conn, Some(head))?;
        if self.registry.standing.is_compared() {
            let (told, full) = (outcome.told(), self.dry(conn)?.told());
            if told != full {
                return Err(internal(format!("the standing round is {told:?}, a full run {full:?}")));
            }
        }
        Ok(outcome)
    }

    /// Computes the round over what is published now in a full run, with the instances that certify it.
    pub(crate) fn dry(&self, conn: &mut AnyConnection) -> Result<Outcome, Problem> {
        self.run(conn, None)
    }

    fn run(&self, conn: &mut AnyConnection, head: Option<i64>) -> Result<Outcome, Problem> {
        let home = self.territory.home();
        let groups: HashMap<String, Group> =
            kindergartens::all_groups(conn, Some(home))?.into_iter().map(|g| (g.id.clone(), g)).collect();
        let mut free: BTreeMap<QueueKey, Vec<Offered>> = BTreeMap::new();
        for place in places::of_home(conn, home, PlaceStatus::Published)? {
            if place.queue.territory.within(self.territory) {
                offer(free.entry(place.queue).or_default(), &groups, place);
            }
        }
        let mut outcome = Outcome::default();
        let mut after: BTreeMap<QueueKey, Turnout> = BTreeMap::new();
        for (queue, offered) in free {
            let target = self.spill(queue)?.filter(|_| self.only != Some(queue));
            if self.only.is_some_and(|only| only != queue && Some(only) != target) {
                continue;
            }
            let Some(target) = target else {
                after.entry(queue).or_default().offered.extend(offered);
                continue;
            };
            for left in self.allocate(conn, &mut outcome, (queue, 1, head), offered)? {
                let turnout = after.entry(target).or_default();
                turnout.spilled = true;
                offer_again(&mut turnout.offered, left);
            }
        }
        for (queue, Turnout { spilled, offered }) in after {
            let left = self.allocate(conn, &mut outcome, (queue, 1 + u8::from(spilled), head), offered)?;
            outcome.left.extend(left.into_iter().flat_map(|o| o.places).map(|free| free.id));
        }
        outcome.left.sort_unstable();
        Ok(outcome)
    }

    fn profile(&self, queue: QueueKey) -> Result<&Profile, Problem> {
        ordering::profile(&self.registry.rules, queue, self.at)
    }

    /// The queue of this round that gets what `queue` cannot use.
    pub(crate) fn spill(&self, queue: QueueKey) -> Result<Option<QueueKey>, Problem> {
        let to_home = |Spill::Parent| QueueKey { territory: queue.territory.home(), ..queue };
        let target = self.profile(queue)?.spill.value.map(to_home);
        Ok(target.filter(|t| *t != queue && t.territory.within(self.territory)))
    }

    /// Allocates what a queue is offered, and gives what it could not use.
    fn allocate(
        &self,
        conn: &mut AnyConnection,
        outcome: &mut Outcome,
        (queue, pass, head): (QueueKey, u8, Option<i64>),
        mut offered: Vec<Offered>,
    ) -> Result<Vec<Offered>, Problem> {
        offered.sort_by(|a, b| group_order(&a.group.id).cmp(&group_order(&b.group.id)));
        let families = families::of_queue(conn, queue)?;
        // What stands is followed for children one by one; families and reserves are a run of their own.
        let plain = families.is_empty() && !offered.iter().any(Offered::keeps_places);
        let standing = match head.filter(|_| plain) {
            Some(head) => self.registry.standing.serve(self, conn, (queue, head), &offered)?,
            None => None,
        };
        let served = match standing {
            Some(served) => served,
            None => self.full(conn, (queue, head.filter(|_| !plain)), &offered, &families)?,
        };
        let profile = self.profile(queue)?;
        let mut takers: Vec<Vec<&Taker>> = vec![vec![]; offered.len()];
        for (taker, group) in &served.given {
            takers.get_mut(*group).into_iter().for_each(|takers| takers.push(taker));
        }
        let mut rows = Vec::with_capacity(served.given.len());
        for (takers, offer) in takers.into_iter().zip(&mut offered) {
            let places = offer.give(&takers, profile);
            rows.extend(takers.into_iter().zip(places).map(|(taker, place)| {
                let together = families.get(&taker.number).cloned();
                RoundRow { together, ..taker.row(queue, pass, place, &offer.group) }
            }));
        }
        rows.sort_by_key(|row| row.position);
        let placed = rows.len();
        outcome.rows.extend(rows);
        outcome.passes.push(Pass {
            queue,
            pass,
            groups: offered.iter().map(|o| o.group.clone()).collect(),
            participants: served.participants,
            placed,
            run: served.run,
        });
        offered.retain(|o| !o.places.is_empty());
        Ok(offered)
    }

    /// A full run over the entries of a queue.
    fn full(
        &self,
        conn: &mut AnyConnection,
        (queue, head): (QueueKey, Option<i64>),
        offered: &[Offered],
        families: &BTreeMap<String, String>,
    ) -> Result<Served, Problem> {
        let profile = self.profile(queue)?;
        let mut waiting = self.waiting(conn, (queue, head), profile, families)?;
        special::read_categories(conn, (queue, profile), &mut waiting, offered)?;
        let (rule, siblings) = match profile.round_rule.value {
            RoundRule::Queue => (Rule::QueueByTurn, HashMap::new()),
            RoundRule::Program => (Rule::Program, seats::siblings(conn, queue, None)?),
        };
        let instance = instance(&waiting, offered, rule, &siblings)?;
        let special = special::asked(&waiting, offered, families, profile);
        let allocation = solve_with(&instance, special.as_ref(), rule).map_err(internal)?;
        let by_ticket: HashMap<u32, &Waiting> = waiting.iter().map(|w| (w.seated.ticket, w)).collect();
        let mut given: Vec<(Taker, usize)> = allocation
            .rows(&instance)
            .filter_map(|(child, group)| {
                let group = usize::try_from(group?).ok()?.checked_sub(1)?;
                Some((by_ticket.get(&child)?.taker(), group))
            })
            .collect();
        special::best_first(&mut given, (rule, special.as_ref()), offered, &siblings);
        Ok(Served { given, participants: waiting.len(), run: Some(Run { instance, special, rule }) })
    }

    /// The entries of a queue that may be placed, in the merged order.
    fn waiting(
        &self,
        conn: &mut AnyConnection,
        (queue, head): (QueueKey, Option<i64>),
        profile: &Profile,
        families: &BTreeMap<String, String>,
    ) -> Result<Vec<Waiting>, Problem> {
        let today = self.registry.day(queue.territory, self.at);
        let mut waiting = self.live(conn, (queue, head), profile)?;
        let may = |s: &Seated| takes_part(profile, today, s) && !self.without.contains(&s.number);
        let held_back = special::held_back(waiting.iter().map(|w| &w.seated), families, may);
        waiting.retain(|w| {
            let whole = |family: &String| !held_back.contains(family);
            may(&w.seated) && families.get(&w.seated.number).is_none_or(whole)
        });
        Ok(waiting)
    }

    /// The live entries of a queue in the merged order: from memory where it stands at `head`, else from its rows.
    fn live(
        &self,
        conn: &mut AnyConnection,
        (queue, head): (QueueKey, Option<i64>),
        profile: &Profile,
    ) -> Result<Vec<Waiting>, Problem> {
        if let Some(head) = head
            && let Some(entries) = self.registry.standing.entries(self, conn, (queue, head))?
        {
            return Ok(entries.into_iter().map(Waiting::from).collect());
        }
        let seated = seats::of_queue(conn, queue)?;
        let positions = positions(conn, queue, profile, &seated)?;
        let placed = |s: Seated| positions.get(&s.ticket).map(|&position| Waiting::from((s, position)));
        let mut live: Vec<Waiting> = seated.into_iter().filter_map(placed).collect();
        live.sort_by_key(|w| w.position);
        Ok(live)
    }
}

/// An entry that may be placed, with its number in the merged order.
struct Waiting {
    seated: Seated,
    position: u64,
    /// Of those for which places are kept, where they were read.
    categories: Vec<String>,
}

impl From<(Seated, u64)> for Waiting {
    fn from((seated, position): (Seated, u64)) -> Self {
        Waiting { seated, position, categories: Vec::new() }
    }
}

impl Waiting {
    fn taker(&self) -> Taker {
        Taker { categories: self.categories.clone(), ..Taker::of(&self.seated, self.position) }
    }
}

impl Taker {
    /// An entry that gets a place, no categories known.
    pub(super) fn of(seated: &Seated, position: u64) -> Self {
        Taker {
            number: seated.number.clone(),
            by_tier: (seated.tier, seated.applied_at, seated.ticket),
            categories: Vec::new(),
            position,
            preferences: seated.preferences.clone(),
        }
    }

    fn row(&self, queue: QueueKey, pass: u8, place: Free, group: &Group) -> RoundRow {
        RoundRow {
            queue,
            pass,
            position: self.position,
            application: self.number.clone(),
            place: place.id,
            spilled_from: Some(place.queue).filter(|from| *from != queue),
            group: group.id.clone(),
            kindergarten: group.kindergarten.clone(),
            reserved_for: place.reserved.map(|reserved| reserved.whom),
            together: None,
            preference: self.preferences.iter().position(|p| *p == group.kindergarten).map(|n| n + 1),
        }
    }
}

impl Outcome {
    /// All that is answered of a round, for a comparison.
    fn told(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let pass = |p: &Pass| (p.queue, p.pass, p.participants, p.placed, p.groups.clone());
        (self.rows.clone(), self.left.clone(), self.passes.iter().map(pass).collect::<Vec<_>>())
    }
}

/// Whether an entry may be given a place today.
pub(super) fn takes_part(profile: &Profile, today: NaiveDate, seated: &Seated) -> bool {
    seated.status == Status::InQueue
        && seated.decision == Decision::Accepted
        && !profile.too_young(seated.birth_on, today)
        && !profile.too_old(seated.birth_on, today)
}

/// The groups that suit a child, most wanted first, as engine ids.
pub(super) fn choices(seated: &Seated, offered: &[Offered]) -> Vec<u32> {
    let suits = |o: &&(u32, &Offered)| o.1.group.suits(age_months(seated.birth_on, o.1.available_on), seated.language);
    let numbered: Vec<(u32, &Offered)> = (1..).zip(offered).collect();
    if seated.preferences.is_empty() {
        return numbered.iter().filter(suits).map(|(id, _)| *id).collect();
    }
    seated
        .preferences
        .iter()
        .flat_map(|wanted| {
            numbered.iter().filter(move |(_, o)| o.group.kindergarten == *wanted).filter(suits).map(|(id, _)| *id)
        })
        .collect()
}

/// The number of every live entry in the merged order, by ticket.
fn positions(
    conn: &mut AnyConnection,
    queue: QueueKey,
    profile: &Profile,
    seated: &[Seated],
) -> Result<HashMap<u32, u64>, Problem> {
    let rows = seated.iter().filter_map(|s| {
        let state = match s.turn {
            Turn::Live => TurnState::Live,
            Turn::Spent => TurnState::Spent,
            Turn::Dropped | Turn::None => return None,
        };
        Some((seat(s), state, [0u32; 0]))
    });
    let counters = queues::counters(conn, queue)?;
    let order = QueueOrder::build(profile.mix.value, counters, rows).map_err(internal)?;
    Ok(order.in_order().map(|p| (p.seat.ticket, p.position)).collect())
}

/// Groups by ascending id: numbers by value, other ids as text after them.
pub(super) fn group_order(id: &str) -> (u64, &str) {
    (id.parse().unwrap_or(u64::MAX), id)
}

fn offer(offered: &mut Vec<Offered>, groups: &HashMap<String, Group>, place: Place) {
    let Some(group) = groups.get(&place.group) else { return };
    let free = Free { id: place.id, queue: place.queue, reserved: place.reserved };
    offer_again(offered, Offered { group: group.clone(), available_on: place.available_on, places: vec![free] });
}

/// Offers places, beside those of the same group.
fn offer_again(offered: &mut Vec<Offered>, further: Offered) {
    match offered.iter_mut().find(|o| o.group.id == further.group.id) {
        Some(known) => {
            known.available_on = known.available_on.min(further.available_on);
            known.places.extend(further.places);
        }
        None => offered.push(further),
    }
}

fn instance(
    waiting: &[Waiting],
    offered: &[Offered],
    rule: Rule,
    siblings: &HashMap<String, Vec<String>>,
) -> Result<Instance, Problem> {
    let mut builder: Builder = Instance::builder();
    let by_turn = rule == Rule::QueueByTurn;
    if by_turn {
        builder.given_turns();
    }
    let sizes = (1..).zip(offered).map(|(id, o)| (id, u32::try_from(o.places.len()).unwrap_or(u32::MAX)));
    builder.groups(sizes).map_err(internal)?;
    for child in waiting {
        let choices = choices(&child.seated, offered);
        let there = siblings.get(&child.seated.number).map_or(&[][..], Vec::as_slice);
        let with_sibling: Vec<u32> =
            (1..).zip(offered).filter(|(_, o)| there.contains(&o.group.kindergarten)).map(|(id, _)| id).collect();
        builder
            .child(Child {
                id: child.seated.ticket,
                tier: child.seated.tier,
                applied_at: child.seated.applied_at.timestamp_micros(),
                turn: by_turn.then(|| i64::try_from(child.position).unwrap_or(i64::MAX)),
                siblings: &with_sibling,
                choices: &choices,
                any: false,
            })
            .map_err(internal)?;
    }
    builder.build().map_err(internal)
}

/// A fault of the registry's own: the round is not computed, nothing is changed.
pub(crate) fn internal(fault: impl std::fmt::Display) -> Problem {
    tracing::error!(%fault, "a round could not be computed");
    Problem::new(Kind::Internal, "internal", "the round could not be computed; nothing was changed, tell the operator")
}
