//! The kinds of files that a registry takes and gives.

use crate::domain::codes::UnknownCode;

/// What a file is about: the KIND of `kezek import` and `kezek export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Territories of the classifier; the official file too.
    Territories,
    /// Kindergartens with their names and territories.
    Kindergartens,
    /// The groups of kindergartens.
    Groups,
    /// Free places, reported or in the ledger.
    Places,
    /// Applications, also those of a paper journal.
    Applications,
    /// Referrals, which are exported only.
    Referrals,
    /// Cases of the services, which are exported only.
    Cases,
}

impl Kind {
    /// Every kind, in the order in which an empty registry can take them.
    pub const ALL: [Kind; 7] = [
        Kind::Territories,
        Kind::Kindergartens,
        Kind::Groups,
        Kind::Places,
        Kind::Applications,
        Kind::Referrals,
        Kind::Cases,
    ];

    /// The word on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Territories => "territories",
            Kind::Kindergartens => "kindergartens",
            Kind::Groups => "groups",
            Kind::Places => "places",
            Kind::Applications => "applications",
            Kind::Referrals => "referrals",
            Kind::Cases => "cases",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.code() == code)
            .ok_or_else(|| UnknownCode { allowed: Kind::ALL.map(Kind::code).join(", ") })
    }
}
