//! What is told of accounts, their mandates and their credentials. Who holds an account stands sealed in its row.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::codes::Role;
use crate::domain::instant::ToldInstant;
use crate::rules::regulation::Actor;

/// What an account may act as. The territory is the record's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateTold {
    /// The key of the mandate.
    pub mandate: String,
    /// What it lets its holder do.
    pub mandate_role: Role,
    /// The id of the one kindergarten that it speaks for, or none.
    pub kindergarten: Option<String>,
    /// The actors of regulations that it is limited to; none where it acts as all of its role.
    pub acts_as: Vec<Actor>,
    /// The first day, or none where it holds from now on.
    pub from: Option<NaiveDate>,
    /// The last day, or none.
    pub until: Option<NaiveDate>,
    /// The account in whose stead its holder acts, or none.
    pub deputy_for: Option<String>,
}

/// An account was opened, with its first mandate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountOpened {
    /// The key of the account.
    pub account: String,
    /// What it may act as.
    pub given: MandateTold,
    /// As whom it was opened; none where the operator did.
    pub role: Option<Role>,
}

/// An account was given a further mandate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateGiven {
    /// The key of the account.
    pub account: String,
    /// What it may act as.
    pub given: MandateTold,
    /// As whom it was given; none where the operator did.
    pub role: Option<Role>,
}

/// A mandate was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateEnded {
    /// The key of the account.
    pub account: String,
    /// The key of the mandate.
    pub mandate: String,
    /// As whom it was ended; none where the operator did.
    pub role: Option<Role>,
}

/// An account was closed: its mandates and credentials open nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountClosed {
    /// The key of the account.
    pub account: String,
    /// As whom it was closed; none where the operator did.
    pub role: Option<Role>,
}

/// A credential was issued. The territory is the record's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenIssued {
    /// The key of the credential.
    pub token: String,
    /// What it may be used as.
    pub token_role: Role,
    /// The id of the one kindergarten that it is for; none where it is for all of its territory.
    pub kindergarten: Option<String>,
    /// The actors of regulations that it is limited to; none where it acts as all of its role.
    pub acts_as: Vec<Actor>,
    /// The key of its account; none where it was issued before there were accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Until when it opens anything; none where it was issued before there were accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<ToldInstant>,
}

/// A credential was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRevoked {
    /// The key of the credential.
    pub token: String,
}

/// All credentials of an account were revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountReset {
    /// The key of the account.
    pub account: String,
    /// How many credentials in the home.
    pub tokens: u64,
    /// As whom it was done; none where the operator did.
    pub role: Option<Role>,
}

/// An account has read more persons' data than its role's budget of a day, each beyond it for a purpose that it said; the
/// department is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetExceeded {
    /// The key of the account.
    pub account: String,
    /// The civil day of its territory.
    pub day: NaiveDate,
    /// How many it may read without a purpose.
    pub budget: u32,
    /// As whom it read.
    pub role: Role,
}

/// An account that was stopped at ten times its budget may read as much again on that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetLifted {
    /// The key of the account.
    pub account: String,
    /// The civil day.
    pub day: NaiveDate,
    /// As whom it was lifted; none where the operator did.
    pub role: Option<Role>,
}
