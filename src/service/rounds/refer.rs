//! The act that gives a place: the referral of the child who is due, or past it with the grounds of a skip; and the referral
//! at the decision of a case.

use std::collections::BTreeMap;

use super::compute::scope::Scope;
use super::compute::{ahead as compute_ahead, run};
use super::due::{ReferIn, gives_by_round, place_of, round_decides};
use super::memory::StandingRounds;
use super::{passed, skips};
use crate::domain::application::Application;
use crate::domain::queue::Numbered;
use crate::domain::referral::Referral;
use crate::rules::Bound;
use crate::service::kernel::acting;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::issuing::{Issued, issue, issue_rows};
use crate::service::referrals::row::RoundRow;
use crate::store::{Entry, Transaction, Written};
use crate::trust::act::{ChildAct, IssuedResult, JournalAct, PassedOver, Referred, ReferredTogether};
use crate::trust::subject::{Subject, SubjectKind};

/// The referral at the decision of a case: only where a published place would be this child's, and nobody ahead could
/// use it or wants it (ARCHITECTURE: offer and referral).
pub(crate) fn issue_at_once(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
) -> Result<Option<Issued>, Problem> {
    // Who is placed with brothers and sisters gets no place alone.
    let alone = crate::service::applications::families::others(tx.conn(), application)?.is_empty();
    if gives_by_round(office, application.queue, tx.at()) || !alone {
        return Ok(None);
    }
    let scope = Scope {
        office,
        territory: application.queue.territory,
        at: tx.at(),
        without: &[],
        only: Some(application.queue),
    };
    let outcome = run::dry(&scope, tx.conn())?;
    let Some(row) = outcome.rows.iter().find(|r| r.application == application.number).cloned() else {
        return Ok(None);
    };
    if compute_ahead::wanted_ahead(&scope, tx.conn(), &row)? {
        return Ok(None);
    }
    // The application itself was proved before it was accepted.
    office.prove(tx, application.home, &[row.place(), Subject::of(SubjectKind::Group, &row.group)])?;
    issue(office, tx, application, bound, authority, &row).map(Some)
}

/// Issues the referral for a place to the application that is due, or past it with the grounds of a skip.
///
/// # Errors
/// 403, 404, 409 naming the application that is due now, 422 for a skip without its grounds.
pub fn refer(office: &Office, rounds: &StandingRounds, caller: &Caller, sent: &ReferIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Refer)?;
    let home = home_of(&sent.place, Numbered::Place, "place")?;
    home_of(&sent.application, Numbered::Application, "application")?;
    office.perform(caller, &[home], 201, |tx| {
        let place = place_of(tx, caller, Act::Refer, &sent.place)?;
        let mut application = load(tx.conn(), &sent.application)?;
        caller.principal.may(Act::Refer, application.territory)?;
        let bound = office.bound(application.territory, tx.at())?;
        acting::provides(tx.conn(), &caller.principal, bound.regulation, application.territory)?;
        if gives_by_round(office, place.queue, tx.at()) {
            return Err(round_decides(office));
        }
        // Before anybody is called due: in a home that does not verify that would be hearsay.
        let asked = [Subject::seat(&application.number), Subject::of(SubjectKind::Place, &place.id)];
        office.prove(tx, home, &asked)?;
        let (due, skips) = skips::due(office, rounds, tx, caller, &place, sent, &bound)?;
        let row = due.row;
        let passed = skips.iter().map(|passed| Subject::seat(&passed.application));
        let group = Subject::of(SubjectKind::Group, &row.group);
        let besides: Vec<Subject> = due.family.iter().flat_map(RoundRow::given).chain(passed).chain([group]).collect();
        office.prove(tx, home, &besides)?;
        let authority = Authority::signing(tx, &caller.principal, application.territory)?;
        let issued = issue(office, tx, &mut application, &bound, &authority, &row)?;
        crate::store::results::insert(tx, std::slice::from_ref(&issued.result))?;
        let family = issue_rows(office, tx, &authority, &due.family)?;
        passed::tell(tx, due.passed)?;
        let act = told(caller, &issued, row.position, skips, &family);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        let mut value = crate::service::referrals::life::view(&issued.referral, Some(issued.result.id.as_str()));
        value.together = family.into_iter().map(|referral| referral.number).collect();
        Ok(Written { value, entries: vec![entry] })
    })
}

/// What is told of it: to whoever got the place, to each child that it went past, and to the brothers and sisters that are
/// placed with it.
fn told(caller: &Caller, issued: &Issued, position: u64, skips: Vec<PassedOver>, family: &[Referral]) -> JournalAct {
    let role = caller.principal.role;
    let Issued { referral, result } = issued;
    let past_others = !skips.is_empty();
    let got = Referred {
        application: referral.application.clone(),
        place: referral.place.clone(),
        referral: referral.number.clone(),
        result: IssuedResult { id: result.id.clone(), kind: result.kind.clone() },
        position,
        role,
        skips: skips.iter().map(|passed| passed.passed_over.clone()).collect(),
        together: family.len() as u64,
    };
    let got = if past_others { ChildAct::ReferWithSkip(got) } else { ChildAct::Refer(got) };
    let mut all = BTreeMap::from([(Subject::seat(&referral.application), got)]);
    all.extend(skips.into_iter().map(|passed| (Subject::seat(&passed.application), ChildAct::PassOver(passed))));
    for Referral { number, application, place, .. } in family {
        let (application, place, referral) = (application.clone(), place.clone(), number.clone());
        let (of, got) = (Subject::seat(&application), ReferredTogether { application, place, referral, role });
        let act = if past_others { ChildAct::ReferTogetherWithSkip(got) } else { ChildAct::ReferTogether(got) };
        all.insert(of, act);
    }
    JournalAct::Child(all)
}
