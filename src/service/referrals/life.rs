//! What becomes of a referral: presented, enrolled, refused by the kindergarten, extended, annulled.

use crate::service::cases::ends;
use crate::service::referrals::departures;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::{PlaceStatus, ReferralStatus, Role};
use crate::domain::instant::instant_text;
use crate::domain::life::Step;
use crate::domain::queue::Numbered;
use crate::domain::referral::Referral;
use crate::rules::{Bound, Rules};
use crate::service::applications::entry;
use crate::service::counter::applications::{home_of, load};
use crate::service::journal::effects::Effect;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::{Entry, Transaction, Written, applications, cases, kindergartens, places, referrals};

/// A referral as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReferralView {
    /// Its number.
    pub number: String,
    /// The application.
    pub application: String,
    /// The child, for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<ReferredChild>,
    /// The place.
    pub place: String,
    /// The kindergarten.
    pub kindergarten: String,
    /// The group.
    pub group: String,
    /// Role and territory of the issuing authority.
    pub authority: AuthorityView,
    /// When it was issued.
    pub issued_at: String,
    /// The last day on which it holds.
    pub valid_until: String,
    /// Whether it was extended.
    pub extended: bool,
    /// By which a paper is checked.
    pub check_code: String,
    /// Where it stands.
    #[schema(value_type = String)]
    pub status: ReferralStatus,
    /// Since when.
    pub status_at: String,
    /// Why it was refused or annulled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// Why this child got this place.
    pub reasons: Value,
    /// The referrals of brothers and sisters that the same act issued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// The id of its paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The case of the admission, once the referral was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// The issuing authority.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuthorityView {
    /// The role used.
    pub role: &'static str,
    /// The territory.
    pub territory: String,
}

/// The child of a referral.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReferredChild {
    /// The IIN.
    pub iin: String,
    /// The name.
    pub name: String,
    /// The birth date.
    pub birth_date: String,
}

/// A ground for an act on a referral.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroundIn {
    /// A code of the profile's list.
    #[serde(default)]
    pub ground: String,
    /// What shows it.
    #[serde(default)]
    pub evidence: Option<String>,
}

pub(crate) fn view(r: &Referral, document: Option<&str>) -> ReferralView {
    ReferralView {
        number: r.number.clone(),
        application: r.application.clone(),
        child: None,
        place: r.place.clone(),
        kindergarten: r.kindergarten.clone(),
        group: r.group.clone(),
        authority: AuthorityView { role: r.authority_role.code(), territory: r.authority_territory.to_string() },
        issued_at: instant_text(r.issued_at),
        valid_until: r.valid_until_on.to_string(),
        extended: r.extended,
        check_code: r.check_code.clone(),
        status: r.status,
        status_at: instant_text(r.status_at),
        ground: Some(r.ground.clone()).filter(|g| !g.is_empty()),
        reasons: serde_json::from_str(&r.reasons).unwrap_or_default(),
        together: Vec::new(),
        document: document.map(str::to_owned),
        case: None,
    }
}

fn is_open(referral: &Referral) -> bool {
    matches!(referral.status, ReferralStatus::Issued | ReferralStatus::Presented)
}

/// Whether a credential reaches this referral. A kindergarten acts where it stands: the child may live in another part
/// of the city, or come from the queue of the home to which a village's place has spilled. The others act where the
/// application belongs.
fn may_on(
    conn: &mut AnyConnection,
    principal: &Principal,
    act: Act,
    referral: &Referral,
    application: &Application,
) -> Result<(), Problem> {
    if principal.role != Role::Kindergarten {
        return principal.may(act, application.territory);
    }
    let kindergarten =
        kindergartens::find(conn, &referral.kindergarten)?.ok_or_else(|| Problem::not_found("kindergarten"))?;
    principal.may_for(act, kindergarten.territory, &kindergarten.id)
}

pub(crate) fn wrong_state(referral: &Referral, wanted: &str) -> Problem {
    let message = format!("referral {} is {}; it cannot be {wanted} now", referral.number, referral.status);
    Problem::conflict("wrong_state", message).with("current_status", referral.status)
}

/// A referral with its application, where a credential may do the act on it.
pub(crate) fn held(conn: &mut AnyConnection, principal: &Principal, act: Act, number: &str) -> Result<Held, Problem> {
    let referral = referrals::find(conn, number)?.ok_or_else(|| Problem::not_found("referral"))?;
    let application = load(conn, &referral.application)?;
    may_on(conn, principal, act, &referral, &application)?;
    Ok(Held { referral, application })
}

/// A referral with the application it is for.
pub(crate) struct Held {
    pub(crate) referral: Referral,
    pub(crate) application: Application,
}

impl Held {
    /// The contract is made: the child leaves the queue, its turn is spent, the place is filled.
    pub(crate) fn enrol(&mut self, tx: &mut Transaction<'_>, rules: &Rules) -> Result<Vec<Effect>, Problem> {
        if self.referral.status != ReferralStatus::Presented {
            return Err(wrong_state(&self.referral, "enrolled"));
        }
        let effects = entry::step(tx, rules, &mut self.application, Step::Enrol)?;
        self.referral.status = ReferralStatus::Enrolled;
        self.referral.status_at = tx.at();
        let at = tx.at();
        places::set_status(tx, &self.referral.place, PlaceStatus::Filled, Some(at), "")?;
        kindergartens::enrol_one(tx, &self.referral.group)?;
        Ok(effects)
    }

    /// The kindergarten refuses: the place is published again, the entry waits on with its turn.
    pub(crate) fn refuse(
        &mut self,
        tx: &mut Transaction<'_>,
        rules: &Rules,
        ground: &str,
    ) -> Result<Vec<Effect>, Problem> {
        if !is_open(&self.referral) {
            return Err(wrong_state(&self.referral, "refused"));
        }
        end(tx, rules, self, ReferralStatus::Refused, ground)
    }
}

/// Reads a referral.
///
/// # Errors
/// 403, 404.
pub fn referral(office: &Office, principal: &Principal, number: &str) -> Result<ReferralView, Problem> {
    principal.role_may(Act::ReadReferral)?;
    home_of(number, Numbered::Referral, "referral")?;
    office.store.read(|conn| {
        let referral = referrals::find(conn, number)?.ok_or_else(|| Problem::not_found("referral"))?;
        let application = load(conn, &referral.application)?;
        may_on(conn, principal, Act::ReadReferral, &referral, &application)?;
        let child = applications::child(conn, &application.child)?;
        let mut view = view(&referral, None);
        view.case = cases::of_referral(conn, number)?.map(|case| case.number);
        view.child = Some(ReferredChild {
            iin: child.iin.to_string(),
            name: child.name,
            birth_date: child.birth_on.to_string(),
        });
        Ok(view)
    })
}

/// One act on a referral: checks who and where, lets `change` do it, saves and journals.
fn on_referral(
    office: &Office,
    caller: &Caller,
    act: Act,
    (number, name, evidence): (&str, &'static str, Option<&str>),
    mut change: impl FnMut(&mut Transaction<'_>, &mut Held, &Bound<'_>) -> Result<Vec<Effect>, Problem>,
) -> Result<Answer, Problem> {
    caller.principal.role_may(act)?;
    let home = home_of(number, Numbered::Referral, "referral")?;
    let mut faults = FieldFaults::default();
    let evidence =
        evidence.filter(|words| !words.trim().is_empty()).and_then(|words| faults.text("evidence", words, 2_000));
    faults.check()?;
    office.perform(caller, &[home], 200, |tx| {
        let mut held = held(tx.conn(), &caller.principal, act, number)?;
        let bound = office.bound(held.application.territory, tx.at())?;
        let mut effects = change(tx, &mut held, &bound)?;
        referrals::update(tx, &held.referral)?;
        let left = if act == Act::Enrol { departures::leave_for_transfer(office, tx, &held)? } else { None };
        let (departed, further) = left.unzip();
        effects.extend(further.into_iter().flatten());
        entry::settle(tx, &office.rules, held.application.queue, &mut effects)?;
        let case = ends::case_of_referral_act(office, tx, caller, name, &held)?;
        let kept = match &evidence {
            Some(words) => Some(keys::keep(tx, home, &json!({"evidence": words}))?),
            None => None,
        };
        let entry = Entry {
            home,
            act: name,
            actor: caller.principal.id.clone(),
            territory: held.application.territory,
            payload: json!({"referral": number, "application": held.application.number,
                "place": held.referral.place, "status": held.referral.status, "ground": held.referral.ground,
                "valid_until": held.referral.valid_until_on.to_string(),
                "role": caller.principal.role, "facts": kept, "case": case, "departed": departed,
                "queue": effects}),
        };
        let mut value = view(&held.referral, None);
        value.case = cases::of_referral(tx.conn(), number)?.map(|case| case.number);
        Ok(Written { value, entries: vec![entry] })
    })
}

/// The kindergarten has the referral and the documents in hand.
///
/// # Errors
/// 403, 404, 409 where it is not in force.
pub fn present(office: &Office, caller: &Caller, number: &str) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Present, (number, "present", None), |tx, held, _| {
        if held.referral.status != ReferralStatus::Issued {
            return Err(wrong_state(&held.referral, "presented"));
        }
        let today = office.day(held.application.territory, tx.at());
        if today > held.referral.valid_until_on {
            let message = format!(
                "referral {} was good through {}; ask the authority to extend it or to issue a new one",
                held.referral.number, held.referral.valid_until_on
            );
            return Err(Problem::conflict("referral_expired", message));
        }
        held.referral.status = ReferralStatus::Presented;
        held.referral.status_at = tx.at();
        Ok(Vec::new())
    })
}

/// The contract is made: the child leaves the queue, its turn is spent, the place is filled.
///
/// # Errors
/// 403, 404, 409 where it was not presented.
pub fn enrol(office: &Office, caller: &Caller, number: &str) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Enrol, (number, "enrol", None), |tx, held, _| held.enrol(tx, &office.rules))
}

/// The kindergarten refuses with a listed ground: the place is published again, the entry waits on with its turn.
///
/// # Errors
/// 403, 404, 409, 422 for a ground that is not listed.
pub fn refuse_referral(office: &Office, caller: &Caller, number: &str, sent: &GroundIn) -> Result<Answer, Problem> {
    on_referral(
        office,
        caller,
        Act::RefuseReferral,
        (number, "refuse_referral", sent.evidence.as_deref()),
        |tx, held, bound| {
            if bound.profile.kindergarten_refusal(&sent.ground).is_none() {
                let listed = bound.profile.kindergarten_refusals.iter().map(|g| g.code.as_str());
                return Err(not_listed(listed));
            }
            held.refuse(tx, &office.rules, &sent.ground)
        },
    )
}

/// The authority takes the referral back with a listed ground.
///
/// # Errors
/// 403, 404, 409, 422 for a ground that is not listed.
pub fn annul(office: &Office, caller: &Caller, number: &str, sent: &GroundIn) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Annul, (number, "annul", sent.evidence.as_deref()), |tx, held, bound| {
        if bound.profile.annul_ground(&sent.ground).is_none() {
            return Err(not_listed(bound.profile.annul_grounds.iter().map(|g| g.code.as_str())));
        }
        if !is_open(&held.referral) {
            return Err(wrong_state(&held.referral, "annulled"));
        }
        end(tx, &office.rules, held, ReferralStatus::Annulled, &sent.ground)
    })
}

/// The term of a referral is extended, as often and as far as the profile allows.
///
/// # Errors
/// 403, 404, 409 where the profile does not extend or the referral was extended or is not in force.
pub fn extend(office: &Office, caller: &Caller, number: &str) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Extend, (number, "extend", None), |_, held, bound| {
        let Some(allowance) = bound.profile.extension.value else {
            let message = format!("profile {} does not extend referrals", bound.profile.code);
            return Err(Problem::conflict("extension_not_allowed", message));
        };
        if held.referral.extended {
            return Err(Problem::conflict(
                "already_extended",
                "this referral was extended once, which is all there is",
            ));
        }
        if !is_open(&held.referral) {
            return Err(wrong_state(&held.referral, "extended"));
        }
        let start = bound.profile.counting_start.value;
        held.referral.valid_until_on =
            office.rules.calendar.last_day(held.referral.valid_until_on, allowance.term, start).value;
        held.referral.extended = true;
        Ok(Vec::new())
    })
}

fn end(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    held: &mut Held,
    status: ReferralStatus,
    ground: &str,
) -> Result<Vec<Effect>, Problem> {
    let at = tx.at();
    let effects = entry::step(tx, rules, &mut held.application, Step::Return)?;
    held.referral.status = status;
    held.referral.status_at = at;
    ground.clone_into(&mut held.referral.ground);
    places::set_status(tx, &held.referral.place, PlaceStatus::Published, Some(at), "")?;
    Ok(effects)
}

fn not_listed<'a>(listed: impl Iterator<Item = &'a str>) -> Problem {
    let codes: Vec<&str> = listed.collect();
    Problem::invalid("ground", "ground_not_listed", format!("use one of: {}", codes.join(", ")))
}
