//! Who was passed over, by whom and on which ground: for the family, for whoever reads the referral, and for the auditor.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::instant::instant_text;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::query;
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::facts;
use crate::store::skips::{self, Past, Skip};

/// Entries of one page.
const PAGE: i64 = 200;

/// Which of them are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SkipsIn {
    /// A KATO code; this territory and all below.
    #[serde(default)]
    pub territory: String,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// A child that was passed over for a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SkipView {
    /// When.
    pub at: String,
    /// The number of the place.
    pub place: String,
    /// The application that was passed over.
    pub passed_over: String,
    /// The application that got the place; not told to the family that was passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The code of the profile's ground.
    pub ground: String,
    /// What was shown for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The account that issued the referral.
    pub issued_by: String,
    /// The account of the second person who confirmed.
    pub confirmed_by: String,
    /// The number of the confirmation.
    pub confirmation: String,
}

/// Skips of a territory, the latest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Skips {
    /// Those of the page.
    pub skips: Vec<SkipView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

fn view(
    office: &Office,
    conn: &mut AnyConnection,
    skip: Skip,
    application: Option<String>,
) -> Result<SkipView, Problem> {
    // Where the child was erased its evidence is gone with it.
    let body = facts::body(conn, office.store.vault(), &skip.evidence).ok().flatten();
    let said: Value = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    Ok(SkipView {
        at: instant_text(skip.skipped_at),
        place: skip.place,
        passed_over: skip.application,
        application,
        ground: skip.ground,
        evidence: said.get("evidence").and_then(Value::as_str).map(str::to_owned),
        issued_by: skip.issued_by,
        confirmed_by: skip.confirmed_by,
        confirmation: skip.confirmation,
    })
}

/// Who was passed over in a territory.
///
/// # Errors
/// 403, 422.
pub fn list(office: &Office, principal: &Principal, sent: &SkipsIn) -> Result<Skips, Problem> {
    principal.role_may(Act::ReadSkips)?;
    let territory = query::territory(&sent.territory)?;
    principal.may(Act::ReadSkips, territory)?;
    let after = query::after(sent.cursor.as_deref())?;
    office.store.read(|conn| {
        let found = skips::page(conn, territory, after, PAGE)?;
        let last = query::last_of_full(&found, PAGE);
        let next = last.map(|past| query::cursor(past.skip.skipped_at, &past.skip.confirmation));
        let mut all = Vec::with_capacity(found.len());
        for Past { skip, beneficiary } in found {
            all.push(view(office, conn, skip, Some(beneficiary))?);
        }
        Ok(Skips { skips: all, next })
    })
}

/// By which places went past an application.
///
/// # Errors
/// The database is not available.
pub(crate) fn of_application(
    office: &Office,
    conn: &mut AnyConnection,
    application: &str,
) -> Result<Vec<SkipView>, Problem> {
    let all = skips::of_application(conn, application)?;
    all.into_iter().map(|skip| view(office, conn, skip, None)).collect()
}

/// Whom a place went past on its way to an application.
///
/// # Errors
/// The database is not available.
pub(crate) fn on_the_way(
    office: &Office,
    conn: &mut AnyConnection,
    application: &str,
    place: &str,
) -> Result<Vec<SkipView>, Problem> {
    let all = skips::for_beneficiary(conn, application, place)?;
    all.into_iter().map(|skip| view(office, conn, skip, None)).collect()
}
