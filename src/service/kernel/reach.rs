//! How far a code reaches: the city as a whole for the city's own code, the rural district for its settlements. A queue
//! belongs to these, so whoever asks about or answers for a part is asking about or answering for the whole.

use chrono::{DateTime, NaiveDate, Utc};

use super::problem::Problem;
use super::query;
use crate::domain::kato::Kato;
use crate::domain::territory::Level;
use crate::rules::hours::COUNTRY_ZONE;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, territories};

/// The territory whose queues serve this one; `None` for an oblast or a code that the classifier does not hold.
pub(crate) fn queue_territory(conn: &mut AnyConnection, territory: Kato) -> Result<Option<(Kato, Level)>, StoreError> {
    let Some(found) = territories::find(conn, territory)? else { return Ok(None) };
    let unit = Kato::from_number(territory.number() / 1000 * 1000).unwrap_or(territory);
    let unit_is_known = unit == territory || territories::find(conn, unit)?.is_some();
    Ok(found.queue_territory(|code| code == unit && unit_is_known).map(|queue| (queue, found.level)))
}

/// The territory that a credential reaches. The akim of a city answers for the city as a whole, the akim of a rural
/// district for its settlements; the akim of a district inside a city only for that district, which has no queue.
pub(crate) fn of_credential(conn: &mut AnyConnection, territory: Kato) -> Result<Kato, StoreError> {
    // Homes, rural districts and everything above stand for themselves; only the main city's block (10) does not.
    let plain = territory.number().is_multiple_of(1000) && territory.number() / 1000 % 100 != 10;
    if plain {
        return Ok(territory);
    }
    Ok(match queue_territory(conn, territory)? {
        Some((queue, Level::City | Level::Settlement)) => queue,
        _ => territory,
    })
}

/// A scope that lies in one home, widened to the territory whose queues serve it.
///
/// # Errors
/// 422 for what is no code, and for a territory above a home.
pub(crate) fn scope(store: &Store, text: &str) -> Result<Kato, Problem> {
    let territory = query::territory(text)?;
    if !territory.home().is_home() || territory == Kato::COUNTRY {
        let message =
            format!("{territory} holds no queues of its own; name a district or a city in it, or a part of one");
        return Err(Problem::invalid("territory", "territory_without_queue", message));
    }
    let served = store.read(|conn| queue_territory(conn, territory))?;
    Ok(served.map_or(territory, |(queue, _)| queue))
}

/// The territory whose queue serves one that was named: it must be known, and have a queue.
///
/// # Errors
/// 422 for an unknown territory and for an oblast.
pub(crate) fn queue_of(conn: &mut AnyConnection, territory: Kato) -> Result<Kato, Problem> {
    if territories::find(conn, territory)?.is_none() {
        let message = format!("{territory} is not in the classifier of this registry; look the code up");
        return Err(Problem::invalid("territory", "unknown_territory", message));
    }
    queue_territory(conn, territory)?.map(|(queue, _)| queue).ok_or_else(|| {
        let message = format!("{territory} is an oblast; name a district, city, rural district or village in it");
        Problem::invalid("territory", "territory_without_queue", message)
    })
}

/// The civil day by which mandates begin and end: that of the capital, for one may reach over several zones.
pub(crate) fn mandate_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&COUNTRY_ZONE).date_naive()
}
