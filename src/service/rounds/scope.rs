//! What a round computes: the free places of a scope and the children whom the rules name for them.
//!
//! Every queue is served once. Queues whose places may spill come first; then those that take in what is left, each with
//! its own places and the spilled ones together, so that no child envies a place that went to somebody behind it. Nothing
//! here is kept: [`super::hold`] and [`crate::service::referrals::issuing`] do that.

mod across;
mod ahead;
mod market;
mod serve;
mod special;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::memory::StandingRounds;
use crate::domain::application::age_months;
use crate::domain::codes::{Decision, PlaceStatus, Status, Turn};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Place, Reserved};
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Instance, Rule, Special};
use crate::engine::order::{QueueOrder, TurnState};
use crate::rules::profile::{Profile, Spill};
use crate::service::journal::index::seat;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::service::referrals::row::RoundRow;
use crate::store::connection::AnyConnection;
use crate::store::seats::Seated;
use crate::store::{families, journal, kindergartens, places, queues};
use across::Across;
pub use across::FamilyTold;
pub(crate) use market::Market;
use serve::Call;

/// What a round decides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The placed children, by pass, queue and position.
    pub(crate) rows: Vec<RoundRow>,
    /// Places that nobody in the scope can use.
    pub(crate) left: Vec<String>,
    /// One instance per queue, for the certificate.
    pub(crate) passes: Vec<Pass>,
    /// What came of families over several queues.
    pub(crate) families: Vec<FamilyTold>,
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
pub(crate) struct Served {
    /// Who got which of the offered groups, counted from 0; in each group the best first.
    pub(crate) given: Vec<(Taker, usize)>,
    /// How many entries took part.
    pub(crate) participants: usize,
    /// The instance of a full run.
    pub(crate) run: Option<Run>,
}

/// Who gets a place.
pub(crate) struct Taker {
    pub(crate) number: String,
    /// Its tier, instant and ticket.
    pub(crate) by_tier: (u8, DateTime<Utc>, u32),
    /// Its categories, of those for which places are kept.
    pub(crate) categories: Vec<String>,
    /// The number in the merged order, all live entries counted.
    pub(crate) position: u64,
    pub(crate) preferences: Vec<String>,
}

/// The places of one group that a queue may use, by id.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) group: Group,
    pub(crate) available_on: NaiveDate,
    pub(crate) places: Vec<Free>,
}

/// A free place.
#[derive(Clone, Debug)]
pub(crate) struct Free {
    pub(crate) id: String,
    /// The queue that it was published for.
    pub(crate) queue: QueueKey,
    /// For whom it is kept.
    pub(crate) reserved: Option<Reserved>,
}

/// A queue with what it is offered in a round.
#[derive(Default)]
struct Turnout {
    /// Whether places of other queues are among them.
    spilled: bool,
    offered: Vec<Offered>,
}

/// The rounds that the process remembers, asked as of a head of the home's chain.
#[derive(Clone, Copy)]
pub(crate) struct Remembered<'m> {
    pub(crate) rounds: &'m StandingRounds,
    pub(crate) head: i64,
}

/// What a round is computed from.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) office: &'a Office,
    pub(crate) territory: Kato,
    pub(crate) at: DateTime<Utc>,
    /// Applications that are passed over with a ground.
    pub(crate) without: &'a [String],
    /// The one queue that is asked for; all of the scope where missing. Those that spill to it, and those that families tie to
    /// it, are served as well and no others, so its rows are those of the whole round.
    pub(crate) only: Option<QueueKey>,
}

impl Scope<'_> {
    /// The round as it stands, from the standing rounds of its queues. For questions, and inside an act only before the act
    /// has changed a row.
    pub(crate) fn standing(&self, conn: &mut AnyConnection, rounds: &StandingRounds) -> Result<Outcome, Problem> {
        let head = journal::reach_of(conn, self.territory.home())?;
        let outcome = self.run(conn, Some(Remembered { rounds, head }))?;
        if rounds.is_compared() {
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

    fn run(&self, conn: &mut AnyConnection, remembered: Option<Remembered<'_>>) -> Result<Outcome, Problem> {
        let home = self.territory.home();
        let groups: HashMap<String, Group> =
            kindergartens::all_groups(conn, Some(home))?.into_iter().map(|g| (g.id.clone(), g)).collect();
        let mut free: BTreeMap<QueueKey, Vec<Offered>> = BTreeMap::new();
        for place in places::of_home(conn, home, PlaceStatus::Published)? {
            if place.queue.territory.within(self.territory) {
                offer(free.entry(place.queue).or_default(), &groups, place);
            }
        }
        let mut families = families::of_home(conn, home)?;
        let across = Across::read(self, conn, &families)?;
        let wanted = self.only.map(|only| across.tied(only));
        let served = self.served(&across, wanted.as_ref(), free.keys())?;
        let mut call = |queue: QueueKey, pass: u8, offered: Vec<Offered>| Call {
            queue,
            pass,
            offered,
            families: families.remove(&queue).unwrap_or_default(),
        };
        let mut outcome = Outcome::default();
        let mut after: BTreeMap<QueueKey, Turnout> = BTreeMap::new();
        let mut first = Vec::new();
        for (queue, offered) in free.into_iter().filter(|(queue, _)| served.contains(queue)) {
            let is_wanted = wanted.as_ref().is_some_and(|wanted| wanted.contains(&queue));
            match self.spill(queue)?.filter(|_| !is_wanted) {
                Some(_) => first.push(call(queue, 1, offered)),
                None => after.entry(queue).or_default().offered.extend(offered),
            }
        }
        for (queue, offered) in self.stage(conn, &mut outcome, (&across, remembered), first)? {
            let Some(target) = self.spill(queue)?.filter(|t| wanted.as_ref().is_none_or(|w| w.contains(t))) else {
                continue;
            };
            for left in offered {
                let turnout = after.entry(target).or_default();
                turnout.spilled = true;
                offer_again(&mut turnout.offered, left);
            }
        }
        let after =
            after.into_iter().map(|(queue, turn)| call(queue, 1 + u8::from(turn.spilled), turn.offered)).collect();
        for (_, left) in self.stage(conn, &mut outcome, (&across, remembered), after)? {
            outcome.left.extend(left.into_iter().flat_map(|o| o.places).map(|free| free.id));
        }
        outcome.left.sort_unstable();
        Ok(outcome)
    }

    /// The queues that are served: those that are wanted, those that spill to them, and those that families tie to these.
    fn served<'q>(
        &self,
        across: &Across,
        wanted: Option<&BTreeSet<QueueKey>>,
        free: impl Iterator<Item = &'q QueueKey>,
    ) -> Result<BTreeSet<QueueKey>, Problem> {
        let Some(wanted) = wanted else { return Ok(free.copied().collect()) };
        let mut served = wanted.clone();
        for queue in free {
            if self.spill(*queue)?.is_some_and(|target| wanted.contains(&target)) {
                served.extend(across.tied(*queue));
            }
        }
        Ok(served)
    }

    fn profile(&self, queue: QueueKey) -> Result<&Profile, Problem> {
        ordering::profile(&self.office.rules, queue, self.at)
    }

    /// The queue of this round that gets what `queue` cannot use.
    pub(crate) fn spill(&self, queue: QueueKey) -> Result<Option<QueueKey>, Problem> {
        let to_home = |Spill::Parent| QueueKey { territory: queue.territory.home(), ..queue };
        let target = self.profile(queue)?.spill.value.map(to_home);
        Ok(target.filter(|t| *t != queue && t.territory.within(self.territory)))
    }
}

impl Taker {
    /// An entry that gets a place, no categories known.
    pub(crate) fn of(seated: &Seated, position: u64) -> Self {
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
        (self.rows.clone(), self.left.clone(), self.passes.iter().map(pass).collect::<Vec<_>>(), self.families.clone())
    }
}

/// Whether an entry may be given a place today.
pub(crate) fn takes_part(profile: &Profile, today: NaiveDate, seated: &Seated) -> bool {
    seated.status == Status::InQueue
        && seated.decision == Decision::Accepted
        && !profile.too_young(seated.birth_on, today)
        && !profile.too_old(seated.birth_on, today)
}

/// The groups that suit a child, most wanted first, as engine ids.
pub(crate) fn choices(seated: &Seated, offered: &[Offered]) -> Vec<u32> {
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
pub(crate) fn group_order(id: &str) -> (u64, &str) {
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

/// A fault of the registry's own: the round is not computed, nothing is changed.
pub(crate) fn internal(fault: impl std::fmt::Display) -> Problem {
    tracing::error!(%fault, "a round could not be computed");
    Problem::new(Kind::Internal, "internal", "the round could not be computed; nothing was changed, tell the operator")
}
