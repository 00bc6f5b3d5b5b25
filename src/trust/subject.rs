//! What an opening is about: one thing, by its kind and its name.

use std::fmt;

/// What kind of thing an opening is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// An account, with its mandates and credentials.
    Account,
    /// A decree of the working calendar.
    Calendar,
    /// A case that is carried through the steps of its service.
    Case,
    /// Two applications that are probably of one child.
    Duplicate,
    /// What was presented, where nothing else is named.
    Facts,
    /// A group of a kindergarten.
    Group,
    /// A kindergarten.
    Kindergarten,
    /// A child: who it is.
    Person,
    /// A place that was reported.
    Place,
    /// The counters of a queue.
    Queue,
    /// A round with its files.
    Round,
    /// A scan of a paper.
    Scan,
    /// An application: its seat in the queue, and what became of it.
    Seat,
    /// The classifier of territories.
    Territories,
}

impl SubjectKind {
    /// The word before the colon.
    pub fn code(self) -> &'static str {
        match self {
            SubjectKind::Account => "account",
            SubjectKind::Calendar => "calendar",
            SubjectKind::Case => "case",
            SubjectKind::Duplicate => "duplicate",
            SubjectKind::Group => "group",
            SubjectKind::Kindergarten => "kindergarten",
            SubjectKind::Facts => "facts",
            SubjectKind::Person => "person",
            SubjectKind::Place => "place",
            SubjectKind::Queue => "queue",
            SubjectKind::Round => "round",
            SubjectKind::Scan => "scan",
            SubjectKind::Seat => "seat",
            SubjectKind::Territories => "territories",
        }
    }
}

/// The one thing that an opening is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// What kind of thing it is.
    pub kind: SubjectKind,
    /// Which of its kind: a number, a key, an id.
    pub id: String,
}

impl Subject {
    /// A subject of this kind.
    pub fn of(kind: SubjectKind, id: impl Into<String>) -> Self {
        Subject { kind, id: id.into() }
    }

    /// An application.
    pub fn seat(number: impl Into<String>) -> Self {
        Subject::of(SubjectKind::Seat, number)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.code(), self.id)
    }
}
