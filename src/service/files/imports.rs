//! Imports of territories, kindergartens, groups and places: all or nothing, one transaction, one record per home.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::codes::PlaceStatus;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Kindergarten};
use crate::domain::place::Place;
use crate::domain::queue::QueueKey;
use crate::domain::territory::Territory;
use crate::exchange::csv::table::Row;
use crate::exchange::rows::{GroupRow, KindergartenRow, PlaceRow, TerritoryRow};
use crate::exchange::{Fault, Faults};
use crate::rules::Rules;
use crate::service::counter::places::unknown_reserve;
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::bound;
use crate::store::{Entry, Store, StoreError, Written, kindergartens, territories};
use crate::trust::act::{GroupsImported, KindergartensImported, PlacesImported, PublicAct, TerritoriesImported};
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

/// Where rows come from: the file's name as the user gave it, and the line on which each row begins. A file without
/// lines has one row a line after its header.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name as the user gave it, for messages about faults.
    pub file: &'a str,
    /// The line of each row, from 1; empty where each row has a line of its own after the header.
    pub lines: &'a [u64],
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(file: &'a str) -> Self {
        Source { file, lines: &[] }
    }
}

impl<'a> From<&'a String> for Source<'a> {
    fn from(file: &'a String) -> Self {
        Source::from(file.as_str())
    }
}

impl Source<'_> {
    /// The line of a row by its place in the list.
    pub(crate) fn line(&self, index: usize) -> u64 {
        let plain = || u64::try_from(index).unwrap_or(u64::MAX).saturating_add(2);
        self.lines.get(index).copied().unwrap_or_else(plain)
    }

    /// The file without its folders: where it lay is nobody's business.
    pub(crate) fn name(&self) -> &str {
        self.file.rsplit(['/', '\\']).next().unwrap_or(self.file)
    }
}

/// The faults of a file found against the registry.
pub(crate) struct Complaints<'a> {
    source: Source<'a>,
    faults: Faults,
}

impl<'a> Complaints<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        Complaints { source, faults: Faults::default() }
    }

    pub(crate) fn add(&mut self, index: usize, column: &str, message: impl Into<String>) {
        let row = self.source.line(index);
        let file = self.source.file.to_owned();
        self.faults.push(Fault { file, row, column: Some(column.to_owned()), message: message.into() });
    }

    pub(crate) fn check(self) -> Result<(), ImportFault> {
        if self.faults.is_empty() { Ok(()) } else { Err(ImportFault::File(self.faults)) }
    }
}

/// Takes territories in, or renames those that are there.
///
/// # Errors
/// The database is not available.
pub fn territories<'a>(
    store: &Store,
    now: DateTime<Utc>,
    file: impl Into<Source<'a>>,
    rows: &[TerritoryRow],
) -> Result<usize, ImportFault> {
    let source: Source<'_> = file.into();
    let all: Vec<Territory> = rows
        .iter()
        .map(|r| Territory { code: r.code, name_kk: r.name_kk.clone(), name_ru: r.name_ru.clone(), level: r.level })
        .collect();
    let listed: String = all.iter().map(|t| format!("{},{},{}\n", t.code, t.name_kk, t.name_ru)).collect();
    store.write(&[Kato::COUNTRY], now, |tx| -> Result<_, ImportFault> {
        territories::save(tx, &all)?;
        let (file, content) = (source.name().to_owned(), sha256_hex(listed.as_bytes()));
        let imported = TerritoriesImported { rows: all.len() as u64, file, content };
        let entry = record(Kato::COUNTRY, PublicAct::ImportTerritories(imported));
        Ok(Written { value: all.len(), entries: vec![entry] })
    })
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
pub fn kindergartens<'a>(
    store: &Store,
    now: DateTime<Utc>,
    file: impl Into<Source<'a>>,
    rows: &[KindergartenRow],
) -> Result<usize, ImportFault> {
    let source: Source<'_> = file.into();
    let held: HashMap<String, Kindergarten> =
        store.read(|c| kindergartens::all(c, None))?.into_iter().map(|k| (k.id.clone(), k)).collect();
    let known = queue_territories(store)?;
    let mut complaints = Complaints::new(source);
    let mut all: BTreeMap<Kato, Vec<Kindergarten>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        if held.get(&row.id).is_some_and(|k| k.territory != row.territory) {
            complaints.add(
                n,
                "territory",
                "this kindergarten stands elsewhere in the registry; a new place needs a new id",
            );
        }
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
    let content = content(rows)?;
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let mut entries = Vec::with_capacity(all.len());
        for (home, kindergartens) in &all {
            kindergartens::save(tx, kindergartens)?;
            let (kindergartens, file) = (kindergartens.len() as u64, source.name().to_owned());
            let imported = KindergartensImported { kindergartens, file, content: content.clone() };
            entries.push(record(*home, PublicAct::ImportKindergartens(imported)));
        }
        Ok(Written { value: rows.len(), entries })
    })
}

fn record(home: Kato, act: PublicAct) -> Entry {
    Entry { home, act: act.into(), actor: OPERATOR.to_owned(), territory: home }
}

/// The hash of a file's rows as an export writes them, however the file was quoted.
fn content<R: Row>(rows: &[R]) -> Result<String, ImportFault> {
    let mut text = Vec::new();
    let written = crate::exchange::write(&mut text, rows);
    written.map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))?;
    Ok(sha256_hex(&text))
}

/// What a group keeps for its life: places, referrals and choices rest on it.
fn fixed(complaints: &mut Complaints<'_>, n: usize, row: &GroupRow, group: &Group) {
    let other = [
        ("kindergarten", group.kindergarten != row.kindergarten),
        ("language", group.language != row.language),
        ("kind", group.kind != row.kind),
    ];
    for (column, _) in other.into_iter().filter(|(_, other)| *other) {
        complaints.add(
            n,
            column,
            format!("group {} has another one in the registry; a new group needs a new id", row.id),
        );
    }
}

/// Takes groups in, or renames and resizes those that are there.
///
/// # Errors
/// Faults of the file against the registry, or the database is not available.
pub fn groups<'a>(
    store: &Store,
    now: DateTime<Utc>,
    file: impl Into<Source<'a>>,
    rows: &[GroupRow],
) -> Result<usize, ImportFault> {
    let source: Source<'_> = file.into();
    let held: HashMap<String, Group> =
        store.read(|c| kindergartens::all_groups(c, None))?.into_iter().map(|g| (g.id.clone(), g)).collect();
    let known: HashMap<String, Kindergarten> =
        store.read(|c| kindergartens::all(c, None))?.into_iter().map(|k| (k.id.clone(), k)).collect();
    let mut complaints = Complaints::new(source);
    let mut all: BTreeMap<Kato, Vec<Group>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        let Some(kindergarten) = known.get(&row.kindergarten) else {
            complaints.add(n, "kindergarten", "there is no such kindergarten; import kindergartens first");
            continue;
        };
        if let Some(group) = held.get(&row.id) {
            fixed(&mut complaints, n, row, group);
        }
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
    let content = content(rows)?;
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let mut entries = Vec::with_capacity(all.len());
        for (home, groups) in &all {
            kindergartens::save_groups(tx, groups)?;
            let (groups, file) = (groups.len() as u64, source.name().to_owned());
            let imported = GroupsImported { groups, file, content: content.clone() };
            entries.push(record(*home, PublicAct::ImportGroups(imported)));
        }
        Ok(Written { value: rows.len(), entries })
    })
}

/// Takes free places in, as the report of a kindergarten would: published at once where the profile has no hour for it.
///
/// # Errors
/// Faults of the file against the registry, or the database is not available.
pub fn places<'a>(
    store: &Store,
    rules: &Rules,
    now: DateTime<Utc>,
    file: impl Into<Source<'a>>,
    rows: &[PlaceRow],
) -> Result<usize, ImportFault> {
    let source: Source<'_> = file.into();
    let (groups, kindergartens): (HashMap<String, Group>, HashMap<String, Kindergarten>) =
        store.read(|c| -> Result<_, StoreError> {
            Ok((
                kindergartens::all_groups(c, None)?.into_iter().map(|g| (g.id.clone(), g)).collect(),
                kindergartens::all(c, None)?.into_iter().map(|k| (k.id.clone(), k)).collect(),
            ))
        })?;
    let mut complaints = Complaints::new(source);
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
        let profile = bound(rules, kindergarten.territory, now)?.profile;
        if let Some(message) = row.reserved.as_ref().and_then(|reserved| unknown_reserve(profile, reserved)) {
            complaints.add(n, "reserved", &message);
            continue;
        }
        let published = profile.publication.value.is_none();
        let place = Place {
            id: String::new(),
            home: group.home,
            group: group.id.clone(),
            queue,
            available_on: row.available_on,
            status: if published { PlaceStatus::Published } else { PlaceStatus::Reported },
            status_at: now,
            reported_at: now,
            published_at: published.then_some(now),
            reason: None,
            reserved: row.reserved.clone(),
        };
        all.entry(group.home).or_default().push((place, row.count));
    }
    complaints.check()?;
    let homes: Vec<Kato> = all.keys().copied().collect();
    let content = content(rows)?;
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let (mut entries, mut kept) = (Vec::with_capacity(all.len()), 0);
        for (home, places) in &all {
            let mut of_home = 0;
            for (place, count) in places {
                let published_at = place.published_at.map(|_| tx.at());
                let place = Place { status_at: tx.at(), reported_at: tx.at(), published_at, ..place.clone() };
                of_home += crate::service::counter::places::keep(tx, &place, *count)?.len();
            }
            kept += of_home;
            let (places, file) = (of_home as u64, source.name().to_owned());
            let imported = PlacesImported { places, file, content: content.clone() };
            entries.push(record(*home, PublicAct::ImportPlaces(imported)));
        }
        Ok(Written { value: kept, entries })
    })
}
