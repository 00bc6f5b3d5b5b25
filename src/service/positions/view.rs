//! The answer to "where does my child stand": from memory, with its reasons.

use chrono::{DateTime, NaiveDate, Utc};

use super::reasons;
use super::shape::{ChoiceView, PositionEntry, Positions, PublicEntry, PublicNumber, PublicPositions, Reason};
use crate::domain::application::Application;
use crate::domain::codes::{GroupKind, Status};
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::life::is_live;
use crate::domain::queue::{Number, Numbered};
use crate::engine::order::Standing;
use crate::rules::profile::RoundRule;
use crate::service::journal::index::{Index, IndexSeat, seat_of};
use crate::service::kernel::ordering;
use crate::service::kernel::words::{Said, date, say, say_each};
use crate::service::office::Office;
use crate::store::referrals;
use crate::trust::cipher::BlindIin;

/// Where the child of this IIN stands. No SQL: everything comes from the live index.
pub fn positions(office: &Office, iin: Iin, now: DateTime<Utc>) -> Positions {
    of_blind(office, office.look_up.blind(iin), now)
}

/// As [`positions`], by what the child is looked up.
pub(super) fn of_blind(office: &Office, child: BlindIin, now: DateTime<Utc>) -> Positions {
    let index = office.index(now);
    let entries = index.of_child(child).map(|(number, held)| entry(office, &index, number, held, now));
    Positions { entries: entries.collect() }
}

/// What everybody may know of the child of this IIN.
pub fn public(office: &Office, iin: Iin, now: DateTime<Utc>) -> PublicPositions {
    public_of_blind(office, office.look_up.blind(iin), now)
}

/// As [`public`], by what the child is looked up.
pub(super) fn public_of_blind(office: &Office, child: BlindIin, now: DateTime<Utc>) -> PublicPositions {
    let index = office.index(now);
    let of = |(number, held): (Number, &IndexSeat)| public_entry(office, &index, number, held, now);
    PublicPositions { entries: index.of_child(child).map(of).collect() }
}

fn public_entry(office: &Office, index: &Index, number: Number, held: &IndexSeat, now: DateTime<Utc>) -> PublicEntry {
    let standing = standing_of(index, held);
    let number_of = || {
        let ahead = standing.iter().map(|standing| reasons::ahead_in_all(&office.rules, standing.ahead));
        let rule = standing.iter().filter_map(|_| reasons::rule(&office.rules, held.queue, now));
        PublicNumber {
            position: standing.map(|standing| standing.position),
            of: standing.map(|standing| standing.of),
            ahead: standing.map(|standing| standing.position - 1),
            change_30_days: None,
            reasons: ahead.chain(rule).chain([reasons::see_more(&office.rules)]).collect(),
        }
    };
    PublicEntry {
        status: held.status,
        number: (held.queue.kind == GroupKind::General).then(number_of),
        to_do: to_do(office, number, held.status),
        as_of: instant_text(now),
    }
}

fn standing_of(index: &Index, held: &IndexSeat) -> Option<Standing> {
    let located = index.queue(held.queue).and_then(|order| order.locate(held.seat))?;
    is_live(held.status).then(|| located.standing())
}

/// What a family is to do, and by when.
pub(crate) fn to_do(office: &Office, number: Number, status: Status) -> Said {
    let rules = &office.rules;
    match status {
        Status::InQueue => say(rules, "to_do_in_queue", &[]),
        Status::Offered => say(rules, "to_do_offered", &[]),
        Status::Enrolled => say(rules, "to_do_enrolled", &[]),
        Status::Referred => match last_day(office, number) {
            Some(day) => say_each(rules, "to_do_referred", &[("day", &date(rules, day))]),
            None => say(rules, "to_do_other", &[]),
        },
        _ => say(rules, "to_do_other", &[]),
    }
}

/// The last day to present the open referral of an application. It is asked for of the few who have one: the index does not
/// hold it.
fn last_day(office: &Office, number: Number) -> Option<NaiveDate> {
    let issued = office.store.read(|conn| referrals::of_application(conn, &number.to_string())).ok()?;
    issued.into_iter().find(|referral| referral.status.is_open()).map(|referral| referral.valid_until_on)
}

/// Where one application stands, as the index knows it.
pub(crate) fn position_of(office: &Office, number: &str, now: DateTime<Utc>) -> Option<PositionEntry> {
    let index = office.index(now);
    let held = index.of_application(number)?;
    Some(entry(office, &index, Number::parse(number, Numbered::Application)?, held, now))
}

pub(crate) fn entry(
    office: &Office,
    index: &Index,
    number: Number,
    held: &IndexSeat,
    now: DateTime<Utc>,
) -> PositionEntry {
    let mut entry = PositionEntry {
        application: number.to_string(),
        status: held.status,
        queue: held.queue.into(),
        position: None,
        of: None,
        ahead: None,
        change_30_days: None,
        to_do: to_do(office, number, held.status),
        choices: Vec::new(),
        reasons: Vec::new(),
        as_of: instant_text(now),
    };
    let located = index.queue(held.queue).and_then(|order| order.locate(held.seat));
    if let Some(located) = located
        && is_live(held.status)
    {
        let standing = located.standing();
        entry.position = Some(standing.position);
        entry.of = Some(standing.of);
        entry.ahead = Some(standing.position - 1);
        entry.choices =
            held.choices.iter().filter_map(|&k| located.among(k).map(|s| choice(index.kindergarten(k), s))).collect();
        entry.reasons = reasons::of(&office.rules, held.queue, standing.ahead, now);
        entry.reasons.extend(together(office, index, number, held, now));
    }
    entry
}

/// With whom an application waits: whatever its number, it is placed with brothers and sisters or not at all.
pub(crate) fn together(
    office: &Office,
    index: &Index,
    number: Number,
    held: &IndexSeat,
    now: DateTime<Utc>,
) -> Option<Reason> {
    let beside: Vec<&IndexSeat> = index.waiting_beside(number).filter(|_| held.status == Status::InQueue).collect();
    let others = Said::same(beside.len().to_string());
    let rules = &office.rules;
    let by_turn = ordering::profile(rules, held.queue, now).is_ok_and(|p| p.round_rule.value == RoundRule::Queue);
    let text = || match last_position(index, held, &beside).filter(|_| by_turn) {
        Some(last) => {
            let number = Said::same(last.to_string());
            say_each(rules, "reason_together_numbered", &[("others", &others), ("number", &number)])
        }
        None => say_each(rules, "reason_together", &[("others", &others)]),
    };
    let reason = || Reason { code: "together", ahead: None, basis: None, source: None, text: text() };
    (!beside.is_empty()).then(reason)
}

/// The number of the last of those who wait together in one queue; none where they wait in several, whose numbers do not
/// compare.
fn last_position(index: &Index, held: &IndexSeat, beside: &[&IndexSeat]) -> Option<u64> {
    let order = index.queue(held.queue)?;
    let all = std::iter::once(held).chain(beside.iter().copied());
    let positions =
        all.map(|seat| Some(order.locate(seat.seat).filter(|_| seat.queue == held.queue)?.standing().position));
    positions.collect::<Option<Vec<u64>>>()?.into_iter().max()
}

fn choice(kindergarten: &str, standing: Standing) -> ChoiceView {
    ChoiceView { kindergarten: kindergarten.to_owned(), position: standing.position, of: standing.of }
}

impl Index {
    /// The position that an application would have if it joined now, and of how many.
    pub(crate) fn would_stand(&self, application: &Application) -> (u64, u64) {
        self.queue(application.queue).map_or((1, 1), |order| {
            let standing = order.would_stand(seat_of(application));
            (standing.position, standing.of)
        })
    }
}
