//! Scans of what was handed in on paper: requests, proofs, acts of courts. What a file is, its content says and not its name; nobody is
//! shown one inside a page.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::queue::Numbered;
use crate::service::applications::identity;
use crate::service::kernel::keys;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::scans::{self, Owner, Scan};
use crate::store::{Entry, StoreError, Written};
use crate::trust::act::{ChildAct, ScanKept};
use crate::trust::seal::sha256_hex;
use crate::trust::subject::{Subject, SubjectKind};

/// The largest scan, in bytes: some pages of a telephone's camera.
pub const SCAN_MAX: usize = 10 * 1024 * 1024;

/// What a scan may be, with the bytes that it begins with.
const MEDIA: &[(&str, &[u8])] =
    &[("application/pdf", b"%PDF-"), ("image/jpeg", b"\xff\xd8\xff"), ("image/png", b"\x89PNG\r\n\x1a\n")];

/// A file as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the sender calls it.
    pub media: Option<String>,
    /// The number of the application that it belongs to; without one it belongs to the first that it is shown for.
    pub application: Option<String>,
}

/// A scan that is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScanView {
    /// Its id, for `request.scan`.
    pub id: String,
    /// The number of the application that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// What it is, by its content.
    pub media: String,
    /// How large it is, in bytes.
    pub bytes: i32,
    /// SHA-256 of its bytes, as the journal holds it.
    pub sha256: String,
    /// When it was uploaded.
    pub uploaded_at: String,
}

impl From<&Scan> for ScanView {
    fn from(scan: &Scan) -> Self {
        ScanView {
            id: scan.id.clone(),
            application: scan.of.as_ref().map(|own| own.application.clone()),
            media: scan.media.clone(),
            bytes: scan.bytes,
            sha256: scan.hash.clone(),
            uploaded_at: instant_text(scan.uploaded_at),
        }
    }
}

/// The scans of an application, the oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Scans {
    /// What is known of each.
    pub papers: Vec<ScanView>,
}

/// A scan on its way out.
#[derive(Clone, Debug)]
pub struct ScanFile {
    /// What it is.
    pub media: String,
    /// What to call it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

fn media_of(sent: &Sent) -> Result<&'static str, Problem> {
    if sent.bytes.is_empty() {
        return Err(Problem::invalid("file", "missing", "send the bytes of a scan"));
    }
    let found = MEDIA.iter().find(|(_, begins)| sent.bytes.starts_with(begins)).map(|(media, _)| *media);
    let Some(found) = found else {
        return Err(Problem::invalid("file", "unknown_media", "send a PDF, a JPEG or a PNG; this is none of them"));
    };
    let said = sent.media.as_deref().map(|said| said.split(';').next().unwrap_or_default().trim().to_lowercase());
    let said = said.filter(|said| MEDIA.iter().any(|(media, _)| media == said));
    match said {
        Some(said) if said != found => {
            let message = format!("this was sent as {said} and is {found}; send it as what it is");
            Err(Problem::invalid("file", "media_differs", message))
        }
        _ => Ok(found),
    }
}

/// Keeps a scan.
///
/// # Errors
/// 403, 404 for the application, 422 for what is none, 503 where the folder cannot take it.
pub fn keep(office: &Office, caller: &Caller, sent: &Sent) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::KeepScan)?;
    if let Some(number) = &sent.application {
        home_of(number, Numbered::Application, "application")?;
        office.store.read(|conn| may_on_scan(conn, &caller.principal, Act::KeepScan, Some(number)))?;
    }
    let media = media_of(sent)?;
    let scan = Scan {
        id: keys::random_key(),
        of: None,
        media: media.to_owned(),
        bytes: i32::try_from(sent.bytes.len()).unwrap_or(i32::MAX),
        hash: sha256_hex(&sent.bytes),
        uploaded_by: caller.principal.id.clone(),
        uploaded_at: office.clock.now(),
        erased_at: None,
    };
    let Some(number) = &sent.application else {
        if caller.principal.role == Role::Family {
            return Err(Problem::invalid("application", "missing", "name the application that the paper belongs to"));
        }
        office.store.upload(&scan, &sent.bytes).map_err(shelf)?;
        let body = serde_json::to_string(&ScanView::from(&scan));
        let body = body.map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))?;
        return Ok(Answer { status: 201, body });
    };
    let home = home_of(number, Numbered::Application, "application")?;
    office.store.upload(&scan, &sent.bytes).map_err(shelf)?;
    office.perform(caller, &[home], 201, |tx| {
        let application = load(tx.conn(), number)?;
        may_on_scan(tx.conn(), &caller.principal, Act::KeepScan, Some(number))?;
        let owner = Owner { home, application: number.clone() };
        scans::belong(tx, &scan, &owner)?;
        let scan = Scan { of: Some(owner), ..scan.clone() };
        let told = ScanKept { scan: scan.id.clone(), role: caller.principal.role };
        let act = ChildAct::KeepScan(told).told_to(Subject::of(SubjectKind::Scan, &scan.id));
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: ScanView::from(&scan), entries: vec![entry] })
    })
}

fn shelf(error: StoreError) -> Problem {
    match error {
        StoreError::Shelf(why) => {
            tracing::warn!(%why, "a scan cannot be kept or read");
            let message = "scans cannot be kept or read now; send the same request again later, and tell the operator";
            Problem::new(Kind::Busy, "scans_unavailable", message)
        }
        other => other.into(),
    }
}

/// Whether a caller reaches the application of a scan; of one that belongs to none, nobody but who uploaded it.
fn may_on_scan(
    conn: &mut AnyConnection,
    principal: &Principal,
    act: Act,
    application: Option<&str>,
) -> Result<(), Problem> {
    match application {
        Some(number) => {
            let application = load(conn, number)?;
            may_on(conn, principal, act, &application)
        }
        None => Err(Problem::not_found("paper")),
    }
}

/// A scan with its bytes.
///
/// # Errors
/// 403, 404, 410 where it was erased with its child, 503 where the folder does not hold it.
pub fn file(office: &Office, principal: &Principal, id: &str) -> Result<ScanFile, Problem> {
    principal.role_may(Act::ReadScan)?;
    let scan = office.store.read(|conn| -> Result<_, Problem> {
        let plain = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let found = if plain { scans::find(conn, id)? } else { None };
        let scan = found.ok_or_else(|| Problem::not_found("paper"))?;
        let uploaded = scan.uploaded_by == principal.id;
        if !uploaded || principal.role == Role::Family {
            may_on_scan(conn, principal, Act::ReadScan, scan.of.as_ref().map(|own| own.application.as_str()))?;
        }
        if let Some(own) = &scan.of
            && let Some(since) = identity::known_since(conn, principal, &own.application)?
            && scan.uploaded_at < since
        {
            return Err(Problem::not_found("paper"));
        }
        Ok(scan)
    })?;
    if scan.erased_at.is_some() {
        return Err(StoreError::Erased(scan.id).into());
    }
    let bytes = office.store.scanned(&scan).map_err(shelf)?;
    let ending = scan.media.rsplit('/').next().unwrap_or_default();
    Ok(ScanFile { name: format!("{}.{ending}", scan.id), media: scan.media, bytes })
}

/// The scans of an application.
///
/// # Errors
/// 403, 404.
pub fn of_application(office: &Office, principal: &Principal, number: &str) -> Result<Scans, Problem> {
    principal.role_may(Act::ReadApplication)?;
    home_of(number, Numbered::Application, "application")?;
    office.store.read(|conn| {
        may_on_scan(conn, principal, Act::ReadApplication, Some(number))?;
        let since = identity::known_since(conn, principal, number)?;
        let mut all = scans::of_application(conn, number)?;
        all.retain(|scan| scan.erased_at.is_none() && since.is_none_or(|since| scan.uploaded_at >= since));
        Ok(Scans { papers: all.iter().map(ScanView::from).collect() })
    })
}
