//! The registry as a server holds it. When another program imports a decree of the calendar, the rules are exchanged as a
//! whole: every act and every answer sees one set of rules from its beginning to its end.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use crate::rules::Rules;
use crate::service::files::calendar;
use crate::service::kernel::problem::Problem;
use crate::service::registry::Registry;
use crate::store::calendar::versions;

/// A registry whose calendar follows what is imported.
pub struct Running {
    current: RwLock<Arc<Registry>>,
    /// The imported files that the current rules hold, each with the instant of its import.
    files: Mutex<Vec<(String, DateTime<Utc>)>>,
}

impl Running {
    /// Holds a registry. Its rules are compared with the imported files at the first act.
    pub fn new(registry: Arc<Registry>) -> Self {
        Running { current: RwLock::new(registry), files: Mutex::default() }
    }

    /// The registry as it is now.
    pub fn now(&self) -> Arc<Registry> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The registry under the calendar that its rows hold. A calendar that contradicts this program's own is left alone
    /// and warned of: the server goes on with the one that it has.
    ///
    /// # Errors
    /// The database is not available.
    pub fn up_to_date(&self) -> Result<Arc<Registry>, Problem> {
        let registry = self.now();
        let held = registry.office.store.read(versions)?;
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if *files == held {
            return Ok(self.now());
        }
        match calendar::rules(&registry.office.store) {
            Ok(read) => {
                let rules = Rules { calendar: read.calendar, ..(*registry.office.rules).clone() };
                let fresh = Arc::new(registry.under(Arc::new(rules)));
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                tracing::info!(files = held.len(), "the calendar's imported files are taken up");
            }
            Err(problem) => tracing::warn!(%problem, "the imported calendar is not taken up"),
        }
        *files = held;
        Ok(self.now())
    }

    /// Brings positions and calendar up to everything that any process has written.
    ///
    /// # Errors
    /// The database is not available.
    pub fn follow(&self) -> Result<(), Problem> {
        self.up_to_date()?.office.follow_all()
    }
}
