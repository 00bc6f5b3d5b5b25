//! Imports of territories, kindergartens, groups and places: all or nothing, one transaction, one record per home.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::problem::Problem;
use super::tokens::OPERATOR;
use crate::domain::codes::PlaceStatus;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Kindergarten, Place};
use crate::domain::queue::QueueKey;
use crate::domain::territory::Territory;
use crate::exchange::rows::{GroupRow, KindergartenRow, PlaceRow, TerritoryRow};
use crate::exchange::{Fault, Faults};
use crate::store::{Entry, Store, StoreError, Written, kindergartens, territories};
use crate::trust::seal::sha256_hex;

/// Why an import was not done.
#[derive(Debug)]
pub enum ImportFault {
    /// The file is at fault; nothing was written.
    File(Faults),
    /// The registry could not do it; nothing was written.
    Registry(Problem),
}

impl std::fmt::Display for ImportFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ImportFault::File(faults) => faults.fmt(f),
            ImportFault::Registry(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for ImportFault {}

impl From<StoreError> for ImportFault {
    fn from(error: StoreError) -> Self {
        ImportFault::Registry(error.into())
    }
}

impl From<Problem> for ImportFault {
    fn from(problem: Problem) -> Self {
        ImportFault::Registry(problem)
    }
}

/// The faults of a file found against the registry: `row` counts as the file does, the header being row 1.
pub(crate) struct Complaints<'a> {
    file: &'a str,
    faults: Faults,
}

impl<'a> Complaints<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Complaints { file, faults: Faults::default() }
    }

    pub(crate) fn add(&mut self, index: usize, column: &str, message: impl Into<String>) {
        let row = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(2);
        let file = self.file.to_owned();
        self.faults.push(Fault { file, row, column: column.to_owned(), message: message.into() });
    }

    pub(crate) fn check(self) -> Result<(), ImportFault> {
        if self.faults.is_empty() { Ok(()) } else { Err(ImportFault::File(self.faults)) }
    }
}

/// Takes territories in, or renames those that are there.
///
/// # Errors
/// The database is not available.
pub fn territories(store: &Store, now: DateTime<Utc>, file: &str, rows: &[TerritoryRow]) -> Result<usize, ImportFault> {
    let all: Vec<Territory> = rows
        .iter()
        .map(|r| Territory { code: r.code, name_kk: r.name_kk.clone(), name_ru: r.name_ru.clone(), level: r.level })
        .collect();
    let listed: String = all.iter().map(|t| format!("{},{},{}\n", t.code, t.name_kk, t.name_ru)).collect();
    store.write(&[Kato::COUNTRY], now, |tx| -> Result<_, ImportFault> {
        territories::save(tx, &all)?;
        let entry = Entry {
            home: Kato::COUNTRY,
            act: "import_territories",
            actor: OPERATOR.to_owned(),
            territory: Kato::COUNTRY,
            payload: json!({"rows": all.len(), "file": file_name(file), "content": sha256_hex(listed.as_bytes())}),
        };
        Ok(Written { value: all.len(), entries: vec![entry] })
    })
}

/// The name of a file without its folders: where it lay is nobody's business.
pub(crate) fn file_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// The territories of the registry with the queue territory of each that has one.
pub(crate) fn queue_territories(store: &Store) -> Result<HashMap<Kato, Option<Kato>>, ImportFault> {
    let all = store.read(territories::all)?;
    let known: BTreeSet<Kato> = all.iter().map(|t| t.code).collect();
    Ok(all.iter().map(|t| (t.code, t.queue_territory(|code| known.contains(&code)))).collect())
}

/// Takes kindergartens in, or renames those that are there.
///
/// # Errors
/// Faults of the file against the registry, or the database is not available.
pub fn kindergartens(
    store: &Store,
    now: DateTime<Utc>,
    file: &str,
    rows: &[KindergartenRow],
) -> Result<usize, ImportFault> {
    let known = queue_territories(store)?;
    let mut complaints = Complaints::new(file);
    let mut all: BTreeMap<Kato, Vec<Kindergarten>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        match known.get(&row.territory) {
            None => complaints.add(n, "territory", "not in the classifier of this registry; import territories first"),
            Some(None) => complaints.add(n, "territory", "an oblast has no kindergartens; name the place itself"),
            Some(Some(queue_territory)) => {
                let home = queue_territory.home();
                all.entry(home).or_default().push(Kindergarten {
                    id: row.id.clone(),
                    home,
                    territory: row.territory,
                    queue_territory: *queue_territory,
                    name_kk: row.name_kk.clone(),
                    name_ru: row.name_ru.clone(),
                });
            }
        }
    }
    complaints.check()?;
    let homes: Vec<Kato> = all.keys().copied().collect();
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let mut entries = Vec::with_capacity(all.len());
        for (home, kindergartens) in &all {
            kindergartens::save(tx, kindergartens)?;
            let ids: Vec<&str> = kindergartens.iter().map(|k| k.id.as_str()).collect();
            entries.push(record(*home, "import_kindergartens", json!({"kindergartens": ids, "file": file_name(file)})));
        }
        Ok(Written { value: rows.len(), entries })
    })
}

fn record(home: Kato, act: &'static str, payload: serde_json::Value) -> Entry {
    Entry { home, act, actor: OPERATOR.to_owned(), territory: home, payload }
}

/// Takes groups in, or renames and resizes those that are there.
///
/// # Errors
/// Faults of the file against the registry, or the database is not available.
pub fn groups(store: &Store, now: DateTime<Utc>, file: &str, rows: &[GroupRow]) -> Result<usize, ImportFault> {
    let known: HashMap<String, Kindergarten> =
        store.read(|c| kindergartens::all(c, None))?.into_iter().map(|k| (k.id.clone(), k)).collect();
    let mut complaints = Complaints::new(file);
    let mut all: BTreeMap<Kato, Vec<Group>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        let Some(kindergarten) = known.get(&row.kindergarten) else {
            complaints.add(n, "kindergarten", "there is no such kindergarten; import kindergartens first");
            continue;
        };
        all.entry(kindergarten.home).or_default().push(Group {
            id: row.id.clone(),
            home: kindergarten.home,
            kindergarten: row.kindergarten.clone(),
            name: row.name.clone(),
            age_from_months: row.age_from_months,
            age_to_months: row.age_to_months,
            language: row.language,
            kind: row.kind,
            capacity: row.capacity,
            enrolled: row.enrolled,
        });
    }
    complaints.check()?;
    let homes: Vec<Kato> = all.keys().copied().collect();
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let mut entries = Vec::with_capacity(all.len());
        for (home, groups) in &all {
            kindergartens::save_groups(tx, groups)?;
            let listed: Vec<_> =
                groups.iter().map(|g| json!({"group": g.id, "capacity": g.capacity, "enrolled": g.enrolled})).collect();
            entries.push(record(*home, "import_groups", json!({"groups": listed, "file": file_name(file)})));
        }
        Ok(Written { value: rows.len(), entries })
    })
}

/// Takes free places in and publishes them, as the report of a kindergarten would.
///
/// # Errors
/// Faults of the file against the registry, or the database is not available.
pub fn places(store: &Store, now: DateTime<Utc>, file: &str, rows: &[PlaceRow]) -> Result<usize, ImportFault> {
    let (groups, kindergartens): (HashMap<String, Group>, HashMap<String, Kindergarten>) =
        store.read(|c| -> Result<_, StoreError> {
            Ok((
                kindergartens::all_groups(c, None)?.into_iter().map(|g| (g.id.clone(), g)).collect(),
                kindergartens::all(c, None)?.into_iter().map(|k| (k.id.clone(), k)).collect(),
            ))
        })?;
    let mut complaints = Complaints::new(file);
    let mut all: BTreeMap<Kato, Vec<(Place, u32)>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        let group = groups.get(&row.group);
        let Some((group, kindergarten)) = group.and_then(|g| Some((g, kindergartens.get(&g.kindergarten)?))) else {
            complaints.add(n, "group", "there is no such group; import groups first");
            continue;
        };
        if row.status.is_some_and(|s| s != PlaceStatus::Published) {
            complaints.add(n, "status", "only free places can be imported; leave out the others");
            continue;
        }
        let queue = QueueKey { territory: kindergarten.queue_territory, cohort: row.cohort, kind: group.kind };
        let place = Place {
            id: String::new(),
            home: group.home,
            group: group.id.clone(),
            queue,
            available_on: row.available_on,
            status: PlaceStatus::Published,
            reported_at: now,
            published_at: Some(now),
            reason: String::new(),
        };
        all.entry(group.home).or_default().push((place, row.count));
    }
    complaints.check()?;
    let homes: Vec<Kato> = all.keys().copied().collect();
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let mut entries = Vec::with_capacity(all.len());
        let mut kept = 0;
        for (home, places) in &all {
            let mut listed = Vec::with_capacity(places.len());
            for (place, count) in places {
                let place = Place { reported_at: tx.at(), published_at: Some(tx.at()), ..place.clone() };
                let ids = super::places::keep(tx, &place, *count)?;
                kept += ids.len();
                listed.push(json!({"group": place.group, "place_queue": place.queue, "places": ids}));
            }
            entries.push(record(*home, "import_places", json!({"places": listed, "file": file_name(file)})));
        }
        Ok(Written { value: kept, entries })
    })
}
