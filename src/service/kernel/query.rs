//! What questions are asked with, read in one way wherever they are asked: a territory, an instant, and where the page
//! before ended. Lists of what happened page by instant and id.

use chrono::{DateTime, Utc};

use super::problem::Problem;
use crate::domain::instant::{instant_text, read_instant};
use crate::domain::kato::Kato;

/// A territory by its KATO code.
///
/// # Errors
/// 422 `wrong_territory`.
pub(crate) fn territory(text: &str) -> Result<Kato, Problem> {
    Kato::parse(text.trim()).map_err(|e| Problem::invalid("territory", "wrong_territory", e.to_string()))
}

/// An instant. A plus sign that a form turned into a space is read as what was meant.
///
/// # Errors
/// 422 `wrong_instant`.
pub(crate) fn instant(field: &str, text: &str) -> Result<DateTime<Utc>, Problem> {
    read_instant(&text.trim().replace(' ', "+")).map_err(|e| Problem::invalid(field, "wrong_instant", e.to_string()))
}

/// Where a page ends: instant and id of its last row, as one text.
pub(crate) fn cursor(at: DateTime<Utc>, id: &str) -> String {
    format!("{}|{id}", instant_text(at))
}

/// Reads what [`cursor`] wrote; nothing where the first page is asked for.
///
/// # Errors
/// 422 `wrong_cursor`.
pub(crate) fn after(cursor: Option<&str>) -> Result<Option<(DateTime<Utc>, &str)>, Problem> {
    let Some(text) = cursor else { return Ok(None) };
    let read = text.split_once('|').and_then(|(at, id)| Some((read_instant(at).ok()?, id)));
    let wrong = || Problem::invalid("cursor", "wrong_cursor", "send the cursor exactly as `next` gave it");
    read.ok_or_else(wrong).map(Some)
}

/// The last row of a page that is full, so that another may follow; nothing at the end of a list.
pub(crate) fn last_of_full<T>(page: &[T], most: i64) -> Option<&T> {
    page.last().filter(|_| i64::try_from(page.len()).is_ok_and(|rows| rows >= most))
}
