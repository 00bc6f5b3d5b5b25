//! An application's part in a committed round.

use std::sync::Arc;

use super::kept::{KeptPasses, Pass};
use crate::domain::application::Application;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::held::{self, ServedQueue};
use crate::store::connection::AnyConnection;
use crate::store::rounds::RoundBrief;

/// An application's part in a round: the pass of its queue, and its position there.
pub(super) struct Part {
    pub(super) pass: Arc<Pass>,
    pub(super) child: u32,
}

/// An application's part in a round; `None` where it took none.
pub(super) fn part(
    explained: &KeptPasses,
    conn: &mut AnyConnection,
    round: &RoundBrief,
    application: &Application,
) -> Result<Option<Part>, Problem> {
    // An application keeps its number and its ticket only while it stays in its queue.
    let summary = held::summary(round)?;
    let own = |served: &&ServedQueue| served.part.queue == application.queue;
    let Some(served) = summary.queues.iter().find(own) else { return Ok(None) };
    let pass = explained.pass(conn, round, &summary, served)?;
    Ok(pass.child(application.ticket).map(|child| Part { pass, child }))
}
