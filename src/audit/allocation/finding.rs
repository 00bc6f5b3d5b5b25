//! What a verification says.

use std::fmt;

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The first child affected; `None` where no child's result is.
    pub child: Option<u32>,
    /// What does not agree.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.child {
            Some(child) => write!(f, "child {child}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
