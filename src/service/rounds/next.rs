//! The child who is due for the next open place, and why.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::ahead::{self, AheadCause};
use super::compute::offer::KeptPlace;
use super::compute::run;
use super::compute::scope::Scope;
use super::due::{family_of, gives_by_round, kept_together, nobody_due, round_decides};
use super::memory::StandingRounds;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::reach;
use crate::service::kernel::words::{Said, say, say_each};
use crate::service::office::Office;
use crate::service::positions::view;
use crate::service::referrals::row::RoundRow;

/// Who is due for the next place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Next {
    /// The place; none where no place of the territory has a child.
    pub place: Option<String>,
    /// The application that is due for it; none where there is no place.
    pub application: Option<String>,
    /// The row of the dry round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<RoundRow>,
    /// The rows of brothers and sisters who are placed together with it: the same act refers them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<RoundRow>,
    /// Why it is due, or that only a round gives out the places there are.
    pub reasons: Vec<NextReason>,
    /// To be sent back with the referral; opaque.
    pub state: String,
    /// The places that wait for children who apply together, until there is room for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptPlace>,
    /// How many places are open in the territory.
    pub open_places: usize,
}

/// Why a child is due.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NextReason {
    /// `next_child`, or `round_decides` where only a round gives places.
    pub code: &'static str,
    /// Those who stand ahead of it in the queue, by why they do not get the place: they add up to all who do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Vec<AheadCause>>,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

/// The child who is due for the next open place of a territory, or for the open place that is named.
///
/// # Errors
/// 403, 409 where nobody can use the place that is named, 422.
pub fn next(
    office: &Office,
    rounds: &StandingRounds,
    principal: &Principal,
    territory: &str,
    place: Option<&str>,
) -> Result<Next, Problem> {
    principal.role_may(Act::SeeNext)?;
    let territory = reach::scope(&office.store, territory)?;
    principal.may(Act::SeeNext, territory)?;
    let at = office.clock.now();
    let by_round = |row: &&RoundRow| gives_by_round(office, row.queue, at);
    let (outcome, row, causes, seq) = office.store.read_snapshot(|conn| -> Result<_, Problem> {
        let outcome = run::standing(&Scope { office, territory, at, without: &[], only: None }, conn, rounds)?;
        let named = |row: &&RoundRow| place.is_none_or(|place| row.place == place);
        let row = outcome.rows.iter().find(|row| !by_round(row) && named(row)).cloned();
        let causes = match &row {
            Some(row) => ahead::causes_ahead(office, rounds, conn, &outcome, row, at)?,
            None => Vec::new(),
        };
        let seq = crate::store::homes::end_of(conn, territory.home())?.head.seq;
        Ok((outcome, row, causes, seq))
    })?;
    if let (Some(place), None) = (place, &row) {
        if let Some(kept) = outcome.kept.iter().find(|kept| kept.place == *place) {
            return Err(kept_together(office, kept));
        }
        let given = outcome.rows.iter().any(|row| row.place == *place);
        return Err(if given { round_decides(office) } else { nobody_due() });
    }
    let held_back = outcome.rows.iter().any(|row| by_round(&row));
    let open_places = outcome.rows.len() + outcome.left.len() + outcome.kept.len();
    let reasons = match &row {
        Some(row) => vec![next_reason(office, row, causes, at)],
        None if held_back => {
            vec![NextReason { code: "round_decides", ahead: None, text: say(&office.rules, "round_decides", &[]) }]
        }
        None => Vec::new(),
    };
    Ok(Next {
        place: row.as_ref().map(|r| r.place.clone()),
        application: row.as_ref().map(|r| r.application.clone()),
        together: row.as_ref().map(|r| family_of(&outcome.rows, r)).unwrap_or_default(),
        row,
        reasons,
        kept: outcome.kept,
        state: format!("{}-{seq}", territory.home()),
        open_places,
    })
}

pub(crate) fn next_reason(office: &Office, row: &RoundRow, causes: Vec<AheadCause>, at: DateTime<Utc>) -> NextReason {
    let standing = view::position_of(office, &row.application, at);
    // Who stands ahead is said of the place, not of the queue; then the rule of its order.
    let rule = standing.iter().flat_map(|s| s.reasons.iter().filter(|r| r.ahead.is_none()).map(|r| &r.text));
    let texts: Vec<Said> = std::iter::once(ahead::said_ahead(office, &causes)).chain(rule.cloned()).collect();
    let all = Said::each(|tongue| {
        texts.iter().map(|t| t.get(tongue)).collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
    });
    let number = Said::same(&row.application);
    let text = say_each(&office.rules, "next_child", &[("application", &number), ("reasons", &all)]);
    NextReason { code: "next_child", ahead: Some(causes), text }
}
