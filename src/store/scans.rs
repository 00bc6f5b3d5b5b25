//! Scans of papers: what is known of each, and its bytes, which lie sealed in a folder beside the database. The key is the scan's own, so
//! that it can be destroyed with the child whose paper it was.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::scans::Row;
use super::schema::{applications, scans, uploads};
use super::tables::uploads::{Row as UploadRow, put as put_upload};
use super::vault::{KeyId, destroy, sealed};
use super::{Store, StoreError, Transaction};
use crate::domain::kato::Kato;

/// What is sealed.
const BYTES: &str = "scans.bytes";

/// What is known of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// A random key.
    pub id: String,
    /// The application that it belongs to; none until it is used.
    pub of: Option<Owner>,
    /// Its media type, by its content.
    pub media: String,
    /// How large it is.
    pub bytes: i32,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// The account or the representative that uploaded it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: DateTime<Utc>,
    /// When it was erased with its child.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Whose a scan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The home of the application.
    pub home: Kato,
    /// Its number.
    pub application: String,
}

fn noun(row: Row) -> Result<Scan, StoreError> {
    Ok(Scan {
        id: row.id,
        of: Some(Owner { home: kato_from_column(row.home)?, application: row.application }),
        media: row.media,
        bytes: row.bytes,
        hash: row.hash,
        uploaded_by: row.uploaded_by,
        uploaded_at: from_column(row.uploaded_at),
        erased_at: row.erased_at.map(from_column),
    })
}

fn loose(row: UploadRow) -> Scan {
    Scan {
        id: row.id,
        of: None,
        media: row.media,
        bytes: row.bytes,
        hash: row.hash,
        uploaded_by: row.uploaded_by,
        uploaded_at: from_column(row.uploaded_at),
        erased_at: None,
    }
}

/// The scan with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Scan>, StoreError> {
    let row: Option<Row> = scans::table.find(id).get_result(conn).optional()?;
    if let Some(row) = row {
        return noun(row).map(Some);
    }
    let row: Option<UploadRow> = uploads::table.find(id).get_result(conn).optional()?;
    Ok(row.map(loose))
}

/// Those of an application, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, application: &str) -> Result<Vec<Scan>, StoreError> {
    let rows: Vec<Row> =
        scans::table.filter(scans::application.eq(application)).order((scans::uploaded_at, scans::id)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Lets an uploaded scan belong to an application from now on, so that the act tells it.
///
/// # Errors
/// The database refuses.
pub fn belong(tx: &mut Transaction<'_>, scan: &Scan, to: &Owner) -> Result<(), StoreError> {
    diesel::delete(uploads::table.find(&scan.id)).execute(tx.conn())?;
    let row = Row {
        id: scan.id.clone(),
        home: kato_to_column(to.home),
        application: to.application.clone(),
        media: scan.media.clone(),
        bytes: scan.bytes,
        hash: scan.hash.clone(),
        uploaded_by: scan.uploaded_by.clone(),
        uploaded_at: to_column(scan.uploaded_at),
        erased_at: None,
    };
    Row::insert(tx, &[row])
}

/// Destroys the keys of the scans of a child that is erased; their bytes are taken out of the folder, where they open for nobody
/// any more.
///
/// # Errors
/// The database refuses.
pub(super) fn erase(tx: &mut Transaction<'_>, child: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let ids: Vec<String> = scans::table
        .inner_join(applications::table.on(scans::application.eq(applications::number)))
        .filter(applications::child.eq(child))
        .select(scans::id)
        .load(tx.conn())?;
    for id in ids {
        let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(scans::table.find(&id))
            .set(scans::erased_at.eq(Some(at)))
            .returning(scans::all_columns)
            .get_results(c))?;
        tx.tell(&left);
        destroy(tx.conn(), KeyId::of_number(&id))?;
        if let Ok(shelf) = tx.vault().shelf() {
            // What stays behind opens under no key.
            let _ = fs::remove_file(shelf.join(&id));
        }
    }
    Ok(())
}

fn put(shelf: &Path, id: &str, sealed: &[u8]) -> std::io::Result<()> {
    // As the database and its keys: for the account of the server alone.
    let (mut folder, mut options) = (fs::DirBuilder::new(), fs::OpenOptions::new());
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    folder.recursive(true).create(shelf)?;
    let (path, half) = (shelf.join(id), shelf.join(format!("{id}.part")));
    let mut file = options.write(true).create(true).truncate(true).open(&half)?;
    file.write_all(sealed)?;
    file.sync_all()?;
    fs::rename(&half, &path)?;
    fs::File::open(shelf)?.sync_all()
}

impl Store {
    /// Brings the scans of a registry that is to be copied, sealed as they are, into the own folder. Where a folder is not named
    /// they stay where they are, where they open with the copy's keys too; gives how many.
    ///
    /// # Errors
    /// A scan that is not there, or a folder that does not take it.
    pub fn take_scans(&self, source: &Store) -> Result<usize, StoreError> {
        let ids = source.read(|conn| -> Result<Vec<String>, StoreError> {
            let mut ids: Vec<String> = scans::table.filter(scans::erased_at.is_null()).select(scans::id).load(conn)?;
            ids.extend(uploads::table.select(uploads::id).load::<String>(conn)?);
            Ok(ids)
        })?;
        let (Ok(from), Ok(to)) = (source.vault().shelf(), self.vault().shelf()) else { return Ok(ids.len()) };
        for id in ids.iter().filter(|_| from != to) {
            let carried = fs::read(from.join(id)).and_then(|sealed| put(to, id, &sealed));
            carried.map_err(|error| StoreError::Shelf(format!("scan {id} cannot be brought along: {error}")))?;
        }
        Ok(0)
    }

    /// Keeps what was uploaded: its bytes lie in the folder, synced, before anything names them.
    ///
    /// # Errors
    /// The folder or the database refuses.
    pub fn upload(&self, scan: &Scan, bytes: &[u8]) -> Result<(), StoreError> {
        let shelf = self.vault().shelf()?;
        self.read(|conn| {
            let id = KeyId::of_number(&scan.id);
            let keys = self.vault().keys_to_seal(conn, &HashSet::from([id]))?;
            let key = keys.get(&id).ok_or_else(|| StoreError::Other("a key was not made".to_owned()))?;
            put(shelf, &scan.id, &sealed(id, key, BYTES, bytes)).map_err(|error| {
                StoreError::Shelf(format!("the scan cannot be kept in the folder {}: {error}", shelf.display()))
            })?;
            let row = UploadRow {
                id: scan.id.clone(),
                media: scan.media.clone(),
                bytes: scan.bytes,
                hash: scan.hash.clone(),
                uploaded_by: scan.uploaded_by.clone(),
                uploaded_at: to_column(scan.uploaded_at),
            };
            put_upload(conn, &[row])
        })
    }

    /// Forgets what was uploaded before an instant and belongs to no application; how many.
    ///
    /// # Errors
    /// The database is not available.
    pub fn forget_uploads(&self, before: DateTime<Utc>) -> Result<usize, StoreError> {
        self.read(|conn| {
            let old = uploads::table.filter(uploads::uploaded_at.lt(to_column(before)));
            let ids: Vec<String> = old.select(uploads::id).load(conn)?;
            for id in &ids {
                diesel::delete(uploads::table.find(id)).execute(conn)?;
                destroy(conn, KeyId::of_number(id))?;
                if let Ok(shelf) = self.vault().shelf() {
                    let _ = fs::remove_file(shelf.join(id));
                }
            }
            Ok(ids.len())
        })
    }

    /// The bytes of a scan.
    ///
    /// # Errors
    /// [`StoreError::Shelf`] where the folder does not hold what was kept; the database is not available.
    pub fn scanned(&self, scan: &Scan) -> Result<Vec<u8>, StoreError> {
        let path = self.vault().shelf()?.join(&scan.id);
        let sealed = fs::read(&path)
            .map_err(|error| StoreError::Shelf(format!("scan {} is not in the folder: {error}", scan.id)))?;
        let changed = || StoreError::Shelf(format!("scan {} is not what was kept", scan.id));
        let bytes = match self.read(|conn| self.vault().open_bytes(conn, BYTES, &sealed)) {
            Err(StoreError::Damaged(_)) => return Err(changed()),
            opened => opened?,
        };
        if crate::trust::seal::sha256_hex(&bytes) == scan.hash { Ok(bytes) } else { Err(changed()) }
    }
}
