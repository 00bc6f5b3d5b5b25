//! What every act on accounts asks: by whom it is done, in which chain it stands, and whether its territory and kindergarten
//! are there.

use crate::domain::account::Account;
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::connection::AnyConnection;
use crate::store::{Entry, Store, accounts, kindergartens, territories, tokens};
use crate::trust::act::JournalAct;

/// The chain that holds the accounts of a territory: its home's, or the country's for an oblast, which is no home.
pub(in crate::service) fn home_of(territory: Kato) -> Kato {
    Some(territory.home()).filter(|home| home.is_home()).unwrap_or(Kato::COUNTRY)
}

/// Who does something to an account.
#[derive(Clone, Copy, Debug)]
pub enum Hand<'p> {
    /// Whoever sits at the machine.
    Operator,
    /// An official.
    Official(&'p Principal),
}

impl Hand<'_> {
    /// The actor of the record.
    pub(in crate::service) fn actor(self) -> String {
        match self {
            Hand::Operator => OPERATOR.to_owned(),
            Hand::Official(principal) => principal.id.clone(),
        }
    }

    /// As whom it is done; none for the operator.
    pub(in crate::service) fn role(self) -> Option<Role> {
        match self {
            Hand::Operator => None,
            Hand::Official(principal) => Some(principal.role),
        }
    }
}

/// Whether the classifier holds the territory: a mandate for a code that nobody has would look like one for a territory
/// that has nothing to do.
pub(super) fn check_territory(conn: &mut AnyConnection, territory: Kato) -> Result<(), Problem> {
    if territory == Kato::COUNTRY || territories::find(conn, territory)?.is_some() {
        return Ok(());
    }
    let message = if territories::any(conn)? {
        format!("the classifier holds no territory {territory}; 000000000 is the country")
    } else {
        "the registry knows no territories yet; import them first: `kezek import territories FILE`".to_owned()
    };
    Err(Problem::invalid("territory", "unknown_territory", message))
}

/// Whether such a mandate could ever do anything, and not too much: staff of a kindergarten speaks for that one.
pub(super) fn check_kindergarten(
    conn: &mut AnyConnection,
    role: Role,
    territory: Kato,
    kindergarten: Option<&str>,
) -> Result<(), Problem> {
    let wrong = |code, message: String| Err(Problem::invalid("kindergarten", code, message));
    match (role, kindergarten) {
        (Role::Kindergarten, None) => {
            wrong("kindergarten_missing", "name the kindergarten that it speaks for; look its id up".to_owned())
        }
        (Role::Kindergarten, Some(id)) => match kindergartens::find(conn, id)? {
            None => wrong("wrong_kindergarten", format!("there is no kindergarten {id}; look its id up")),
            Some(k) if !k.territory.within(territory) => {
                let message = format!("kindergarten {id} stands in {}, which is not in {territory}", k.territory);
                wrong("wrong_kindergarten", message)
            }
            Some(_) => Ok(()),
        },
        (_, Some(_)) => {
            wrong("wrong_kindergarten", format!("the role {role} speaks for no kindergarten; leave it out"))
        }
        (_, None) => Ok(()),
    }
}

/// The homes whose chains tell of an account and its credentials.
pub(super) fn homes_of(store: &Store, account: &str) -> Result<Vec<Kato>, Problem> {
    store.read(|conn| {
        let found = accounts::find(conn, store.vault(), account)?.ok_or_else(|| Problem::not_found("account"))?;
        let tokens = tokens::open_of_account(conn, account)?;
        Ok([found.home].into_iter().chain(tokens.iter().map(|token| home_of(token.territory))).collect())
    })
}

/// A record on an account.
pub(super) fn entry(hand: Hand<'_>, home: Kato, territory: Kato, act: JournalAct) -> Entry {
    Entry { home, act, actor: hand.actor(), territory }
}

/// Nothing where an account is open.
pub(super) fn still_open(account: &Account) -> Result<(), Problem> {
    match account.closed_at {
        None => Ok(()),
        Some(_) => Err(Problem::conflict("account_closed", "this account is closed; open another one")),
    }
}

/// Nothing where somebody acts on another than themselves.
pub(super) fn not_themselves(hand: Hand<'_>, is_own: impl Fn(&Principal) -> bool) -> Result<(), Problem> {
    match hand {
        Hand::Official(principal) if is_own(principal) => {
            let message = "nobody appoints themselves; ask a colleague or the authority above";
            Err(Problem::new(Kind::Forbidden, "own_account", message))
        }
        _ => Ok(()),
    }
}
