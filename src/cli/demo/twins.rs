//! Twins who apply together, what one act gives them, and what becomes of their places: one leaves, the other asks for a
//! transfer.

use serde_json::Value;

use super::callers::{contract, field, handed_in, request};
use super::staff::{caller, head_of};
use super::story::Story;
use crate::domain::application::age_months;
use crate::domain::codes::{GroupKind, Language, PlaceStatus, Role};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Group;
use crate::domain::place::Place;
use crate::sample::iins::{Numbers, Sex};
use crate::sample::people::Family;
use crate::service::cases::decide::{self, DecisionIn};
use crate::service::counter::departing::{self, DepartureIn};
use crate::service::counter::places::{PlacesIn, report_places};
use crate::service::counter::{referrals, register};
use crate::service::kernel::problem::Problem;
use crate::service::registry::Registry;
use crate::service::rounds::due::ReferIn;
use crate::service::rounds::{next, refer};
use crate::store::{kindergartens, places};

/// The twins' numbers are drawn with this.
const SEED: u64 = 2027;

/// Tells of twins, line by line; of nothing where every free place has a child who is due.
pub(super) fn twins(registry: &Registry, family: Option<Family>) -> Result<Story, Problem> {
    let (Some(family), Some(spot)) = (family, spot(registry)?) else { return Ok(Story::default()) };
    let mut twins: Vec<Family> = Vec::new();
    let mut applications: Vec<String> = Vec::new();
    let girls = family.child.name.split(' ').next().is_some_and(|surname| surname.ends_with('а'));
    let (sex, names) =
        if girls { (Sex::Female, ["Айша", "Фатима"]) } else { (Sex::Male, ["Асан", "Үсен"]) };
    for ((iin, born_on), name) in Numbers::new(SEED, sex, spot.born_on, 1).zip(names) {
        let mut twin = family.clone();
        (twin.child.iin, twin.child.birth_date) = (iin, born_on);
        twin.child.name = named(&twin.child.name, name);
        for paper in twin.documents.iter_mut().filter(|paper| paper.kind == "birth_certificate") {
            paper.number = format!("{}-{name}", paper.number);
        }
        (twin.territory, twin.kind) = (spot.place.queue.territory, spot.group.kind);
        twin.language = if spot.group.language == Language::Mixed { Language::Kazakh } else { spot.group.language };
        twin.preferences = vec![spot.group.kindergarten.clone()];
        applications.push(lodge(registry, twin.clone(), applications.first().cloned(), false)?);
        twins.push(twin);
    }
    let (referrals, mut story) = referred(registry, &spot, &applications)?;
    let kindergarten = head_of(registry, &spot.group.kindergarten)?;
    for referral in &referrals {
        referrals::present(&registry.office, &kindergarten, referral)?;
        referrals::enrol(&registry.office, &kindergarten, referral, &contract(registry, referral))?;
    }
    if let Some(transfer) = transfer(registry, twins.pop(), &spot.group.kindergarten)? {
        story.say("transfer", transfer);
    }
    if let Some(referral) = referrals.first() {
        let today = registry.office.rules.calendar.civil_day(registry.office.clock.now(), Kato::COUNTRY);
        let request = request(registry, &kindergarten, today)?;
        let (last_day, reason) = (today.to_string(), "the family has moved".to_owned());
        let leave = DepartureIn { last_day, reason, request: Some(request) };
        let left = departing::depart(&registry.office, &kindergarten, referral, &leave)?;
        let [place, on] = ["place", "available_on"].map(|name| field(&left, name));
        story.say("departure", format!("referral {referral}: place {place} is free from {on}"));
    }
    Ok(story)
}

/// A whole name with another given name.
fn named(whole: &str, given: &str) -> String {
    let mut words: Vec<&str> = whole.split(' ').collect();
    if let Some(word) = words.get_mut(1) {
        *word = given;
    }
    words.join(" ")
}

/// A place that no waiting child can use, where there is another kindergarten to wish for, and the birthday of those for whom it is.
struct Spot {
    place: Place,
    group: Group,
    born_on: chrono::NaiveDate,
}

fn spot(registry: &Registry) -> Result<Option<Spot>, Problem> {
    let department = caller(registry, Role::Department, Kato::COUNTRY)?.principal;
    let all = registry.office.store.read(|c| kindergartens::all(c, None))?;
    let homes: std::collections::BTreeSet<Kato> = all.iter().map(|k| k.home).collect();
    let alone = |place: &Place| all.iter().filter(|k| k.queue_territory == place.queue.territory).count() < 2;
    for home in homes {
        for place in registry.office.store.read(|c| places::of_home(c, home, PlaceStatus::Published))? {
            let group = registry.office.store.read(|c| kindergartens::find_group(c, &place.group))?;
            let Some(group) = group.filter(|group| group.kind == GroupKind::General && !alone(&place)) else {
                continue;
            };
            let birthdays = (1..=12).filter_map(|month| chrono::NaiveDate::from_ymd_opt(place.queue.cohort, month, 15));
            let fits = |on: &chrono::NaiveDate| group.fits_age(age_months(*on, place.available_on));
            let Some(born_on) = birthdays.clone().find(fits) else { continue };
            let due = next::next(
                &registry.office,
                &registry.memory.rounds,
                &department,
                &place.queue.territory.to_string(),
                Some(&place.id),
            );
            if due.is_err_and(|problem| problem.code == "nobody_due") {
                return Ok(Some(Spot { place, group, born_on }));
            }
        }
    }
    Ok(None)
}

fn lodge(
    registry: &Registry,
    family: Family,
    together_with: Option<String>,
    transfer: bool,
) -> Result<String, Problem> {
    let mut sent = handed_in(registry, family);
    sent.applicant.kind = "parent".to_owned();
    (sent.together_with, sent.transfer) = (together_with, transfer);
    let number =
        field(&register::register(&registry.office, &caller(registry, Role::Office, Kato::COUNTRY)?, &sent)?, "number");
    let accepted = DecisionIn { decision: "accepted".to_owned(), ..DecisionIn::default() };
    decide::decide(&registry.office, &caller(registry, Role::Department, Kato::COUNTRY)?, &number, &accepted)?;
    Ok(number)
}

/// Both get places in one act, once there are two.
fn referred(registry: &Registry, spot: &Spot, twins: &[String]) -> Result<(Vec<String>, Story), Problem> {
    let mut story = Story::default();
    let more = PlacesIn {
        group: spot.group.id.clone(),
        cohort: spot.place.queue.cohort,
        count: 2,
        available_on: spot.place.available_on.to_string(),
        reserved: None,
    };
    report_places(&registry.office, &head_of(registry, &spot.group.kindergarten)?, &more)?;
    let department = caller(registry, Role::Department, Kato::COUNTRY)?;
    let territory = spot.place.queue.territory.to_string();
    let next =
        next::next(&registry.office, &registry.memory.rounds, &department.principal, &territory, Some(&spot.place.id))?;
    let (Some(place), Some(application)) = (next.place, next.application) else { return Ok((Vec::new(), story)) };
    let sent =
        ReferIn { place, application: application.clone(), state: Some(next.state), skip: None, skips: Vec::new() };
    let answer = refer::refer(&registry.office, &registry.memory.rounds, &department, &sent)?;
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let others = body.get("together").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let referrals: Vec<String> = std::iter::once(field(&answer, "number")).chain(others.map(str::to_owned)).collect();
    let kindergarten = &spot.group.kindergarten;
    story.say(
        "twins",
        format!("{}: {} in kindergarten {kindergarten} by one act", twins.join(", "), referrals.join(", ")),
    );
    Ok((referrals, story))
}

/// A child asks for another kindergarten, and keeps its place until it has a contract there.
fn transfer(registry: &Registry, child: Option<Family>, attends: &str) -> Result<Option<String>, Problem> {
    let Some(mut child) = child else { return Ok(None) };
    let territory = child.territory;
    let all = registry.office.store.read(|c| kindergartens::all(c, Some(territory.home())))?;
    let Some(other) = all.into_iter().find(|k| k.queue_territory == territory && k.id != attends) else {
        return Ok(None);
    };
    child.preferences = vec![other.id.clone()];
    let number = lodge(registry, child, None, true)?;
    Ok(Some(format!("{number}: wishes for kindergarten {} and keeps its place until then", other.id)))
}
