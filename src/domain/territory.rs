//! A territory of the classifier, and which territory's queue serves it.

use super::codes::UnknownCode;
use super::kato::Kato;

/// An entry of the classifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Territory {
    /// The code in the classifier.
    pub code: Kato,
    /// The name in Kazakh.
    pub name_kk: String,
    /// The name in Russian.
    pub name_ru: String,
    /// What kind of unit it is: who governs it follows from that.
    pub level: Level,
}

/// What a territory is, from the shape of its code and the mark in its name (the classifier publishes no level).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// An oblast, the largest unit beside the cities of the republic.
    Oblast,
    /// A city of republican significance: Astana, Almaty, Shymkent.
    RepublicanCity,
    /// A district of an oblast.
    District,
    /// The akimat over a city of oblast significance.
    CityAdministration,
    /// A city itself, by the mark of its name; the akimat over it is another entry.
    City,
    /// A district inside a city of republican significance.
    CityDistrict,
    /// A rural district: villages under one akim.
    RuralDistrict,
    /// A village with its own akim.
    VillageAdministration,
    /// A township with its own akim.
    TownshipAdministration,
    /// A town of district significance.
    TownAdministration,
    /// A village, township or other settlement.
    Settlement,
}

const LEVELS: [(Level, &str); 11] = [
    (Level::Oblast, "oblast"),
    (Level::RepublicanCity, "republican_city"),
    (Level::District, "district"),
    (Level::CityAdministration, "city_administration"),
    (Level::City, "city"),
    (Level::CityDistrict, "city_district"),
    (Level::RuralDistrict, "rural_district"),
    (Level::VillageAdministration, "village_administration"),
    (Level::TownshipAdministration, "township_administration"),
    (Level::TownAdministration, "town_administration"),
    (Level::Settlement, "settlement"),
];

impl Level {
    /// The code in the registry and in CSV.
    pub fn code(self) -> &'static str {
        LEVELS.iter().find(|(level, _)| *level == self).map_or("", |(_, code)| code)
    }
}

impl std::str::FromStr for Level {
    type Err = UnknownCode;
    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        LEVELS
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(level, _)| *level)
            .ok_or_else(|| UnknownCode { allowed: LEVELS.map(|(_, code)| code).join(", ") })
    }
}

impl Territory {
    /// The territory whose queues serve this one: a city as a whole for its districts and for the city under its own
    /// akimat, the rural district or village administration for its settlements, otherwise the territory itself.
    /// An oblast has no queue of its own. `known` tells which codes the classifier holds: a few towns hang directly
    /// under their district, without the administration that their code points to.
    pub fn queue_territory(&self, known: impl Fn(Kato) -> bool) -> Option<Kato> {
        let code = self.code;
        // The block OO = 10 of a home is its main city.
        let of_the_main_city = code.number() / 1000 % 100 == 10;
        match self.level {
            Level::Oblast => None,
            Level::CityDistrict => Some(code.home()),
            Level::City | Level::Settlement if of_the_main_city => Some(code.home()),
            Level::City | Level::Settlement => {
                Kato::from_number(code.number() / 1000 * 1000).filter(|&unit| known(unit)).or(Some(code))
            }
            _ => Some(code),
        }
    }
}
