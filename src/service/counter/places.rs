//! The ledger of places: reported, published, taken back with a reason; the bulletin that everyone may read.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::codes::{PlaceStatus, Role};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Kindergarten};
use crate::domain::place::{Place, PlaceAct, Reserved};
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::rules::profile::Profile;
use crate::service::applications::handed_in::read_date;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::{keys, reach};
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::places::{advance, group_of, outside_age_band};
use crate::store::{Entry, Transaction, Written, kindergartens, places, proposals};
use crate::trust::act::{PlaceWithdrawn, PlacesReported, PublicAct, ReserveAsked};
use crate::trust::subject::{Subject, SubjectKind};

/// Most places in one report.
const PLACES_MAX: u32 = 500;

/// Free places as they are reported.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacesIn {
    /// The id of the group, as `GET /api/v1/kindergartens` lists it.
    pub group: String,
    /// The year of birth that they are for.
    #[schema(example = 2022)]
    pub cohort: i32,
    /// How many places, 1 to 500; each gets a number of its own.
    #[schema(example = 1)]
    pub count: u32,
    /// The first day on which a child can come, `YYYY-MM-DD`.
    #[schema(example = "2026-09-01")]
    pub available_on: String,
    /// For whom they are kept, if for anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<ReservedIn>,
}

/// For whom places are kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservedIn {
    /// A tier of the profile: its children get the places before all others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tier: String,
    /// In its place a category of the profile: the children who have it and whose proof was not rejected.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "large_family")]
    pub category: String,
    /// In their place `true`: the children whose application names the territory where the kindergarten stands, or one below it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub territory: bool,
    /// Whether others get a place that no such child can use; otherwise, and where nothing is said, it stays empty.
    #[serde(default)]
    pub open: bool,
}

impl ReservedIn {
    /// What the journal says of it, the kindergarten standing in this territory.
    fn told(&self, own: Kato) -> ReserveAsked {
        let named = |code: &String| Some(code.clone()).filter(|code| !code.is_empty());
        let territory = self.territory.then_some(own);
        ReserveAsked { tier: named(&self.tier), category: named(&self.category), territory, open: self.open }
    }
}

/// Why a place is taken back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawPlaceIn {
    /// The reason, for the ledger.
    pub reason: String,
}

/// Places that were taken into the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlacesView {
    /// Their numbers in the ledger, for instance `391000000-P-000004`.
    pub places: Vec<String>,
    /// `published`, or `reported` where the profile publishes at an hour.
    #[schema(value_type = String)]
    pub status: PlaceStatus,
    /// The queue that they are for.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// What an inspector will ask about.
    pub warnings: Vec<String>,
}

/// The free places of a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Bulletin {
    /// The territory with all below it.
    pub territory: String,
    /// When this was so.
    pub as_of: String,
    /// Free places in all.
    pub total: u64,
    /// By group and year of birth.
    pub places: Vec<BulletinRow>,
}

/// Free places of one group for one year of birth.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BulletinRow {
    /// The kindergarten's id, as `preferences` takes it.
    pub kindergarten: String,
    /// Its name in Kazakh.
    pub name_kk: String,
    /// Its name in Russian.
    pub name_ru: String,
    /// The KATO code of where the kindergarten stands.
    pub territory: String,
    /// The id of the group that has the places.
    pub group: String,
    /// The group's language of instruction: `kk`, `ru`, `ug`, `uz`, `en` or `mixed`.
    pub language: &'static str,
    /// The group's kind: `general`, `special` or `sanatorium`.
    pub kind: &'static str,
    /// Youngest age in months.
    pub age_from_months: i32,
    /// First age that is too old, in months.
    pub age_to_months: i32,
    /// The year of birth.
    pub cohort: i32,
    /// The first day on which a child can come, `YYYY-MM-DD`.
    pub available_on: String,
    /// How many such places are published and free.
    pub free: u64,
    /// The tier, category or territory that they are kept for, with `:open` where others may have what it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
    /// Since when, the earliest of them.
    pub published_at: Option<String>,
}

/// Takes free places into the ledger, and publishes them in the same act where the profile has no hour for it.
///
/// # Errors
/// 403, 422.
pub fn report_places(office: &Office, caller: &Caller, sent: &PlacesIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::ReportPlace)?;
    let (group, kindergarten) = office.store.read(|conn| group_of(conn, &sent.group))?;
    caller.principal.may_for(Act::ReportPlace, kindergarten.territory, Some(&kindergarten.id))?;
    let home = kindergarten.home;
    office.perform(caller, &[home], 201, |tx| {
        // Read again under the lock: the journal keeps these numbers for the inspector.
        let (group, _) = group_of(tx.conn(), &group.id)?;
        let today = office.day(kindergarten.territory, tx.at());
        let mut faults = FieldFaults::default();
        if !(1..=PLACES_MAX).contains(&sent.count) {
            faults.add("count", "wrong_count", format!("report 1 to {PLACES_MAX} places at once"));
        }
        let year = today.year();
        if !(year - 8..=year).contains(&sent.cohort) {
            faults.add("cohort", "wrong_cohort", "the cohort is the children's year of birth, such as 2022");
        }
        let available_on = read_date(&mut faults, "available_on", &sent.available_on);
        if available_on.is_some_and(|on| (on - today).num_days().abs() > 400) {
            faults.add("available_on", "wrong_date", "the first day lies more than a year away; check it");
        }
        let (bound, own) = (office.bound(kindergarten.territory, tx.at())?, kindergarten.territory);
        let reserved = sent.reserved.as_ref().and_then(|sent| read_reserved(&mut faults, bound.profile, sent, own));
        faults.check()?;
        // Whom places are kept for is not the kindergarten's to say.
        let proposes = caller.principal.role == Role::Kindergarten;
        let (proposed, reserved) = if proposes { (reserved, None) } else { (None, reserved) };
        let published = bound.profile.publication.value.is_none() && proposed.is_none();
        let mut warnings = over_capacity(tx, &group, sent.count)?;
        warnings.extend(outside_age_band(&group, sent.cohort, available_on.unwrap_or(today)));
        let place = Place {
            id: String::new(),
            home,
            group: group.id.clone(),
            queue: QueueKey { territory: kindergarten.queue_territory, cohort: sent.cohort, kind: group.kind },
            available_on: available_on.unwrap_or(today),
            status: if published { PlaceStatus::Published } else { PlaceStatus::Reported },
            status_at: tx.at(),
            reported_at: tx.at(),
            published_at: published.then(|| tx.at()),
            reason: None,
            reserved,
        };
        let ids = keep(tx, &place, sent.count)?;
        if let Some(proposed) = &proposed {
            proposals::insert(tx, home, &ids, proposed, &caller.principal.id)?;
            warnings.push(format!(
                "reserve_proposed: {proposed}; the department decides, without it the places are for everyone"
            ));
        }
        let act = PublicAct::ReportPlaces(PlacesReported {
            places: ids.clone(),
            group: group.id,
            kindergarten: kindergarten.id.clone(),
            place_queue: place.queue,
            available_on: place.available_on,
            status: place.status,
            reserved: sent.reserved.as_ref().filter(|_| !proposes).map(|sent| sent.told(own)),
            capacity: group.capacity,
            enrolled: group.enrolled,
            role: caller.principal.role,
        });
        let (actor, territory) = (caller.principal.id.clone(), kindergarten.territory);
        let entry = Entry { home, act: act.into(), actor, territory };
        let value = PlacesView { places: ids, status: place.status, queue: place.queue, warnings };
        Ok(Written { value, entries: vec![entry] })
    })
}

/// Takes a free place back with a reason.
///
/// # Errors
/// 403, 404, 409 for a place that a child has, 422.
pub fn withdraw_place(office: &Office, caller: &Caller, id: &str, sent: &WithdrawPlaceIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::WithdrawPlace)?;
    let home = home_of(id, Numbered::Place, "place")?;
    let mut faults = FieldFaults::default();
    let reason = faults.text("reason", &sent.reason, 2_000);
    faults.check()?;
    let reason = reason.unwrap_or_default();
    office.perform(caller, &[home], 200, |tx| {
        let mut place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
        let (_, kindergarten) = group_of(tx.conn(), &place.group)?;
        caller.principal.may_for(Act::WithdrawPlace, kindergarten.territory, Some(&kindergarten.id))?;
        // People write names into reasons: the journal proves the words and does not tell them.
        let kept = keys::keep(tx, home, Subject::of(SubjectKind::Place, id), &json!({"reason": reason}))?;
        place.reason = Some(kept);
        advance(tx, &mut place, PlaceAct::Withdraw)?;
        let withdrawn = PlaceWithdrawn { place: id.to_owned(), role: caller.principal.role };
        let entry = Entry {
            home,
            act: PublicAct::WithdrawPlace(withdrawn).into(),
            actor: caller.principal.id.clone(),
            territory: kindergarten.territory,
        };
        let value =
            PlacesView { places: vec![id.to_owned()], status: place.status, queue: place.queue, warnings: Vec::new() };
        Ok(Written { value, entries: vec![entry] })
    })
}

/// The free places of a territory, for everyone.
///
/// # Errors
/// 422 for a territory above a home.
pub fn bulletin(office: &Office, territory: &str) -> Result<Bulletin, Problem> {
    let territory = reach::scope(&office.store, territory)?;
    let home = territory.home();
    let (free, groups, all) = office.store.read_snapshot(|conn| -> Result<_, Problem> {
        Ok((
            places::of_home(conn, home, PlaceStatus::Published)?,
            kindergartens::all_groups(conn, Some(home))?,
            kindergartens::all(conn, Some(home))?,
        ))
    })?;
    let groups: BTreeMap<&str, &Group> = groups.iter().map(|g| (g.id.as_str(), g)).collect();
    let all: BTreeMap<&str, &Kindergarten> = all.iter().map(|k| (k.id.as_str(), k)).collect();
    let mut rows: BTreeMap<(String, i32, String, Option<String>), BulletinRow> = BTreeMap::new();
    for place in &free {
        let Some(group) = groups.get(place.group.as_str()) else { continue };
        let Some(kindergarten) = all.get(group.kindergarten.as_str()) else { continue };
        if kindergarten.territory.within(territory) || kindergarten.queue_territory.within(territory) {
            let reserved = place.reserved.as_ref().map(ToString::to_string);
            let key = (group.id.clone(), place.queue.cohort, place.available_on.to_string(), reserved);
            let row = rows.entry(key).or_insert_with(|| bulletin_row(kindergarten, group, place));
            row.free += 1;
        }
    }
    let places: Vec<BulletinRow> = rows.into_values().collect();
    Ok(Bulletin {
        territory: territory.to_string(),
        as_of: instant_text(office.clock.now()),
        total: places.iter().map(|r| r.free).sum(),
        places,
    })
}

fn bulletin_row(kindergarten: &Kindergarten, group: &Group, place: &Place) -> BulletinRow {
    BulletinRow {
        kindergarten: kindergarten.id.clone(),
        name_kk: kindergarten.name_kk.clone(),
        name_ru: kindergarten.name_ru.clone(),
        territory: kindergarten.territory.to_string(),
        group: group.id.clone(),
        language: group.language.code(),
        kind: group.kind.code(),
        age_from_months: group.age_from_months,
        age_to_months: group.age_to_months,
        cohort: place.queue.cohort,
        available_on: place.available_on.to_string(),
        free: 0,
        reserved: place.reserved.as_ref().map(ToString::to_string),
        published_at: place.published_at.map(instant_text),
    }
}

/// Keeps `count` places like this one, and gives their ids.
pub(crate) fn keep(tx: &mut Transaction<'_>, place: &Place, count: u32) -> Result<Vec<String>, Problem> {
    let first = tx.numbers(place.home, Numbered::Place, count)?;
    let all: Vec<Place> = (0..count)
        .map(|n| Place { id: Number { serial: first.serial + n, ..first }.to_string(), ..place.clone() })
        .collect();
    places::insert(tx, &all)?;
    Ok(all.into_iter().map(|p| p.id).collect())
}

/// For whom places are kept: one tier, one category, or the kindergarten's own territory.
fn read_reserved(faults: &mut FieldFaults, profile: &Profile, sent: &ReservedIn, own: Kato) -> Option<Reserved> {
    let own = own.to_string();
    let (field, code, whom, known) = match (sent.tier.as_str(), sent.category.as_str(), sent.territory) {
        ("", "", false) => {
            faults.add("reserved", "missing", "name a tier, a category or the kindergarten's own territory");
            return None;
        }
        ("", "", true) => ("territory", "unknown_territory", own.as_str(), vec![own.as_str()]),
        (tier, "", false) => ("tier", "unknown_tier", tier, tiers(profile)),
        ("", category, false) => ("category", "unknown_category", category, categories(profile)),
        _ => {
            faults.add("reserved", "tier_and_category", "name a tier, a category or the own territory, one of them");
            return None;
        }
    };
    if !known.contains(&whom) {
        let message = format!("profile {} has no {field} {whom}; use one of: {}", profile.code, known.join(", "));
        faults.add(&format!("reserved.{field}"), code, message);
    }
    Some(Reserved { whom: whom.to_owned(), open: sent.open })
}

fn tiers(profile: &Profile) -> Vec<&str> {
    profile.tiers.iter().map(|tier| tier.code.as_str()).collect()
}

fn categories(profile: &Profile) -> Vec<&str> {
    profile.categories.iter().map(|category| category.code.as_str()).collect()
}

/// Says so where a profile has no such tier or category, and it is no territory either.
pub(crate) fn unknown_reserve(profile: &Profile, reserved: &Reserved) -> Option<String> {
    let known: Vec<&str> = tiers(profile).into_iter().chain(categories(profile)).collect();
    let (code, whom) = (&profile.code, &reserved.whom);
    (!known.contains(&whom.as_str()) && Kato::parse(whom).is_err())
        .then(|| format!("profile {code} has no tier or category {whom}; use one of: {}", known.join(", ")))
}

/// Says so where a group would hold more children than its norm. The registry does not know every contract that ended,
/// so this is no refusal; the journal keeps the numbers for the inspector.
fn over_capacity(tx: &mut Transaction<'_>, group: &Group, count: u32) -> Result<Vec<String>, Problem> {
    let open = places::open_of_group(tx.conn(), &group.id)?;
    let after = i64::from(group.enrolled) + open + i64::from(count);
    if after <= i64::from(group.capacity) {
        return Ok(Vec::new());
    }
    let said = format!(
        "over_capacity: {} enrolled, {open} open and {count} new places, the norm is {}",
        group.enrolled, group.capacity
    );
    Ok(vec![said])
}
