//! The languages of the interface.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::codes::{UnknownCode, codes};

codes! {
    /// A language of the interface, in the order in which they are shown.
    Tongue {
        /// Kazakh.
        Kk = "kk",
        /// Russian.
        Ru = "ru",
        /// English.
        En = "en",
    }
}
