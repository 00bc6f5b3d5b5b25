//! Who represents a child: whose word counts, and how a family's session was opened.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::codes::{UnknownCode, codes};

codes! {
    /// What an act of a court or a guardianship body says of a representative, once the department has entered it.
    CourtWord {
        /// Its word counts, and no other representative's.
        Decides = "decides",
        /// From this side the child is shielded: it sees status and number.
        Shielded = "shielded",
    }
}

codes! {
    /// By what a family has signed in.
    FamilyWay {
        /// The code of its paper.
        Paper = "paper",
        /// A one-time code that went to a contact.
        OneTimeCode = "one_time_code",
    }
}
