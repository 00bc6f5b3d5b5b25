//! By what a child is likened to others: keyed hashes of what is sealed, so that they tell nothing without the key.

use chrono::NaiveDate;

use crate::domain::application::Child;
use crate::domain::text::{likened, likened_number};
use crate::trust::cipher::{BlindIin, LookUpKey};

/// The document whose number names a child.
const CERTIFICATE: &str = "birth_certificate";

/// By what children are likened; what is missing is like nobody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// Of the name, however it is written, and the day of birth.
    pub likeness: Option<i64>,
    /// Of the number of the birth certificate.
    pub certificate: Option<i64>,
    /// Of the applicant and the day of birth.
    pub kin: Option<i64>,
}

impl Marks {
    /// Those of a child with these papers (kind and number) and this applicant.
    pub(super) fn of<'d>(
        look_up: &LookUpKey,
        child: &Child,
        applicant: BlindIin,
        papers: impl IntoIterator<Item = (&'d str, &'d str)>,
    ) -> Self {
        let certificate =
            papers.into_iter().find(|(kind, _)| *kind == CERTIFICATE).map(|(_, number)| likened_number(number));
        Marks {
            likeness: likeness(look_up, child),
            certificate: certificate
                .filter(|number| !number.is_empty())
                .map(|number| look_up.blind_certificate(&number)),
            kin: Some(kin(look_up, applicant, child.birth_on)),
        }
    }
}

/// The mark of a child's name and day of birth.
pub(super) fn likeness(look_up: &LookUpKey, child: &Child) -> Option<i64> {
    let name = likened(&child.name);
    (!name.is_empty()).then(|| look_up.blind_name(&name, child.birth_on))
}

/// The mark of an applicant and a day of birth.
pub(super) fn kin(look_up: &LookUpKey, applicant: BlindIin, birth_on: NaiveDate) -> i64 {
    look_up.blind_kin(applicant, birth_on)
}
