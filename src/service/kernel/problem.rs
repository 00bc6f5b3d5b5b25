//! Why an act was not done, and what to do next. The shape on the wire is RFC 9457; `web` adds the envelope.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::codes::Basis;
use crate::domain::text::{self, TextFault};
use crate::store::StoreError;

/// The code of an act that was refused for its clock.
pub const CLOCK_NOT_BELIEVED: &str = "clock_not_believed";

/// The kinds of "no", each with its meaning to the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request cannot be read.
    Malformed,
    /// 401: no credential, or one that is unknown or revoked.
    Unauthorised,
    /// 403: the credential does not reach so far, in role or in territory.
    Forbidden,
    /// 404: there is no such thing, or not for this credential.
    NotFound,
    /// 410: it was there, and was erased.
    Gone,
    /// 409: it does not fit what the registry holds now.
    Conflict,
    /// 422: it can be read, but a value is wrong.
    Invalid,
    /// 429: too often; the same request may go through later.
    Slow,
    /// 503: not now; the same request may go through later.
    Busy,
    /// 500: our fault; the log knows more.
    Internal,
}

/// On what a refusal rests: the rule, its basis and its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ground {
    /// The code of the ground.
    pub code: String,
    /// `act`, `practice` or `project`.
    #[schema(value_type = String)]
    pub basis: Basis,
    /// The clause or the source.
    pub source: String,
    /// The ground in Kazakh words.
    pub kk: String,
    /// The ground in Russian words.
    pub ru: String,
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The path of the field, for instance `child.iin`.
    pub field: String,
    /// What is wrong, as a stable code for programs.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A "no" to a request: why, and what to do next.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which kind of "no" it is; the HTTP status follows from it.
    pub kind: Kind,
    /// Why, as a stable code for programs, for instance `wrong_state`.
    pub code: &'static str,
    /// What to do next.
    pub message: String,
    /// The grounds, where a rule said no.
    pub grounds: Vec<Ground>,
    /// The fields that are wrong, where it is about fields.
    pub faults: Vec<FieldFault>,
    /// Further members of the document.
    pub more: Map<String, Value>,
}

impl Problem {
    /// A problem of a kind, with its code and what to do next.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Problem { kind, code, message: message.into(), grounds: Vec::new(), faults: Vec::new(), more: Map::new() }
    }

    /// 404 `not_found`: the registry holds no such thing; `what` names its kind.
    pub fn not_found(what: &str) -> Self {
        Problem::new(Kind::NotFound, "not_found", format!("there is no such {what}; check its number"))
    }

    /// 409: the request does not fit what the registry holds now.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Problem::new(Kind::Conflict, code, message)
    }

    /// 422 for one field.
    pub fn invalid(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let mut faults = FieldFaults::default();
        faults.add(field, code, message);
        Problem::from(faults)
    }

    /// Adds a member to the document.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Serialize) -> Self {
        self.more.insert(member.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// Says which rules said no, in place of what was said before.
    #[must_use]
    pub fn on(mut self, grounds: Vec<Ground>) -> Self {
        self.grounds = grounds;
        self
    }
}

/// The fields that are wrong, all of them, so that one reading of the answer mends the request.
#[derive(Clone, Debug, Default)]
pub struct FieldFaults(Vec<FieldFault>);

impl FieldFaults {
    /// Adds a fault; whoever reads goes on, so that all are found.
    pub fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.to_owned(), code, message: message.into() });
    }

    /// The value, or its fault under this field.
    pub fn take<T, E: std::fmt::Display>(&mut self, field: &str, code: &'static str, read: Result<T, E>) -> Option<T> {
        read.map_err(|e| self.add(field, code, e.to_string())).ok()
    }

    /// A text of at most `longest` characters through the one door of all text (`domain::text`); a fault where it is empty.
    pub fn text(&mut self, field: &str, text: &str, longest: usize) -> Option<String> {
        self.through(field, text::clean(text), longest)
    }

    /// As [`FieldFaults::text`], with a letter at least: a person's name, or a thing's.
    pub fn name(&mut self, field: &str, name: &str, longest: usize) -> Option<String> {
        self.through(field, text::name(name), longest)
    }

    fn through(&mut self, field: &str, read: Result<Cow<'_, str>, TextFault>, longest: usize) -> Option<String> {
        match read {
            Ok(read) if read.chars().count() > longest => {
                self.add(field, "too_long", format!("write at most {longest} characters"));
            }
            Ok(read) => return Some(read.into_owned()),
            Err(fault) => self.add(field, fault.code(), fault.to_string()),
        }
        None
    }

    /// The faults so far, in the order in which they were found.
    pub fn list(&self) -> &[FieldFault] {
        &self.0
    }

    /// Nothing is wrong, or the problem.
    ///
    /// # Errors
    /// 422 with all faults.
    pub fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::from(self)) }
    }
}

impl From<FieldFaults> for Problem {
    fn from(faults: FieldFaults) -> Self {
        let said: Vec<String> = faults.0.iter().map(|f| format!("{}: {}", f.field, f.message)).collect();
        let code = faults.0.first().map_or("invalid", |f| f.code);
        Problem { faults: faults.0, ..Problem::new(Kind::Invalid, code, said.join("; ")) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) | StoreError::Locked(_) | StoreError::Unavailable(_) => {
                tracing::warn!(%error, "the registry cannot answer now");
                Problem::new(
                    Kind::Busy,
                    "unavailable",
                    "the registry cannot answer now; send the same request again later",
                )
            }
            StoreError::Erased(_) => Problem::new(
                Kind::Gone,
                "erased",
                "who this is about was erased from the registry by an act of the department; the turn that it had still counts",
            ),
            StoreError::Clock(doubt) => {
                tracing::warn!(%doubt, "the clock is not believed");
                Problem::new(Kind::Busy, CLOCK_NOT_BELIEVED, doubt.to_string()).with("reason", doubt.code())
            }
            _ => {
                tracing::error!(%error, "the registry failed");
                Problem::new(
                    Kind::Internal,
                    "internal",
                    "the registry failed; nothing was changed, tell the operator when it was",
                )
            }
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Problem {}
