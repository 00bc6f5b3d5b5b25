//! A value with the ground it stands on: nothing in the rules is said without its source.

use serde::{Deserialize, Serialize};

use super::tongue::Tongue;
use crate::domain::codes::Basis;

/// A name or a short text in the three languages of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

/// A value and what it rests on. `basis = act` names its clause; `practice` and `project` say where from and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The value; `None` for an optional one that the rules deliberately leave out.
    pub value: T,
    /// Act, practice or a setting of this registry.
    pub basis: Basis,
    /// Where it was read, or why the registry sets it so.
    pub source: String,
    /// The clause, where the basis is an act.
    pub clause: Option<String>,
}

/// A ground of a refusal, a skip or an annulment, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleGround {
    /// The ground's code, stable on the wire.
    pub code: String,
    /// What papers and answers call the ground.
    pub names: Names,
    /// Act, practice or a setting of this registry.
    pub basis: Basis,
    /// Where it was read, or why the registry sets it so.
    pub source: String,
    /// The clause, where the basis is an act.
    pub clause: Option<String>,
}

/// What is wrong with a basis, if anything: an act needs its clause, the others their source.
pub(super) fn basis_fault(what: &str, basis: Basis, source: &str, clause: Option<&str>) -> Option<String> {
    if source.trim().is_empty() {
        return Some(format!("`{what}` needs a source"));
    }
    match (basis, clause) {
        (Basis::Act, None) => Some(format!("`{what}` has basis `act` and so needs its `clause`")),
        (Basis::Practice | Basis::Project, Some(_)) => {
            Some(format!("`{what}` has a clause but not the basis `act`; drop one of them"))
        }
        _ => None,
    }
}

impl<T> Sourced<T> {
    /// What is wrong with the basis of the value called `what`.
    pub(super) fn fault(&self, what: &str) -> Option<String> {
        basis_fault(what, self.basis, &self.source, self.clause.as_deref())
    }
}

impl RuleGround {
    /// What is wrong with the ground's basis.
    pub(super) fn fault(&self) -> Option<String> {
        basis_fault(&self.code, self.basis, &self.source, self.clause.as_deref())
    }
}

impl Names {
    /// The text in this language.
    pub fn get(&self, tongue: Tongue) -> &str {
        match tongue {
            Tongue::Kk => &self.kk,
            Tongue::Ru => &self.ru,
            Tongue::En => &self.en,
        }
    }

    /// A text made language by language.
    pub fn each(mut of: impl FnMut(Tongue) -> String) -> Self {
        Names { kk: of(Tongue::Kk), ru: of(Tongue::Ru), en: of(Tongue::En) }
    }

    /// A text that is the same in all languages: a number, a name.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Names { kk: text.clone(), ru: text.clone(), en: text }
    }
}
