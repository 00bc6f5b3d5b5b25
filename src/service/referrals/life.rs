//! What becomes of a referral: presented, enrolled, refused by the kindergarten, extended, annulled.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::{Notice, ReferralStatus, Role};
use crate::domain::instant::instant_text;
use crate::domain::life::Step;
use crate::domain::place::PlaceAct;
use crate::domain::queue::Numbered;
use crate::domain::referral::{Referral, ReferralAct};
use crate::domain::taking::{Rest, TakingAct};
use crate::rules::Rules;
use crate::service::applications::entry::{self, Turned};
use crate::service::applications::signed::{ContractIn, read_contract};
use crate::service::applications::takings::{self, Aim, Asked, Taken, Warrant};
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::Office;
use crate::service::referrals::past::{self, SkipView};
use crate::service::referrals::places;
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, applications, cases, kindergartens, referrals};
use crate::trust::subject::{Subject, SubjectKind};

/// A referral as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReferralView {
    /// The number that stands on the paper.
    pub number: String,
    /// The number of the application that it answers.
    pub application: String,
    /// The child, for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<ReferredChild>,
    /// The number of the place that it gives.
    pub place: String,
    /// The id of the kindergarten that the child is sent to.
    pub kindergarten: String,
    /// The id of the group there.
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
    /// `issued`, `presented`, `enrolled`, `refused`, `expired`, `annulled` or `departed`.
    #[schema(value_type = String)]
    pub status: ReferralStatus,
    /// Since when it has this status; an extension does not move it.
    pub status_at: String,
    /// Why it was refused or annulled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// Why this child got this place.
    pub reasons: Value,
    /// The referrals of brothers and sisters that the same act issued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// Whom its place went past, on which ground, and who issued and confirmed that; not for the kindergarten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<SkipView>,
    /// The id of its paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The case of the admission, once the referral was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// The authority that issued a referral.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuthorityView {
    /// The role that it used: `department` or `akim`.
    pub role: &'static str,
    /// The KATO code that it acts for, never wider than one home.
    pub territory: String,
}

/// The child of a referral.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReferredChild {
    /// The child's IIN, twelve digits.
    pub iin: String,
    /// Surname, name, patronymic as on the birth certificate.
    pub name: String,
    /// `YYYY-MM-DD`, from the birth certificate.
    pub birth_date: String,
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
        ground: r.ground.clone(),
        reasons: serde_json::from_str(&r.reasons).unwrap_or_default(),
        together: Vec::new(),
        skips: Vec::new(),
        document: document.map(str::to_owned),
        case: None,
    }
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
        return own::may_on(conn, principal, act, application);
    }
    let kindergarten =
        kindergartens::find(conn, &referral.kindergarten)?.ok_or_else(|| Problem::not_found("kindergarten"))?;
    principal.may_for(act, kindergarten.territory, Some(&kindergarten.id))
}

/// Why a referral does not take an act now.
pub(crate) fn wrong_state(referral: &Referral, act: ReferralAct) -> Problem {
    let message = format!("referral {} is {}; it cannot be {} now", referral.number, referral.status, act.done());
    Problem::conflict("wrong_state", message).with("current_status", referral.status)
}

/// Moves a referral: the one way in which its status changes after its issue. Saving it is left to the caller, who may
/// change more of it.
///
/// # Errors
/// 409 where the act cannot follow the status.
pub(crate) fn advance(tx: &Transaction<'_>, referral: &mut Referral, act: ReferralAct) -> Result<(), Problem> {
    match referral.advance(act, tx.at()) {
        Some(_) => Ok(()),
        None => Err(wrong_state(referral, act)),
    }
}

/// Ends a referral without a contract, whatever ends it: its place goes back on the bulletin. Both are saved.
///
/// # Errors
/// 409 where the referral is not in force.
pub(crate) fn end(
    tx: &mut Transaction<'_>,
    referral: &mut Referral,
    act: ReferralAct,
    ground: Option<&str>,
) -> Result<(), Problem> {
    advance(tx, referral, act)?;
    referral.ground = ground.map(str::to_owned);
    referrals::update(tx, referral)?;
    places::advance_of(tx, &referral.place, PlaceAct::Return)
}

/// A referral with its application, where a credential may do the act on it.
pub(crate) fn in_hand(
    conn: &mut AnyConnection,
    principal: &Principal,
    act: Act,
    number: &str,
) -> Result<InHand, Problem> {
    let referral = referrals::find(conn, number)?.ok_or_else(|| Problem::not_found("referral"))?;
    let application = load(conn, &referral.application)?;
    may_on(conn, principal, act, &referral, &application)?;
    Ok(InHand { referral, application })
}

/// A referral with the application it is for.
pub(crate) struct InHand {
    pub(crate) referral: Referral,
    pub(crate) application: Application,
}

impl InHand {
    /// The contract is made: the child leaves the queue, its turn is spent, the place is filled. All of it is saved; the queue
    /// is not yet settled.
    pub(crate) fn enrol(
        &mut self,
        office: &Office,
        tx: &mut Transaction<'_>,
        principal: &Principal,
        contract: Option<&ContractIn>,
    ) -> Result<Turned, Problem> {
        let Referral { home, application, place, group, .. } = &self.referral;
        let (place, group) = (Subject::of(SubjectKind::Place, place), Subject::of(SubjectKind::Group, group));
        office.prove(tx, *home, &[Subject::seat(application), place, group])?;
        let mut faults = FieldFaults::default();
        let today = office.day(self.application.territory, tx.at());
        if self.referral.status.after(ReferralAct::Enrol).is_none() {
            return Err(wrong_state(&self.referral, ReferralAct::Enrol));
        }
        let contract = read_contract(&mut faults, contract, today);
        faults.check()?;
        let before = self.application.clone();
        advance(tx, &mut self.referral, ReferralAct::Enrol)?;
        referrals::update(tx, &self.referral)?;
        let turned = entry::step(tx, &office.rules, &mut self.application, Step::Enrol)?;
        places::advance_of(tx, &self.referral.place, PlaceAct::Fill)?;
        kindergartens::enrol_one(tx, &self.referral.group)?;
        let asked = Asked { body: json!({"contract": contract}), ..Asked::default() };
        let taken = Taken { referral: Some(self.referral.number.clone()), ..Taken::default() };
        let aim = Aim { application: &before, act: TakingAct::Enrol };
        let warrant = Warrant::Word { rests_on: Rest::Contract, asked };
        let until = takings::note(office, tx, principal, &aim, warrant, &taken)?;
        tell_family_of(tx, &self.application, Notice::Enrolled, &json!({"until": until.to_string()}))?;
        Ok(turned)
    }

    /// The referral ends without a contract, refused, annulled or expired: the place is published again, the entry waits
    /// on with its turn.
    pub(crate) fn end(
        &mut self,
        tx: &mut Transaction<'_>,
        rules: &Rules,
        act: ReferralAct,
        ground: Option<&str>,
    ) -> Result<Turned, Problem> {
        end(tx, &mut self.referral, act, ground)?;
        entry::step(tx, rules, &mut self.application, Step::Return)
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
        let child = applications::child(conn, office.store.vault(), &application.child)?;
        let mut view = view(&referral, None);
        view.case = cases::of_referral(conn, number)?.map(|case| case.number);
        if !matches!(principal.role, Role::Kindergarten | Role::Portal) {
            view.skips = past::on_the_way(office, conn, &application.number, &referral.place)?;
        }
        view.child = Some(ReferredChild {
            iin: child.iin.to_string(),
            name: child.name,
            birth_date: child.birth_on.to_string(),
        });
        Ok(view)
    })
}
