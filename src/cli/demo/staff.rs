//! The people of the demo: invented officials, each with an account and a mandate.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::sample::kindergartens::Locality;
use crate::sample::people::Families;
use crate::service::accounts::opening::{self, AccountIn, MandateIn, OfficialIn, OrderIn};
use crate::service::accounts::passwords::{self, NewPassword};
use crate::service::accounts::reset::{self, ResetIn};
use crate::service::kernel::permissions::{OFFICIALS, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::office::Caller;
use crate::service::registry::Registry;
use crate::store::accounts::{self, Appointee};
use crate::store::{StoreError, kindergartens};

/// For how many days the auditor's document is good.
const AUDIT_DAYS: u64 = 365;

/// Opens an account for an official of each role, for the akim of each village with a kindergarten, and for the head of each
/// kindergarten; how many.
pub(super) fn appoint(registry: &Registry, seed: u64, localities: &[Locality]) -> Result<usize, Problem> {
    let office = &registry.office;
    let today = office.day(Kato::COUNTRY, office.clock.now());
    let all = office.store.read(|conn| kindergartens::all(conn, None))?;
    let villages: BTreeSet<Kato> = all.iter().map(|k| k.queue_territory).filter(|t| !t.is_home()).collect();
    let heads = all.iter().map(|k| mandate(Role::Kindergarten, k.territory, Some(k.id.clone()), today));
    let akims = villages.into_iter().map(|village| mandate(Role::Akim, village, None, today));
    let alone = |role: &&Role| !matches!(role, Role::Akim | Role::Kindergarten);
    let roles = OFFICIALS.iter().filter(alone).map(|role| mandate(*role, Kato::COUNTRY, None, today));
    let mut opened = 0;
    for (person, mandate) in Families::new(seed, today, localities).zip(roles.chain(akims).chain(heads)) {
        let (iin, name) = (person.applicant.iin.to_string(), person.applicant.name);
        let official = Some(OfficialIn { iin, name, contacts: person.applicant.contacts });
        opening::open_here(&office.store, office.clock.now(), &AccountIn { official, system: None, mandate })?;
        opened += 1;
    }
    Ok(opened)
}

fn mandate(role: Role, territory: Kato, kindergarten: Option<String>, today: NaiveDate) -> MandateIn {
    let until_on = (role == Role::Auditor).then(|| today + Days::new(AUDIT_DAYS));
    let order = Some(OrderIn { number: "1-demo".to_owned(), on: today });
    let (acts_as, post) = (Vec::new(), None);
    MandateIn { role, territory, kindergarten, acts_as, post, order, deputy_for: None, from_on: None, until_on }
}

/// The official of a role, as if signed in for the territory; the one of a kindergarten where one is named.
pub(super) fn official(
    registry: &Registry,
    role: Role,
    territory: Kato,
    kindergarten: Option<&str>,
) -> Result<Caller, Problem> {
    let find = |conn: &mut _| -> Result<_, StoreError> { accounts::appointee(conn, role, territory, kindergarten) };
    let Appointee { account, person } =
        registry.office.store.read(find)?.ok_or_else(|| Problem::not_found("official of the demo"))?;
    let kindergarten = kindergarten.map(str::to_owned);
    let principal = Principal {
        id: account,
        mandate: None,
        person,
        role,
        territory,
        kindergarten,
        acts_as: Vec::new(),
        child: None,
        parent: None,
        opened: None,
    };
    Ok(Caller { principal, idempotency: None })
}

/// The official of a role.
pub(super) fn caller(registry: &Registry, role: Role, territory: Kato) -> Result<Caller, Problem> {
    official(registry, role, territory, None)
}

/// The head of a kindergarten.
pub(super) fn head_of(registry: &Registry, kindergarten: &str) -> Result<Caller, Problem> {
    let found = registry.office.store.read(|conn| kindergartens::find(conn, kindergarten))?;
    let territory = found.ok_or_else(|| Problem::not_found("kindergarten"))?.territory;
    official(registry, Role::Kindergarten, territory, Some(kindergarten))
}

/// What an official of the demo signs in with.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// The role of the account's mandate.
    pub(super) role: Role,
    /// The login.
    pub(super) login: String,
    /// The password: another one each time the demo is opened.
    pub(super) password: String,
}

/// Gives the official of each role a login, named as the role, and a new password. What the account had before opens nothing
/// any more.
pub(super) fn logins(registry: &Registry, village: Kato, kindergarten: &str) -> Result<Vec<Login>, Problem> {
    let office = &registry.office;
    let mut all = Vec::new();
    for &role in OFFICIALS {
        let account = of_role(registry, role, village, kindergarten)?.principal.id;
        let login = role.code().replace('_', "-");
        let sent = ResetIn { login: Some(login.clone()) };
        let begun = reset::reset_here(&office.store, office.clock.now(), &account, &sent)?;
        let password = passwords::invented();
        let set = NewPassword { invitation: begun.invitation.unwrap_or_default(), password: password.clone() };
        passwords::accept(office, &registry.memory.sign_ins, &set)?;
        all.push(Login { role, login, password });
    }
    Ok(all)
}

/// The official of a role: the akim of a village, the head of a kindergarten, of any other for the country.
pub(super) fn of_role(registry: &Registry, role: Role, village: Kato, kindergarten: &str) -> Result<Caller, Problem> {
    match role {
        Role::Akim => caller(registry, role, village),
        Role::Kindergarten => head_of(registry, kindergarten),
        _ => caller(registry, role, Kato::COUNTRY),
    }
}
