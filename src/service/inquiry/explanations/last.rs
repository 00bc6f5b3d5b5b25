//! The last round in which an application took part, found without reading all rounds of its home.
//!
//! Nothing takes part before its case is decided, nor while it holds a place; that leaves few rounds. Of these the latest is
//! read as a whole, since that is the one most families ask about and it stays in memory. The others are asked for the one
//! line that an application which took part has in their files.

use chrono::{DateTime, Duration, Utc};

use super::kept::KeptPasses;
use super::part::{Part, part};
use crate::domain::application::Application;
use crate::domain::codes::{Decision, Status};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::held;
use crate::store::connection::AnyConnection;
use crate::store::referrals;
use crate::store::rounds::{self, RoundBrief, RoundFilter};

/// Rounds looked through at once, the latest first.
const PAGE: usize = 20;

/// The last round in which an application took part: none of those before it was registered.
pub(super) fn last_part(
    explained: &KeptPasses,
    conn: &mut AnyConnection,
    application: &Application,
) -> Result<Option<(RoundBrief, Part)>, Problem> {
    if application.decision != Decision::Accepted {
        return Ok(None);
    }
    let before = given_at(conn, application)?.map(|at| at + Duration::microseconds(1));
    let filter = RoundFilter { territory: application.home, from: Some(application.registered_at), before };
    let mut after: Option<(DateTime<Utc>, String)> = None;
    let mut is_latest = true;
    loop {
        let page = rounds::page(conn, filter, after.as_ref().map(|(at, id)| (*at, id.as_str())), PAGE as i64)?;
        let ended = page.len() < PAGE;
        after = page.last().map(|round| (round.held_at, round.id.clone()));
        let mut served: Vec<(RoundBrief, String)> = Vec::new();
        for round in page {
            let queues = held::summary(&round)?.queues;
            let Some(own) = queues.iter().find(|served| served.part.queue == application.queue) else { continue };
            if std::mem::take(&mut is_latest) {
                if let Some(part) = part(explained, conn, &round, application)? {
                    return Ok(Some((round, part)));
                }
            } else {
                served.push((round, format!("{}-children.csv", own.files())));
            }
        }
        let files: Vec<(&str, &str)> = served.iter().map(|(round, name)| (round.id.as_str(), name.as_str())).collect();
        // Its id is the first field of its line; a header stands before the first.
        let with = rounds::with_text(conn, &files, &format!("\n{},", application.ticket))?;
        for (round, _) in served.into_iter().filter(|(round, _)| with.contains(&round.id)) {
            if let Some(part) = part(explained, conn, &round, application)? {
                return Ok(Some((round, part)));
            }
        }
        if ended {
            return Ok(None);
        }
    }
}

/// When an application that holds a place got its referral; a round that gave it was held at that instant.
fn given_at(conn: &mut AnyConnection, application: &Application) -> Result<Option<DateTime<Utc>>, Problem> {
    if !matches!(application.status, Status::Referred | Status::Enrolled) {
        return Ok(None);
    }
    Ok(referrals::of_application(conn, &application.number)?.last().map(|referral| referral.issued_at))
}
