//! Referrals: who is due for a place, and the act that gives it.
//!
//! `next` is the first row of a dry round over the authority's open places; issuing repeats that row. An official can
//! pass over the child who is due only with a listed ground, evidence, and a second person's own confirmation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::applications::{home_of, load};
use super::effects::Effect;
use super::keys;
use super::ordering;
use super::permissions::{Act, Principal};
use super::problem::{FieldFaults, Problem};
use super::registry::{Answer, Caller, Registry};
use super::results::{self, Issue};
use super::rounds::RoundRow;
use super::scope::{Outcome, Scope};
use super::standing;
use super::words::{Said, say, say_each};
use crate::domain::application::Application;
use crate::domain::codes::{PlaceStatus, ReferralStatus, Role};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Place;
use crate::domain::life::Step;
use crate::domain::queue::{Numbered, QueueKey};
use crate::domain::referral::Referral;
use crate::rules::Bound;
use crate::rules::profile::RoundRule;
use crate::store::results::StoredResult;
use crate::store::rounds::Confirmation;
use crate::store::{Entry, Transaction, Written, kindergartens, places, rounds};

/// Who issues.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) role: Role,
    pub(crate) territory: Kato,
}

impl Authority {
    /// The authority that a credential stands for in a territory: a credential that reaches further than one home acts
    /// as the authority of that home.
    pub(crate) fn of(principal: &Principal, territory: Kato) -> Self {
        let home = territory.home();
        let own = principal.territory;
        Authority { role: principal.role, territory: if own.within(home) { own } else { home } }
    }
}

/// A referral to be issued.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ReferIn {
    /// The place.
    pub place: String,
    /// The application that is due for it.
    pub application: String,
    /// What `next` gave; opaque.
    #[serde(default)]
    pub state: Option<String>,
    /// Passing over the child who is due.
    #[serde(default)]
    pub skip: Option<SkipIn>,
}

/// The grounds of a skip.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SkipIn {
    /// A code of the profile's list.
    pub ground: String,
    /// The evidence.
    pub evidence: String,
    /// The id of a pending confirmation by another person (`POST /api/v1/confirmations`).
    pub confirmed_by: String,
}

/// A second person's confirmation of a skip.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ConfirmIn {
    /// The place.
    pub place: String,
    /// The application that shall get it in place of the one that is due.
    pub application: String,
    /// A code of the profile's list.
    pub ground: String,
    /// The evidence that was seen.
    pub evidence: String,
}

/// A pending confirmation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Confirmed {
    /// Its id, for `confirmed_by`.
    pub id: String,
}

/// Who is due for the next place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Next {
    /// The place; none where no place of the territory has a child.
    pub place: Option<String>,
    /// The application.
    pub application: Option<String>,
    /// The row of the dry round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<RoundRow>,
    /// Why this child.
    pub reasons: Vec<NextReason>,
    /// To be sent back with the referral; opaque.
    pub state: String,
    /// How many places are open in the territory.
    pub open_places: usize,
}

/// Why a child is due.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NextReason {
    /// A stable code.
    pub code: &'static str,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

/// A referral that was issued at once, or by hand.
pub(crate) struct Issued {
    pub(crate) referral: Referral,
    pub(crate) result: StoredResult,
    pub(crate) effects: Vec<Effect>,
}

/// What a round's rows became.
pub(crate) struct IssuedRows {
    pub(crate) numbers: Vec<String>,
    pub(crate) journaled: Vec<serde_json::Value>,
    pub(crate) effects: Vec<Effect>,
}

/// Issues the referrals of a round's rows, in their order.
pub(crate) fn issue_rows(
    registry: &Registry,
    tx: &mut Transaction<'_>,
    authority: &Authority,
    rows: &[RoundRow],
) -> Result<IssuedRows, Problem> {
    let mut issued = IssuedRows { numbers: Vec::new(), journaled: Vec::new(), effects: Vec::new() };
    let mut papers = Vec::with_capacity(rows.len());
    for row in rows {
        let mut application = load(tx.conn(), &row.application)?;
        let bound = registry.bound(application.territory, tx.at())?;
        let one = issue(registry, tx, &mut application, &bound, authority, row)?;
        issued
            .journaled
            .push(json!({"referral": one.referral.number, "application": row.application, "place": row.place}));
        issued.numbers.push(one.referral.number);
        issued.effects.extend(one.effects);
        papers.push(one.result);
    }
    crate::store::results::insert(tx, &papers)?;
    Ok(issued)
}

/// Issues the referral of one row: the application, the place, the document and its paper, which the caller keeps.
fn issue(
    registry: &Registry,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
    row: &RoundRow,
) -> Result<Issued, Problem> {
    let at = tx.at();
    let home = application.home;
    let effects = standing::step(tx, &registry.rules, application, Step::Refer)?;
    places::set_status(tx, &row.place, PlaceStatus::Referred, Some(at), "")?;
    let number = tx.next_number(home, Numbered::Referral)?.to_string();
    let validity = bound.profile.referral_validity.value;
    let start = bound.profile.counting_start.value;
    let referral = Referral {
        number,
        home,
        application: application.number.clone(),
        place: row.place.clone(),
        kindergarten: row.kindergarten.clone(),
        group: row.group.clone(),
        authority_role: authority.role,
        authority_territory: authority.territory,
        issued_at: at,
        valid_until_on: registry.rules.calendar.valid_until(at, application.territory, validity, start).value,
        extended: false,
        check_code: keys::check_code(),
        status: ReferralStatus::Issued,
        status_at: at,
        ground: String::new(),
        reasons: json!({"queue": row.queue, "pass": row.pass, "position": row.position, "preference": row.preference})
            .to_string(),
    };
    crate::store::referrals::insert(tx, std::slice::from_ref(&referral))?;
    let id = tx.next_number(home, Numbered::Result)?.to_string();
    let kindergarten =
        kindergartens::find(tx.conn(), &row.kindergarten)?.ok_or_else(|| Problem::not_found("kindergarten"))?;
    let group = kindergartens::find_group(tx.conn(), &row.group)?.ok_or_else(|| Problem::not_found("group"))?;
    let issue = Issue { id: &id, application, case: "", signer: authority, at };
    let result = results::referral(registry, tx.conn(), &issue, bound, &referral, (&kindergarten, &group))?;
    Ok(Issued { referral, result, effects })
}

/// The referral at the decision of a case: only where a published place would be this child's, and nobody ahead could
/// use it or wants it (design: offer and referral).
pub(crate) fn issue_at_once(
    registry: &Registry,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
) -> Result<Option<Issued>, Problem> {
    if registry.gives_by_round(application.queue, tx.at()) {
        return Ok(None);
    }
    let scope = Scope { registry, territory: application.queue.territory, at: tx.at(), without: &[], only: None };
    let outcome = scope.dry(tx.conn())?;
    let Some(row) = outcome.rows.iter().find(|r| r.application == application.number).cloned() else {
        return Ok(None);
    };
    if scope.wanted_ahead(tx.conn(), &row)? {
        return Ok(None);
    }
    issue(registry, tx, application, bound, authority, &row).map(Some)
}

impl Registry {
    /// The child who is due for the next open place of a territory.
    ///
    /// # Errors
    /// 403, 422.
    pub fn next(&self, principal: &Principal, territory: &str) -> Result<Next, Problem> {
        principal.role_may(Act::SeeNext)?;
        let territory = self.scope(territory)?;
        principal.may(Act::SeeNext, territory)?;
        let at = self.clock.now();
        let (outcome, seq) = self.store.read_snapshot(|conn| -> Result<_, Problem> {
            let outcome = Scope { registry: self, territory, at, without: &[], only: None }.standing(conn)?;
            let seq = crate::store::journal::reach_of(conn, territory.home())?;
            Ok((outcome, seq))
        })?;
        let by_round = |row: &&RoundRow| self.gives_by_round(row.queue, at);
        let row = outcome.rows.iter().find(|row| !by_round(row)).cloned();
        let held_back = outcome.rows.iter().any(|row| by_round(&row));
        let open_places = outcome.rows.len() + outcome.left.len();
        let reasons = match &row {
            Some(row) => self.reasons(row, at),
            None if held_back => {
                vec![NextReason { code: "round_decides", text: say(&self.rules, "round_decides", &[]) }]
            }
            None => Vec::new(),
        };
        Ok(Next {
            place: row.as_ref().map(|r| r.place.clone()),
            application: row.as_ref().map(|r| r.application.clone()),
            row,
            reasons,
            state: format!("{}-{seq}", territory.home()),
            open_places,
        })
    }

    /// Whether places of this queue go out by rounds alone: under `program` each kindergarten ranks for itself, so
    /// that no single place has a child who is due before all have proposed.
    fn gives_by_round(&self, queue: QueueKey, at: DateTime<Utc>) -> bool {
        ordering::profile(&self.rules, queue, at).is_ok_and(|profile| profile.round_rule.value == RoundRule::Program)
    }

    fn reasons(&self, row: &RoundRow, at: DateTime<Utc>) -> Vec<NextReason> {
        let standing = self.position_of(&row.application, at);
        let texts: Vec<Said> = standing.iter().flat_map(|s| s.reasons.iter().map(|r| r.text.clone())).collect();
        let all = Said::each(|tongue| {
            texts.iter().map(|t| t.get(tongue)).collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
        });
        let number = Said::same(&row.application);
        let due = say_each(&self.rules, "next_child", &[("application", &number), ("reasons", &all)]);
        vec![NextReason { code: "next_child", text: due }]
    }

    /// Issues the referral for a place to the application that is due, or past it with the grounds of a skip.
    ///
    /// # Errors
    /// 403, 404, 409 naming the application that is due now, 422 for a skip without its grounds.
    pub fn refer(&self, caller: &Caller, sent: &ReferIn) -> Result<Answer, Problem> {
        caller.principal.role_may(Act::Refer)?;
        let home = home_of(&sent.place, Numbered::Place, "place")?;
        home_of(&sent.application, Numbered::Application, "application")?;
        self.perform(caller, &[home], 201, |tx| {
            let place = place_of(tx, caller, Act::Refer, &sent.place)?;
            let mut application = load(tx.conn(), &sent.application)?;
            caller.principal.may(Act::Refer, application.territory)?;
            let bound = self.bound(application.territory, tx.at())?;
            self.provides(tx.conn(), &caller.principal, bound.regulation, application.territory)?;
            if self.gives_by_round(place.queue, tx.at()) {
                let text = say(&self.rules, "round_decides", &[]);
                return Err(Problem::conflict("round_decides", text.en.clone()).with("text", &text));
            }
            let (row, skip) = self.due(tx, caller, &place, sent, &bound)?;
            let authority = Authority::of(&caller.principal, application.territory);
            let issued = issue(self, tx, &mut application, &bound, &authority, &row)?;
            crate::store::results::insert(tx, std::slice::from_ref(&issued.result))?;
            let entry = Entry {
                home,
                act: if skip.is_some() { "refer_with_skip" } else { "refer" },
                actor: caller.principal.id.clone(),
                territory: application.territory,
                payload: json!({
                    "application": application.number, "place": place.id, "referral": issued.referral.number,
                    "result": {"id": issued.result.id, "kind": issued.result.kind},
                    "position": row.position, "role": caller.principal.role, "skip": skip, "queue": issued.effects,
                }),
            };
            let value = super::referral_life::view(&issued.referral, Some(issued.result.id.as_str()));
            Ok(Written { value, entries: vec![entry] })
        })
    }

    /// The row by which the place goes to the application asked for, with what is journaled of a skip.
    fn due(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        place: &Place,
        sent: &ReferIn,
        bound: &Bound<'_>,
    ) -> Result<(RoundRow, Option<serde_json::Value>), Problem> {
        let own = caller.principal.territory;
        let territory = if own.within(place.home) { own } else { place.home };
        let due = self.due_now(tx, place, territory, &[])?;
        let Some(skip) = &sent.skip else {
            return if due.application == sent.application { Ok((due, None)) } else { Err(self.next_changed(&due)) };
        };
        if due.application == sent.application {
            let message = "this application is due for the place, so nobody is passed over; leave `skip` out";
            return Err(Problem::invalid("skip", "nothing_to_skip", message));
        }
        let journaled = self.check_skip(tx, caller, sent, skip, bound, &due)?;
        let without = [due.application.clone()];
        let after = self.due_now(tx, place, territory, &without)?;
        if after.application != sent.application {
            return Err(self.next_changed(&after));
        }
        Ok((after, Some(journaled)))
    }

    /// The row of a place: of its own queue, or where that cannot use it, of the queue that it spills to.
    fn due_now(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        territory: Kato,
        without: &[String],
    ) -> Result<RoundRow, Problem> {
        let scope = Scope { registry: self, territory, at: tx.at(), without, only: Some(place.queue) };
        let own = scope.standing(tx.conn())?;
        match own.rows.into_iter().find(|r| r.place == place.id) {
            Some(row) => Ok(row),
            None => due_for(&Scope { only: None, ..scope }.standing(tx.conn())?, &place.id),
        }
    }

    fn next_changed(&self, due: &RoundRow) -> Problem {
        let number = Said::same(&due.application);
        let text = say_each(&self.rules, "next_changed", &[("application", &number)]);
        Problem::conflict("next_changed", text.en.clone())
            .with("application", &due.application)
            .with("place", &due.place)
            .with("text", &text)
    }

    fn check_skip(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        sent: &ReferIn,
        skip: &SkipIn,
        bound: &Bound<'_>,
        due: &RoundRow,
    ) -> Result<serde_json::Value, Problem> {
        let mut faults = FieldFaults::default();
        check_ground(&mut faults, "skip.ground", &skip.ground, bound);
        let evidence = faults.text("skip.evidence", &skip.evidence, 2_000);
        let found = match home_of(&skip.confirmed_by, Numbered::Confirmation, "confirmation") {
            Ok(_) => rounds::find_confirmation(tx.conn(), &skip.confirmed_by)?,
            Err(_) => None,
        };
        let why = match &found {
            None => Some("name the id of a confirmation that another official made with their own credential"),
            Some(c) if c.principal == caller.principal.id => {
                Some("the second person must be another one than the first")
            }
            Some(c) if c.used_at.is_some() => Some("this confirmation was used already; another one is needed"),
            Some(c) if c.place != sent.place || c.application != sent.application || c.ground != skip.ground => {
                Some("this confirmation is for another place, application or ground")
            }
            Some(_) => None,
        };
        if let Some(why) = why {
            faults.add("skip.confirmed_by", "not_confirmed", why);
        }
        faults.check()?;
        let kept = keys::keep(tx, due.queue.home(), &json!({"evidence": evidence}))?;
        rounds::use_confirmation(tx, &skip.confirmed_by)?;
        Ok(json!({
            "passed_over": due.application, "ground": skip.ground, "confirmation": skip.confirmed_by,
            "second_person": found.map(|c| c.principal), "facts": kept,
        }))
    }

    /// A second person's confirmation of a skip, made with their own credential.
    ///
    /// # Errors
    /// 403, 404, 422.
    pub fn confirm(&self, caller: &Caller, sent: &ConfirmIn) -> Result<Answer, Problem> {
        caller.principal.role_may(Act::Confirm)?;
        let home = home_of(&sent.place, Numbered::Place, "place")?;
        home_of(&sent.application, Numbered::Application, "application")?;
        self.perform(caller, &[home], 201, |tx| {
            let place = place_of(tx, caller, Act::Confirm, &sent.place)?;
            let application = load(tx.conn(), &sent.application)?;
            caller.principal.may(Act::Confirm, application.territory)?;
            let bound = self.bound(application.territory, tx.at())?;
            let mut faults = FieldFaults::default();
            check_ground(&mut faults, "ground", &sent.ground, &bound);
            let evidence = faults.text("evidence", &sent.evidence, 2_000);
            faults.check()?;
            let id = tx.next_number(home, Numbered::Confirmation)?.to_string();
            let confirmation = Confirmation {
                id: id.clone(),
                home,
                principal: caller.principal.id.clone(),
                place: sent.place.clone(),
                application: sent.application.clone(),
                ground: sent.ground.clone(),
                evidence: evidence.unwrap_or_default(),
                given_at: tx.at(),
                used_at: None,
            };
            rounds::insert_confirmation(tx, &confirmation)?;
            let kept = keys::keep(tx, home, &json!({"evidence": confirmation.evidence}))?;
            let entry = Entry {
                home,
                act: "confirm_skip",
                actor: caller.principal.id.clone(),
                territory: place.queue.territory,
                payload: json!({"confirmation": id, "place": sent.place, "application": sent.application,
                    "ground": sent.ground, "role": caller.principal.role, "facts": kept}),
            };
            Ok(Written { value: Confirmed { id }, entries: vec![entry] })
        })
    }
}

fn check_ground(faults: &mut FieldFaults, field: &str, code: &str, bound: &Bound<'_>) {
    if bound.profile.skip_ground(code).is_none() {
        let listed: Vec<&str> = bound.profile.skip_grounds.iter().map(|g| g.code.as_str()).collect();
        faults.add(field, "ground_not_listed", format!("use one of: {}", listed.join(", ")));
    }
}

/// An open place of the caller's territory. What stands in another territory is not told.
fn place_of(tx: &mut Transaction<'_>, caller: &Caller, act: Act, id: &str) -> Result<Place, Problem> {
    let place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
    caller.principal.may(act, place.queue.territory)?;
    if place.status == PlaceStatus::Published {
        return Ok(place);
    }
    let message = format!("place {id} is {}; look at the open places again", place.status);
    Err(Problem::conflict("place_not_open", message).with("current_status", place.status))
}

fn due_for(outcome: &Outcome, place: &str) -> Result<RoundRow, Problem> {
    outcome.rows.iter().find(|r| r.place == place).cloned().ok_or_else(|| {
        Problem::conflict("nobody_due", "no child of the queue can use this place now; it stays on the bulletin")
    })
}
