//! Accounts: the people who act, and what each may act as.

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::Role;
use super::iin::Iin;
use super::kato::Kato;

/// Who holds an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    /// The number that identifies the person: two accounts of one person are one person.
    pub iin: Iin,
    /// The whole name.
    pub name: String,
    /// Where the person is told of things: telephones, e-mails.
    pub contacts: Vec<String>,
}

/// A system that acts by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// What it is called.
    pub name: String,
    /// Where whoever answers for it is told of things; who that is, its order says.
    pub contacts: Vec<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The random key by which the journal knows its holder.
    pub id: String,
    /// The home in whose chain it was opened.
    pub home: Kato,
    /// Who holds it; none where it was opened for a credential whose holder nobody named.
    pub official: Option<Official>,
    /// The system that it is for, where no person holds it.
    pub system: Option<System>,
    /// The name by which its holder signs in; none where nobody has given one.
    pub login: Option<String>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// The order that appoints somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub number: String,
    /// Its day.
    pub on: NaiveDate,
}

/// What an account may act as: one role in one territory, from when to when, and by which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// A random key.
    pub id: String,
    /// The home in whose chain it was given.
    pub home: Kato,
    /// Whose it is.
    pub account: String,
    /// What it lets its holder do.
    pub role: Role,
    /// Where: this territory and all below.
    pub territory: Kato,
    /// The one kindergarten that it speaks for, where the role is a kindergarten's.
    pub kindergarten: Option<String>,
    /// The regulations' actors that it is limited to; none: all that its role may be.
    pub acts_as: Vec<String>,
    /// The post, as papers name it; none where nobody named it.
    pub post: Option<String>,
    /// Who gave it: an account, or the operator.
    pub appointed_by: String,
    /// By which order; of an auditor or prosecutor the document.
    pub order: Option<Order>,
    /// The account in whose stead its holder acts.
    pub deputy_for: Option<String>,
    /// The first day; none where it holds since it was given.
    pub from_on: Option<NaiveDate>,
    /// The last day; none where it has no end.
    pub until_on: Option<NaiveDate>,
    /// When it was given.
    pub given_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Mandate {
    /// Whether it holds on a day.
    pub fn holds(&self, on: NaiveDate) -> bool {
        self.ended_at.is_none()
            && self.from_on.is_none_or(|from| from <= on)
            && self.until_on.is_none_or(|until| on <= until)
    }
}
