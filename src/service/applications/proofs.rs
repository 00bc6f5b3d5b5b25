//! Proofs of categories: an official judges them, and the clock ends those that nobody confirmed in their term.
//!
//! A claimed proof counts until its term (ARCHITECTURE: proofs). A rejected one, whoever rejected it, returns the entry to the
//! tier of what is left, at its own original instant; a proof confirmed later gives the tier back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::entry::{self, Stands, Turned};
use crate::domain::application::{Application, CategoryClaim};
use crate::domain::codes::ProofStatus;
use crate::domain::instant::ToldInstant;
use crate::domain::kato::Kato;
use crate::domain::life;
use crate::domain::queue::Numbered;
use crate::rules::Rules;
use crate::rules::profile::Profile;
use crate::service::kernel::actors::CLOCK;
use crate::service::kernel::keys;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{self, Answer, Caller, Office, bound};
use crate::store::applications::{self, Unjudged};
use crate::store::{Entry, Transaction, Written};
use crate::trust::act::{ChildAct, JournalAct, ProofJudged, ProofsLapsed};
use crate::trust::subject::Subject;

/// Applications whose proofs end in one record.
const RECORD: usize = 500;

/// A verdict on the proof of a category.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofIn {
    /// The code of a category that the application claims.
    pub category: String,
    /// `confirmed`, or `rejected`: then the claim no longer counts.
    pub verdict: String,
    /// On what the verdict rests.
    pub evidence: String,
}

/// Confirms or rejects the proof of a category. A rejected one returns the entry to the tier of what is left, at its
/// own original instant.
///
/// # Errors
/// 403, 404, 409, 422.
pub fn judge_proof(office: &Office, caller: &Caller, number: &str, sent: &ProofIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::JudgeProof)?;
    let home = home_of(number, Numbered::Application, "application")?;
    let mut faults = FieldFaults::default();
    let evidence = faults.text("evidence", &sent.evidence, 2_000);
    let verdict = match sent.verdict.as_str() {
        "confirmed" => Some(ProofStatus::Confirmed),
        "rejected" => Some(ProofStatus::Rejected),
        _ => {
            faults.add("verdict", "wrong_verdict", "write confirmed or rejected");
            None
        }
    };
    let (Some(evidence), Some(verdict)) = (evidence, verdict) else { return Err(Problem::from(faults)) };
    office.perform(caller, &[home], 200, |tx| {
        let mut application = load(tx.conn(), number)?;
        caller.principal.may(Act::JudgeProof, application.territory)?;
        if !life::is_live(application.status) {
            let message = format!("application {number} is {}; its proofs no longer matter", application.status);
            return Err(Problem::conflict("wrong_state", message));
        }
        let mut claims = applications::claims(tx.conn(), office.store.vault(), number)?;
        let Some(claim) = claims.iter_mut().find(|c| c.code == sent.category) else {
            return Err(Problem::invalid(
                "category",
                "category_not_claimed",
                "the application claims no such category",
            ));
        };
        claim.status = verdict;
        applications::save_proof(tx, number, claim)?;
        let bound = office::bound_as_registered(office, &application)?;
        let turned = retier(tx, &mut application, bound.profile, &claims)?;
        entry::settle(tx, &office.rules, application.queue, turned)?;
        let of = Subject::seat(number);
        keys::keep(tx, home, of.clone(), &json!({"category": sent.category, "evidence": evidence}))?;
        let judged = ProofJudged { application: number.to_owned(), role: caller.principal.role, verdict };
        let act = ChildAct::JudgeProof(judged).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: Stands { number: number.to_owned(), status: application.status }, entries: vec![entry] })
    })
}

/// Takes an application to the tier of the claims that count; its queue is not yet settled.
pub(crate) fn retier(
    tx: &mut Transaction<'_>,
    application: &mut Application,
    profile: &Profile,
    claims: &[CategoryClaim],
) -> Result<Turned, Problem> {
    let tier = entry::tier(profile, claims);
    if tier == application.tier {
        return Ok(Turned::Stayed);
    }
    application.tier = tier;
    application.stream = profile.stream_of(tier);
    applications::save_standing(tx, [&*application])?;
    Ok(Turned::Moved)
}

/// The last day on which a claimed proof may be confirmed, counted from when it was claimed; nothing where the profile sets no
/// term.
pub(crate) fn confirm_by(rules: &Rules, profile: &Profile, territory: Kato, claim: &Unjudged) -> Option<NaiveDate> {
    let term = profile.proof_term_of(&claim.code)?;
    Some(rules.calendar.valid_until(claim.claimed_at, territory, term, profile.counting_start.value).value)
}

/// Ends the claimed proofs of a home whose term is over at `at`: they count as rejected, at the end of their last day. Gives
/// how many applications had such proofs; their records are appended.
///
/// # Errors
/// The database is not available.
pub(crate) fn lapse(tx: &mut Transaction<'_>, rules: &Rules, home: Kato, at: DateTime<Utc>) -> Result<usize, Problem> {
    let mut over: Vec<Lapsed<'_>> = Vec::new();
    for (number, claimed) in applications::unjudged(tx.conn(), home)? {
        let application = load(tx.conn(), &number)?;
        let today = rules.calendar.civil_day(at, application.territory);
        let profile = bound(rules, application.territory, application.registered_at)?.profile;
        let last = |claim: &Unjudged| confirm_by(rules, profile, application.territory, claim);
        let over_now = claimed.into_iter().filter(|claim| last(claim).is_some_and(|last| last < today));
        let ended: Vec<String> = over_now.map(|claim| claim.code).collect();
        if !ended.is_empty() {
            over.push(Lapsed { application, profile, ended });
        }
    }
    for batch in over.chunks_mut(RECORD) {
        let entry = end(tx, rules, home, at, batch)?;
        // At once, so that each record tells the rows of its own batch.
        tx.append(&[entry])?;
    }
    Ok(over.len())
}

/// An application with claimed proofs whose term is over.
struct Lapsed<'a> {
    application: Application,
    /// The profile that set the term.
    profile: &'a Profile,
    /// The codes of the categories that nobody confirmed in their term.
    ended: Vec<String>,
}

fn end(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    home: Kato,
    at: DateTime<Utc>,
    over: &mut [Lapsed<'_>],
) -> Result<Entry, Problem> {
    let mut queues = BTreeSet::new();
    let mut told = BTreeMap::new();
    for Lapsed { application, profile, ended } in over {
        let vault = tx.vault();
        let mut claims = applications::claims(tx.conn(), vault, &application.number)?;
        for claim in claims.iter_mut().filter(|c| ended.contains(&c.code)) {
            claim.status = ProofStatus::Rejected;
            applications::save_proof(tx, &application.number, claim)?;
        }
        if retier(tx, application, profile, &claims)? == Turned::Moved {
            queues.insert(application.queue);
        }
        let lapsed = ProofsLapsed {
            application: application.number.clone(),
            proofs: ended.len() as u64,
            tier: application.tier,
            due_at: ToldInstant(at),
            verdict: ProofStatus::Rejected,
        };
        told.insert(Subject::seat(&application.number), ChildAct::LapseProofs(lapsed));
    }
    for queue in queues {
        entry::settle(tx, rules, queue, Turned::Moved)?;
    }
    Ok(Entry { home, act: JournalAct::Child(told), actor: CLOCK.to_owned(), territory: home })
}
