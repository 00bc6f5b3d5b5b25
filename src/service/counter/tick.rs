//! The acts of the clock: places whose hour of publication has come are published, referrals whose term has ended
//! expire, claimed proofs that nobody confirmed in their term no longer count, and overdue cases are told to the head,
//! then to the department.
//!
//! Each is done where it is due and not done yet, so that a second tick at the same instant changes nothing. An expired
//! referral's place is published again and its child waits on with its turn, where the profile says `back`. Profiles
//! that stop-list, make inactive or close the application are left alone and counted: those consequences come with the
//! stop-list itself. A referral that was presented in time does not expire: the kindergarten has it in hand and answers.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use crate::domain::codes::PlaceStatus;
use crate::domain::instant::ToldInstant;
use crate::domain::kato::Kato;
use crate::domain::place::{Place, PlaceAct};
use crate::domain::referral::{Referral, ReferralAct};
use crate::rules::Rules;
use crate::rules::profile::{Consequence, Profile};
use crate::service::applications::{entry, proofs};
use crate::service::cases::oversight;
use crate::service::counter::{days, reserving, takings};
use crate::service::kernel::actors::CLOCK;
use crate::service::kernel::keys::ONE_TIME_MINUTES;
use crate::service::kernel::numbers::load;
use crate::service::kernel::problem::{CLOCK_NOT_BELIEVED, Problem};
use crate::service::office::bound;
use crate::service::referrals::life::InHand;
use crate::service::referrals::places::advance;
use crate::store::{Entry, Resolve, Store, Transaction, Written, homes, places, proposals, referrals};
use crate::trust::act::{ChildAct, Listed, PlacesPublished, PublicAct, ReferralExpired};
use crate::trust::subject::Subject;

/// How many days the answer to a request with an `Idempotency-Key` is kept. A client that repeats a request after that
/// sends a new one; what it asks for is then refused as done already, or done.
pub const ANSWERS_KEPT_DAYS: i64 = 30;

/// How many days an uploaded scan is kept that nobody has shown for anything.
const UPLOADS_KEPT_DAYS: i64 = 7;

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Places that were published.
    pub published: usize,
    /// Referrals that expired: their places are published again, their children wait on.
    pub expired: usize,
    /// Referrals whose term has ended under a profile with another consequence than `back`.
    pub left: usize,
    /// Applications some of whose proofs nobody confirmed in their term.
    pub lapsed: usize,
    /// What officials wanted to take from families and nobody confirmed in its term.
    pub unconfirmed: usize,
    /// Overdue cases of which somebody higher was told.
    pub escalated: usize,
    /// Kept answers that were older than [`ANSWERS_KEPT_DAYS`] and are forgotten.
    pub forgotten: usize,
    /// Civil days that are over and whose acts were counted.
    pub counted: usize,
}

/// The instants of a tick.
#[derive(Clone, Copy, Debug)]
struct Instants {
    /// When it is done.
    now: DateTime<Utc>,
    /// The instant for which things are due; an operator may have typed it.
    at: DateTime<Utc>,
}

/// Does what is due at `at`, home by home. The journal dates the acts by `now`, when they were really done, and names
/// `at` in each: an instant that an operator typed must not order the queue of tomorrow.
///
/// # Errors
/// The database is not available; the homes before it are done. 503 where the clock is not believed in a home; all others are
/// done.
pub fn tick(store: &Store, rules: &Rules, now: DateTime<Utc>, at: DateTime<Utc>) -> Result<Ticked, Problem> {
    each_home(store, rules, Instants { now, at }, Resolve::Do)
}

/// What [`tick`] would do: the same counts, and nothing is kept.
///
/// # Errors
/// As [`tick`].
pub fn foresee(store: &Store, rules: &Rules, now: DateTime<Utc>, at: DateTime<Utc>) -> Result<Ticked, Problem> {
    each_home(store, rules, Instants { now, at }, Resolve::Tell)
}

fn each_home(store: &Store, rules: &Rules, instants: Instants, resolve: Resolve) -> Result<Ticked, Problem> {
    let mut all = Ticked::default();
    let mut refused = None;
    for home in store.read(homes::ends)?.into_keys() {
        match one_home(store, rules, home, instants, resolve) {
            Ok(ticked) => {
                all.published += ticked.published;
                all.expired += ticked.expired;
                all.left += ticked.left;
                all.lapsed += ticked.lapsed;
                all.unconfirmed += ticked.unconfirmed;
                all.escalated += ticked.escalated;
                all.forgotten += ticked.forgotten;
                all.counted += ticked.counted;
            }
            // One home whose last record lies in the future does not hold up the others.
            Err(problem) if problem.code == CLOCK_NOT_BELIEVED => refused = refused.or(Some(problem)),
            Err(problem) => return Err(problem),
        }
    }
    if resolve == Resolve::Do {
        store.forget_uploads(instants.now - TimeDelta::days(UPLOADS_KEPT_DAYS))?;
        store.forget_one_time_codes(instants.now - TimeDelta::minutes(ONE_TIME_MINUTES))?;
    }
    refused.map_or(Ok(all), Err)
}

fn one_home(
    store: &Store,
    rules: &Rules,
    home: Kato,
    Instants { now, at }: Instants,
    resolve: Resolve,
) -> Result<Ticked, Problem> {
    let ticked = store.resolve(resolve, &[home], now, |tx| of_home(tx, rules, home, at))?;
    // By the real time: an instant of the future that an operator typed must not forget today's answers.
    let before = now - TimeDelta::days(ANSWERS_KEPT_DAYS);
    let forgotten = match resolve {
        Resolve::Do => store.forget_answers(home, before)?,
        Resolve::Tell => store.old_answers(home, before)?,
    };
    Ok(Ticked { forgotten, ..ticked })
}

fn of_home(tx: &mut Transaction<'_>, rules: &Rules, home: Kato, at: DateTime<Utc>) -> Result<Written<Ticked>, Problem> {
    let mut ticked = Ticked { published: publish(tx, rules, home, at)?, ..Ticked::default() };
    for referral in referrals::issued_of(tx.conn(), home)? {
        let application = load(tx.conn(), &referral.application)?;
        if rules.calendar.civil_day(at, application.territory) <= referral.valid_until_on {
            continue;
        }
        let profile = bound(rules, application.territory, at)?.profile;
        if profile.on_expiry.value == Consequence::Back {
            expire(tx, rules, profile, referral, at)?;
            ticked.expired += 1;
        } else {
            ticked.left += 1;
        }
    }
    ticked.lapsed = proofs::lapse(tx, rules, home, at)?;
    ticked.unconfirmed = takings::lapse(tx, rules, home, at)?;
    ticked.escalated = oversight::escalate(tx, rules, home, at)?;
    ticked.counted = days::count(tx, rules, home)?;
    // The records are appended already.
    Ok(Written { value: ticked, entries: Vec::new() })
}

/// Publishes the reported places of a home whose hour has come, each territory in one act; gives how many. The records
/// are appended at once, here and in [`expire`]: each tells its own rows, and the history of each place names its own.
fn publish(tx: &mut Transaction<'_>, rules: &Rules, home: Kato, at: DateTime<Utc>) -> Result<usize, Problem> {
    let mut due: BTreeMap<Kato, Vec<Place>> = BTreeMap::new();
    let proposed = proposals::open(tx.conn(), home)?;
    for place in places::of_home(tx.conn(), home, PlaceStatus::Reported)? {
        let territory = place.queue.territory;
        let profile = bound(rules, territory, at)?.profile;
        let proposal = proposed.get(&place.id);
        if proposal.is_some_and(|proposal| reserving::waits(rules, home, proposal, at)) {
            continue;
        }
        if is_due(rules, profile, &place, at) {
            due.entry(territory).or_default().push(place);
        }
    }
    let mut published = 0;
    for (territory, mut all) in due {
        for place in &mut all {
            if proposed.contains_key(&place.id) {
                proposals::decide(tx, &place.id, None, CLOCK)?;
            }
            advance(tx, place, PlaceAct::Publish)?;
        }
        let mut ids: Vec<&str> = all.iter().map(|p| p.id.as_str()).collect();
        ids.sort_unstable();
        let (places, due_at, status) = (Listed::of(&ids), ToldInstant(at), PlaceStatus::Published);
        let act = PublicAct::PublishPlaces(PlacesPublished { places, due_at, status }).into();
        tx.append(&[Entry { home, act, actor: CLOCK.to_owned(), territory }])?;
        published += all.len();
    }
    Ok(published)
}

/// Whether the first hour of publication has come since the place was reported, or left by its child. In the profile's
/// rest nothing is published.
fn is_due(rules: &Rules, profile: &Profile, place: &Place, at: DateTime<Utc>) -> bool {
    let territory = place.queue.territory;
    let today = rules.calendar.civil_day(at, territory);
    if profile.freeze.value.is_some_and(|season| season.holds(today)) {
        return false;
    }
    // The profile may have lost its hour since the report: then nothing is waited for.
    let Some(hour) = profile.publication.value else { return place.status_at <= at };
    first_hour(rules, hour, place).is_none_or(|due| due <= at)
}

fn first_hour(rules: &Rules, hour: NaiveTime, place: &Place) -> Option<DateTime<Utc>> {
    let zone = rules.calendar.zone(place.queue.territory);
    let reported = place.status_at.with_timezone(&zone);
    let on = if reported.time() <= hour { reported.date_naive() } else { reported.date_naive() + Days::new(1) };
    Some(on.and_time(hour).and_local_timezone(zone).earliest()?.to_utc())
}

fn expire(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    profile: &Profile,
    referral: Referral,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let application = load(tx.conn(), &referral.application)?;
    let mut hand = InHand { referral, application };
    let turned = hand.end(tx, rules, ReferralAct::Expire, Some("expired"))?;
    let InHand { referral, application } = hand;
    entry::settle(tx, rules, application.queue, turned)?;
    let Referral { home, number, place, status, valid_until_on, .. } = referral;
    let of = Subject::seat(&application.number);
    let expired = ReferralExpired {
        referral: number,
        application: application.number,
        place,
        status,
        valid_until: valid_until_on,
        due_at: ToldInstant(at),
        consequence: profile.on_expiry.value,
    };
    let act = ChildAct::ExpireReferral(expired).told_to(of);
    Ok(tx.append(&[Entry { home, act, actor: CLOCK.to_owned(), territory: application.territory }])?)
}
