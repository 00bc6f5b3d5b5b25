//! Where an application goes: its queue there, the wishes and claims that go with it, and what it gives up.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::application::{Application, CategoryClaim};
use crate::domain::codes::Status;
use crate::domain::kato::Kato;
use crate::domain::life::{self, Step};
use crate::domain::queue::QueueKey;
use crate::rules::Bound;
use crate::service::applications::entry;
use crate::service::applications::handed_in::read_preferences;
use crate::service::applications::signed::RequestIn;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::{query, reach};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::{kindergartens, referrals, transfers};

/// A move to another home or territory.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveIn {
    /// The new territory's KATO code.
    pub territory: String,
    /// Preferences there; empty means any. Where they are missing, those of the old list that lie there are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<Vec<String>>,
    /// Only show what would come of it: both numbers, and what is given up. Nothing is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
    /// The number of the referral in hand, where the family gives it up for the move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives_up: Option<String>,
    /// The family's signed request, brought by an official: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why an official moves it without one; then a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Where an application goes.
pub(crate) struct Destination {
    pub(super) territory: Kato,
    /// The territory whose queue serves that.
    pub(super) queue_territory: Kato,
    /// The wishes there.
    pub(super) preferences: Vec<String>,
    /// The wishes that are lost: their kindergartens are outside.
    pub(super) struck: Vec<String>,
    /// The referral that is given up.
    pub(super) gives_up: Option<GivenUp>,
}

/// A referral that a move gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GivenUp {
    pub(super) referral: String,
    pub(super) kindergarten: String,
}

impl Destination {
    /// The application as it would stand there.
    pub(super) fn standing(&self, bound: &Bound<'_>, old: &Application, claims: &[CategoryClaim]) -> Application {
        let tier = entry::tier(bound.profile, claims);
        Application {
            territory: self.territory,
            home: self.queue_territory.home(),
            queue: QueueKey { territory: self.queue_territory, ..old.queue },
            tier,
            stream: bound.profile.stream_of(tier),
            turn: life::turn(Status::InQueue, tier),
            status: Status::InQueue,
            preferences: self.preferences.clone(),
            regulation: bound.regulation.id.clone(),
            profile: bound.profile.code.clone(),
            ..old.clone()
        }
    }
}

/// The claims that the law there knows, and the codes of those that it does not.
pub(super) fn known(bound: &Bound<'_>, claims: Vec<CategoryClaim>) -> (Vec<CategoryClaim>, Vec<String>) {
    let (kept, lost): (Vec<_>, Vec<_>) =
        claims.into_iter().partition(|claim| bound.profile.category(&claim.code).is_some());
    (kept, lost.into_iter().map(|claim| claim.code).collect())
}

/// Reads where an application is to go, which must be another queue than its own.
///
/// # Errors
/// 409 where it stands there already, cannot move, or has a referral in hand that was not named; 422.
pub(crate) fn destination(
    office: &Office,
    conn: &mut AnyConnection,
    at: DateTime<Utc>,
    old: &Application,
    sent: &MoveIn,
) -> Result<Destination, Problem> {
    entry::may_follow(old, Step::Move)?;
    let territory = query::territory(&sent.territory)?;
    if transfers::enrolment_of(conn, &old.number)?.is_some() {
        let message = "a request for a transfer stays with its enrolment; take it back and hand in a new one";
        return Err(Problem::conflict("transfer_cannot_move", message));
    }
    let queue_territory = reach::queue_of(conn, territory)?;
    if queue_territory == old.queue.territory {
        let message = format!("the application already stands in the queue of {queue_territory}");
        return Err(Problem::conflict("already_there", message));
    }
    let (preferences, struck) = match &sent.preferences {
        Some(wishes) => {
            let bound = office.bound(territory, at)?;
            let mut faults = FieldFaults::default();
            let wishes = read_preferences(conn, &mut faults, wishes, queue_territory, &bound)?;
            faults.check()?;
            let struck = old.preferences.iter().filter(|wish| !wishes.contains(wish)).cloned().collect();
            (wishes, struck)
        }
        None => inside(conn, &old.preferences, queue_territory)?,
    };
    let gives_up = in_hand(conn, old)?;
    Ok(Destination { territory, queue_territory, preferences, struck, gives_up })
}

/// The wishes of the old list that are inside a territory, and those that are not.
fn inside(
    conn: &mut AnyConnection,
    wishes: &[String],
    queue_territory: Kato,
) -> Result<(Vec<String>, Vec<String>), Problem> {
    let (mut kept, mut struck) = (Vec::new(), Vec::new());
    for wish in wishes {
        let there = kindergartens::find(conn, wish)?.is_some_and(|k| k.queue_territory.within(queue_territory));
        if there { kept.push(wish.clone()) } else { struck.push(wish.clone()) }
    }
    Ok((kept, struck))
}

fn in_hand(conn: &mut AnyConnection, old: &Application) -> Result<Option<GivenUp>, Problem> {
    let open = referrals::of_application(conn, &old.number)?.into_iter().find(|referral| referral.status.is_open());
    Ok(open.map(|referral| GivenUp { referral: referral.number, kindergarten: referral.kindergarten }))
}

/// Nobody gives a place up by accident: the referral that a move ends is named.
///
/// # Errors
/// 409 where it is not.
pub(crate) fn is_given_up(there: &Destination, named: Option<&str>) -> Result<(), Problem> {
    let Some(GivenUp { referral, kindergarten }) = &there.gives_up else { return Ok(()) };
    if named == Some(referral.as_str()) {
        return Ok(());
    }
    let message = format!(
        "the child has referral {referral} to kindergarten {kindergarten}; a move gives it up. If the family wants that, send its \
         number as `gives_up`"
    );
    Err(Problem::conflict("place_in_hand", message).with("referral", referral))
}
