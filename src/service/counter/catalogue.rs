//! What there is to choose from: territories, kindergartens and their groups. For everyone; and the ledger of places for
//! those who answer for it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::codes::PlaceStatus;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Group;
use crate::domain::place::Place;
use crate::domain::queue::Numbered;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::{query, reach};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::{facts, kindergartens, places, proposals, territories};

/// Territories of the classifier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Territories {
    /// Those inside the territory asked for, itself included, by code.
    pub territories: Vec<TerritoryView>,
}

/// A unit of the KATO classifier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TerritoryView {
    /// The KATO code, nine digits.
    pub code: String,
    /// The name in Kazakh.
    pub name_kk: String,
    /// The name in Russian.
    pub name_ru: String,
    /// `oblast`, `republican_city`, `district`, `city_administration`, `city`, `city_district`, `rural_district`,
    /// `village_administration`, `township_administration`, `town_administration` or `settlement`.
    pub level: &'static str,
    /// The territory whose queues serve it; none for an oblast.
    pub queue_territory: Option<String>,
}

/// Kindergartens of a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Kindergartens {
    /// Those that stand in the territory asked for or serve its queues, by id.
    pub kindergartens: Vec<KindergartenView>,
}

/// One kindergarten with its groups.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindergartenView {
    /// The id, as `preferences` takes it.
    pub id: String,
    /// The name in Kazakh.
    pub name_kk: String,
    /// The name in Russian.
    pub name_ru: String,
    /// The KATO code of where it stands.
    pub territory: String,
    /// The territory whose queues its places serve first.
    pub queue_territory: String,
    /// Its groups by id, whether they have free places or not.
    pub groups: Vec<GroupView>,
}

/// A group of a kindergarten: one age band, language and kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupView {
    /// The id, as places take it.
    pub id: String,
    /// What the kindergarten calls it.
    pub name: String,
    /// Youngest age in months.
    pub age_from_months: i32,
    /// First age that is too old, in months.
    pub age_to_months: i32,
    /// Language of upbringing and instruction: `kk`, `ru`, `ug`, `uz`, `en` or `mixed`.
    pub language: &'static str,
    /// `general`, `special` or `sanatorium`; each kind has its own queues.
    pub kind: &'static str,
    /// Places by the norm.
    pub capacity: i32,
    /// Children with a contract.
    pub enrolled: i32,
}

/// Places of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Places {
    /// Those of the status asked for, by id.
    pub places: Vec<PlaceView>,
}

/// One place of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceView {
    /// The number of the place, for instance `391000000-P-000004`.
    pub id: String,
    /// The id of the group that has the place.
    pub group: String,
    /// The queue that it is published for.
    #[schema(value_type = String)]
    pub queue: crate::domain::queue::QueueKey,
    /// The first day on which a child can come, `YYYY-MM-DD`.
    pub available_on: String,
    /// `reported`, `published`, `held`, `referred`, `filled` or `withdrawn`.
    #[schema(value_type = String)]
    pub status: PlaceStatus,
    /// When it was reported.
    pub reported_at: String,
    /// When it last came on the bulletin.
    pub published_at: Option<String>,
    /// Why it was taken back, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The tier or category that it is kept for, with `:open` where others may have what it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
    /// For whom its kindergarten proposes to keep it, where the department has not decided yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
}

/// One place with its history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceLife {
    /// The number of the place, for instance `391000000-P-000004`.
    pub place: String,
    /// The id of the group that has the place.
    pub group: String,
    /// The kindergarten of the group.
    pub kindergarten: String,
    /// The queue that it is published for.
    #[schema(value_type = String)]
    pub queue: crate::domain::queue::QueueKey,
    /// The first day on which a child can come.
    pub available_on: String,
    /// `reported`, `published`, `held`, `referred`, `filled` or `withdrawn`.
    #[schema(value_type = String)]
    pub status: PlaceStatus,
    /// The tier or category that it is kept for, with `:open` where others may have what it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
    /// Where it has stood since its report, oldest first.
    pub history: Vec<PlaceStep>,
}

/// One change of where a place stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceStep {
    /// Where it stood from then on.
    #[schema(value_type = String)]
    pub status: PlaceStatus,
    /// The instant of the act that moved it there.
    pub at: String,
    /// What was done, as the journal calls it.
    pub act: String,
    /// The record that tells of it.
    pub record: PlaceRecord,
}

/// A record of the journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceRecord {
    /// The home whose chain holds it.
    pub home: String,
    /// Its number in that chain.
    pub seq: i64,
}

/// The territories inside one, itself included; `000000000` or nothing for all.
///
/// # Errors
/// 422 for what is no code.
pub fn territories(office: &Office, within: &str) -> Result<Territories, Problem> {
    let within = territory_or_country(within)?;
    let all = office.store.read(territories::all)?;
    let known: std::collections::BTreeSet<Kato> = all.iter().map(|t| t.code).collect();
    let territories = all
        .iter()
        .filter(|t| t.code.within(within))
        .map(|t| TerritoryView {
            code: t.code.to_string(),
            name_kk: t.name_kk.clone(),
            name_ru: t.name_ru.clone(),
            level: t.level.code(),
            queue_territory: t.queue_territory(|c| known.contains(&c)).map(|c| c.to_string()),
        })
        .collect();
    Ok(Territories { territories })
}

/// The kindergartens of a territory with their groups; `000000000` or nothing for all.
///
/// # Errors
/// 422 for what is no code.
pub fn kindergartens(office: &Office, within: &str) -> Result<Kindergartens, Problem> {
    let within = territory_or_country(within)?;
    let (all, groups) = office.store.read_snapshot(|c| -> Result<_, Problem> {
        Ok((kindergartens::all(c, None)?, kindergartens::all_groups(c, None)?))
    })?;
    let kindergartens = all
        .into_iter()
        .filter(|k| k.territory.within(within) || k.queue_territory.within(within))
        .map(|k| KindergartenView {
            groups: groups.iter().filter(|g| g.kindergarten == k.id).map(group_view).collect(),
            id: k.id,
            name_kk: k.name_kk,
            name_ru: k.name_ru,
            territory: k.territory.to_string(),
            queue_territory: k.queue_territory.to_string(),
        })
        .collect();
    Ok(Kindergartens { kindergartens })
}

/// The ledger of places of a territory in one status, `published` where none is named.
///
/// # Errors
/// 403, 422.
pub fn ledger(
    office: &Office,
    principal: &Principal,
    territory: &str,
    status: Option<&str>,
) -> Result<Places, Problem> {
    principal.role_may(Act::ReadPlaces)?;
    let territory = reach::scope(&office.store, territory)?;
    principal.may(Act::ReadPlaces, territory)?;
    let status = match status {
        None => PlaceStatus::Published,
        Some(code) => code.parse().map_err(|e: crate::domain::codes::UnknownCode| {
            Problem::invalid("status", "wrong_status", e.to_string())
        })?,
    };
    office.store.read(|conn| {
        let all = places::of_home(conn, territory.home(), status)?;
        let mut proposed = proposals::open(conn, territory.home())?;
        let here = all.into_iter().filter(|p| p.queue.territory.within(territory));
        let line = |place: Place| {
            let proposed = proposed.remove(&place.id).map(|proposal| proposal.reserved.to_string());
            Ok(PlaceView { proposed, ..ledger_line(office, conn, place)? })
        };
        let places = here.map(line).collect::<Result<_, Problem>>()?;
        Ok(Places { places })
    })
}

fn ledger_line(office: &Office, conn: &mut AnyConnection, p: Place) -> Result<PlaceView, Problem> {
    let reason = match &p.reason {
        Some(key) => facts::body(conn, office.store.vault(), key)?,
        None => None,
    };
    let reason: Option<Value> = reason.and_then(|said| serde_json::from_str(&said).ok());
    Ok(PlaceView {
        id: p.id,
        group: p.group,
        queue: p.queue,
        available_on: p.available_on.to_string(),
        status: p.status,
        reported_at: instant_text(p.reported_at),
        published_at: p.published_at.map(instant_text),
        reason: reason.and_then(|said| Some(said.get("reason")?.as_str()?.to_owned())),
        reserved: p.reserved.as_ref().map(ToString::to_string),
        proposed: None,
    })
}

/// One place of the ledger with its history, for those who may read the ledger of its queue's territory.
///
/// # Errors
/// 403, 404.
pub fn place(office: &Office, principal: &Principal, id: &str) -> Result<PlaceLife, Problem> {
    principal.role_may(Act::ReadPlaces)?;
    home_of(id, Numbered::Place, "place")?;
    office.store.read_snapshot(|conn| {
        let place = places::find(conn, id)?.ok_or_else(|| Problem::not_found("place"))?;
        principal.may(Act::ReadPlaces, place.queue.territory)?;
        let group = kindergartens::find_group(conn, &place.group)?.ok_or_else(|| Problem::not_found("group"))?;
        let history = places::history(conn, id)?
            .into_iter()
            .map(|change| PlaceStep {
                status: change.status,
                at: instant_text(change.at),
                act: change.act,
                record: PlaceRecord { home: change.home.to_string(), seq: change.seq },
            })
            .collect();
        Ok(PlaceLife {
            place: place.id,
            group: place.group,
            kindergarten: group.kindergarten,
            queue: place.queue,
            available_on: place.available_on.to_string(),
            status: place.status,
            reserved: place.reserved.as_ref().map(ToString::to_string),
            history,
        })
    })
}

/// The name of a kindergarten in Kazakh and Russian.
///
/// # Errors
/// The database is not available.
pub fn kindergarten_name(office: &Office, id: &str) -> Result<crate::service::kernel::words::Said, Problem> {
    let found = office.store.read(|c| kindergartens::find(c, id))?;
    Ok(found.map_or_else(
        || crate::service::kernel::words::Said::same(id),
        |k| crate::service::papers::results::kindergarten_name(&k),
    ))
}

/// The name of a territory; its code where the classifier does not hold it.
///
/// # Errors
/// The database is not available.
pub fn territory_name(office: &Office, code: Kato) -> Result<crate::service::kernel::words::Said, Problem> {
    let found = office.store.read(|c| territories::find(c, code))?;
    Ok(found.map_or_else(
        || crate::service::kernel::words::Said::same(code.to_string()),
        |t| crate::service::kernel::words::Said { kk: t.name_kk, ru: t.name_ru.clone(), en: t.name_ru },
    ))
}

fn territory_or_country(text: &str) -> Result<Kato, Problem> {
    if text.is_empty() {
        return Ok(Kato::COUNTRY);
    }
    query::territory(text)
}

fn group_view(g: &Group) -> GroupView {
    GroupView {
        id: g.id.clone(),
        name: g.name.clone(),
        age_from_months: g.age_from_months,
        age_to_months: g.age_to_months,
        language: g.language.code(),
        kind: g.kind.code(),
        capacity: g.capacity,
        enrolled: g.enrolled,
    }
}
