//! The office: what every act needs at hand. Rows, law, time and the index of positions, and the one way in which an act is
//! done.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLockReadGuard};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::clock::{Clock, Stopwatch};
use crate::domain::application::Application;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::outside::registers::Registers;
use crate::rules::{Bound, Rules};
use crate::service::journal::chains;
use crate::service::journal::damage::{Damage, Wrong};
use crate::service::journal::fault::ChainFault;
use crate::service::journal::index::{Followed, Index, Live, WentBack};
use crate::service::journal::proof;
use crate::service::kernel::actors::FOLLOWER;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::homes;
use crate::store::{Entry, Store, Transaction, Written, idempotency};
use crate::trust::act::{NumbersSkipped, PublicAct};
use crate::trust::cipher::LookUpKey;
use crate::trust::seal::sha256_hex;
use crate::trust::signature::SignatureVerifier;
use crate::trust::subject::Subject;

/// The service of the seeds that places a child in a queue.
pub const QUEUEING: &str = "queueing";

/// The office of a registry.
pub struct Office {
    /// The rows of the registry, and the one way to write them.
    pub store: Arc<Store>,
    /// The law as dated data, with the calendar's imported files.
    pub rules: Arc<Rules>,
    /// Where every act takes its instant from.
    pub clock: Clock,
    /// The index of positions.
    pub index: Arc<Live>,
    /// The homes that are not whole, as far as this process knows.
    pub damage: Arc<Damage>,
    /// By which children are found by IIN.
    pub look_up: LookUpKey,
    /// Who says whether a portal request's signature is the applicant's.
    pub verifier: Arc<dyn SignatureVerifier>,
    /// The state's registers. Ask them before an act begins to write: no home stays locked while a register thinks.
    pub registers: Registers,
}

/// A client's key for a request that must be done once, with the hash of what it asks.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The key as the client sent it.
    pub key: String,
    /// SHA-256 of route and body.
    pub body_hash: String,
}

impl Idempotency {
    /// A key for this request.
    pub fn new(key: &str, route: &str, body: &[u8]) -> Self {
        let mut hashed = route.as_bytes().to_vec();
        hashed.push(b'\n');
        hashed.extend_from_slice(body);
        Idempotency { key: key.to_owned(), body_hash: sha256_hex(&hashed) }
    }
}

/// Who asks for an act, and under which key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks, by the credential shown.
    pub principal: Principal,
    /// The key, where the client sent one.
    pub idempotency: Option<Idempotency>,
}

/// The answer to an act, as it is kept for a repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, the same for a repetition.
    pub status: u16,
    /// The answer as JSON text, byte for byte what a repetition gets.
    pub body: String,
}

impl Office {
    /// The same office under other rules.
    #[must_use]
    pub(crate) fn under(&self, rules: Arc<Rules>) -> Office {
        Office {
            store: Arc::clone(&self.store),
            rules,
            clock: self.clock.clone(),
            index: Arc::clone(&self.index),
            damage: Arc::clone(&self.damage),
            look_up: self.look_up.clone(),
            verifier: Arc::clone(&self.verifier),
            registers: self.registers.clone(),
        }
    }

    /// The regulation and the profile of a territory at an instant.
    pub(crate) fn bound(&self, territory: Kato, at: DateTime<Utc>) -> Result<Bound<'_>, Problem> {
        bound(&self.rules, territory, at)
    }

    /// The index of positions, each queue in the order that is in force at this instant.
    pub fn index(&self, at: DateTime<Utc>) -> RwLockReadGuard<'_, Index> {
        self.index.at(&self.rules, at)
    }

    /// The civil date of an instant in a territory.
    pub(crate) fn day(&self, territory: Kato, at: DateTime<Utc>) -> NaiveDate {
        self.rules.calendar.civil_day(at, territory)
    }

    /// One act: a repeated request gets its first answer, a new one is done in one transaction, and the live index has
    /// followed before the answer goes out.
    pub(crate) fn perform<T: Serialize>(
        &self,
        caller: &Caller,
        homes: &[Kato],
        status: u16,
        act: impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, Problem>,
    ) -> Result<Answer, Problem> {
        self.perform_as(caller, homes, |_| status, act)
    }

    /// As [`Office::perform`], where what came of it decides the status.
    pub(crate) fn perform_as<T: Serialize>(
        &self,
        caller: &Caller,
        homes: &[Kato],
        status: impl Fn(&T) -> u16,
        mut act: impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, Problem>,
    ) -> Result<Answer, Problem> {
        let home = homes.first().copied().unwrap_or(Kato::COUNTRY);
        // Nearly everything is followed before the homes are locked; what little is left is followed under the lock.
        self.follow(homes)?;
        let answer = self.store.write(homes, self.clock.now(), |tx| -> Result<Written<Answer>, Problem> {
            let key = caller.idempotency.as_ref().map(|given| {
                (idempotency::Key { home, principal: &caller.principal.id, key: &given.key }, &given.body_hash)
            });
            if let Some((key, body_hash)) = &key
                && let Some(answered) = idempotency::find(tx, key)?
            {
                return repeated(answered, body_hash).map(Written::nothing);
            }
            let written = act(tx)?;
            let body = serde_json::to_string(&written.value)
                .map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))?;
            let status = status(&written.value);
            let answer = Answer { status, body };
            if let Some((key, body_hash)) = &key {
                let answered =
                    idempotency::Answered { body_hash: (*body_hash).clone(), status, answer: answer.body.clone() };
                idempotency::insert(tx, key, &answered)?;
            }
            Ok(Written { value: answer, entries: written.entries })
        })?;
        // The act is saved: whatever stops the index now, the answer is that of the act. The follower catches up.
        if let Err(problem) = self.follow(homes) {
            tracing::warn!(%problem, "an act is saved that the positions do not show yet");
        }
        Ok(answer)
    }

    /// Brings the live index up to the journal of these homes.
    pub(crate) fn follow(&self, homes: &[Kato]) -> Result<(), Problem> {
        let look = || self.store.read(|conn| self.index.follow(conn, homes, &self.rules));
        if look()? == Followed::InStep {
            return Ok(());
        }
        // What several notice at once is mended by one of them; the others find it mended.
        let _mending = self.index.mending();
        match look()? {
            Followed::InStep => return Ok(()),
            Followed::OutOfStep => {}
            Followed::Unread(broken) => self.damage.note_unread(broken),
            Followed::WentBack(found) => {
                // Whoever is gone is shown no longer, also where the record of the numbers cannot be written yet.
                if found.seen.head != found.found.head {
                    self.index.note_went_back(&found);
                    self.rebuild()?;
                }
                return self.skip_numbers(&found);
            }
        }
        self.rebuild()
    }

    fn rebuild(&self) -> Result<(), Problem> {
        Ok(self.index.rebuild(&self.store, &self.rules, self.clock.now())?)
    }

    /// A database that was set back would give numbers anew that families were told already: the home goes on behind those
    /// that this process has seen, and a record says so to all others.
    fn skip_numbers(&self, went_back: &WentBack) -> Result<(), Problem> {
        let WentBack { home, seen, .. } = went_back;
        self.store.write(&[*home], self.clock.now(), |tx| {
            let given = homes::end_of(tx.conn(), *home)?.numbers;
            let later = given.or_later(seen.numbers);
            if given.cover(seen.numbers) {
                return Ok(Written::nothing(()));
            }
            tx.skip_to(*home, later)?;
            let skipped = NumbersSkipped { seen: seen.head.clone(), numbers: later };
            let act = PublicAct::SkipNumbers(skipped).into();
            let entry = Entry { home: *home, act, actor: FOLLOWER.to_owned(), territory: *home };
            Ok(Written { value: (), entries: vec![entry] })
        })
    }

    /// Brings the live index up to everything that any process has written.
    ///
    /// # Errors
    /// The database is not available.
    pub fn follow_all(&self) -> Result<(), Problem> {
        let behind = self.store.read(|conn| self.index.behind(conn))?;
        if behind.is_empty() { Ok(()) } else { self.follow(&behind) }
    }

    /// Looks at the ends of all chains: fast, before anything is answered.
    pub fn verify_ends(&self) {
        match chains::wrong_ends(&self.store) {
            Ok(wrong) => wrong.iter().for_each(|fault| self.damage.note_fault(fault)),
            Err(error) => tracing::warn!(%error, "the ends of the chains cannot be looked at now"),
        }
    }

    /// Holds rows and journal against each other, and notes what is wrong; how long that took.
    pub fn verify(&self) -> Duration {
        let (watch, before) = (Stopwatch::start(), self.damage.all());
        match chains::verify(&self.store) {
            Ok(_) => self.damage.note_whole(&before),
            Err(fault) => {
                // The log of reads is looked at when every home is whole.
                if matches!(fault, ChainFault::Reads(_)) {
                    self.damage.note_whole(&before);
                }
                self.damage.note_fault(&fault);
            }
        }
        watch.elapsed()
    }

    /// Nothing where every home is whole, as far as this process knows.
    ///
    /// # Errors
    /// 503 with the home and what is wrong with it.
    pub fn whole(&self) -> Result<(), Problem> {
        self.damage.all().into_iter().next().map_or(Ok(()), |(home, wrong)| Err(damaged(home, wrong)))
    }

    /// Nothing where a home may give something out: a decision, a place, a referral, a contract. A home that does not verify
    /// goes on taking applications, and gives out nothing until it is mended.
    ///
    /// # Errors
    /// 503 with the home and what is wrong with it.
    fn gives_out(&self, home: Kato) -> Result<(), Problem> {
        self.damage.of(home).map_or(Ok(()), |wrong| Err(damaged(home, wrong)))
    }

    /// As [`Office::gives_out`], and the rows of these subjects, which the act gives it out by, are those that the records tell
    /// and seal. Comes before the act changes any of them.
    ///
    /// # Errors
    /// 503 with the home and what is wrong with it.
    pub(crate) fn prove(&self, tx: &mut Transaction<'_>, home: Kato, given: &[Subject]) -> Result<(), Problem> {
        self.gives_out(home)?;
        self.proved(home, proof::prove(tx.conn(), given))
    }

    /// As [`Office::prove`] for the many beside whom something is given out, everybody in these queues: their rows are those
    /// of the openings.
    ///
    /// # Errors
    /// 503 with the home and what is wrong with it.
    pub(crate) fn prove_queues(
        &self,
        tx: &mut Transaction<'_>,
        home: Kato,
        queues: &BTreeSet<QueueKey>,
    ) -> Result<(), Problem> {
        self.gives_out(home)?;
        self.proved(home, proof::prove_queues(tx.conn(), queues))
    }

    fn proved(&self, home: Kato, proved: Result<(), ChainFault>) -> Result<(), Problem> {
        match proved {
            Ok(()) => Ok(()),
            Err(ChainFault::Store(error)) => Err(error.into()),
            Err(fault) => {
                self.damage.note_fault(&fault);
                self.gives_out(fault.home().unwrap_or(home))
            }
        }
    }

    /// Brings the live index up to a locked home, inside its act.
    pub(crate) fn follow_locked(&self, tx: &mut Transaction<'_>, home: Kato) -> Result<(), Problem> {
        match self.index.follow(tx.conn(), &[home], &self.rules)? {
            Followed::InStep => Ok(()),
            Followed::OutOfStep | Followed::Unread(_) | Followed::WentBack(_) => Err(Problem::new(
                Kind::Busy,
                "unavailable",
                "the positions are being rebuilt; send the same request again in a moment",
            )),
        }
    }
}

fn damaged(home: Kato, wrong: Wrong) -> Problem {
    let (code, what, record) = match wrong {
        Wrong::Unread(broken) => ("journal_unreadable", broken.to_string(), Some(broken.seq)),
        // The log says which: the key of a row can tell a child's category, and anyone may ask whether the registry is ready.
        Wrong::Differs(_) => ("home_damaged", "rows of the registry are not what its journal tells".to_owned(), None),
    };
    let message = format!(
        "{what}. Home {home} gives out nothing until this is mended, and goes on taking applications; let the operator run \
         `kezek journal verify`"
    );
    let problem = Problem::new(Kind::Busy, code, message).with("home", home);
    match record {
        Some(record) => problem.with("record", record),
        None => problem,
    }
}

fn repeated(answered: idempotency::Answered, body_hash: &str) -> Result<Answer, Problem> {
    if answered.body_hash == body_hash {
        return Ok(Answer { status: answered.status, body: answered.answer });
    }
    let message = "this Idempotency-Key was used for another request; send a new key with a new request";
    Err(Problem::new(Kind::Invalid, "idempotency_key_reused", message))
}

/// The regulation and the profile that bind a territory for queueing.
pub(crate) fn bound(rules: &Rules, territory: Kato, at: DateTime<Utc>) -> Result<Bound<'_>, Problem> {
    rules
        .bound(QUEUEING, territory, at)
        .map_err(|unbound| Problem::new(Kind::Conflict, "no_regulation", unbound.to_string()))
}

/// The regulation and profile by the instant of the registration.
pub(crate) fn bound_as_registered<'o>(office: &'o Office, application: &Application) -> Result<Bound<'o>, Problem> {
    office.bound(application.territory, application.registered_at)
}
