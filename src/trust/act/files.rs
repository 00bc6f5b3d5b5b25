//! What is told of files that were taken in. The rows stand in the openings of what they are about.

use serde::{Deserialize, Serialize};

/// A part of a file of applications was taken in: those of one home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationsImported {
    /// The name of the file.
    pub file: String,
    /// How many applications this record takes in.
    pub applications: u64,
}

/// The classifier of territories was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerritoriesImported {
    /// How many territories the file has.
    pub rows: u64,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of its rows, in hexadecimal.
    pub content: String,
}

/// A file of kindergartens was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindergartensImported {
    /// How many kindergartens of this home the file has.
    pub kindergartens: u64,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of all its rows as an export writes them, in hexadecimal.
    pub content: String,
}

/// A file of groups was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupsImported {
    /// How many groups of this home the file has.
    pub groups: u64,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of all its rows as an export writes them, in hexadecimal.
    pub content: String,
}

/// A file of places was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesImported {
    /// How many places of this home the file has.
    pub places: u64,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of all its rows as an export writes them, in hexadecimal.
    pub content: String,
}

/// Decrees of the calendar were taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarImported {
    /// The files that changed something.
    pub files: Vec<CalendarTaken>,
}

/// A file of the calendar that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarTaken {
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub content: String,
    /// The SHA-256 of the file of this name that it replaces; none where it is new.
    pub replaced: Option<String>,
}

/// A decree of the calendar was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarRemoved {
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of the file that is gone, in hexadecimal.
    pub removed: String,
}
