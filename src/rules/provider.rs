//! What kind of authority or organisation renders a service, and which kinds a territory's authorities are.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::codes::{Role, UnknownCode, codes};
use crate::domain::territory::Level;

codes! {
    /// What kind of authority or organisation renders a service.
    ProviderKind {
        /// Local executive body of an oblast.
        OblastBody = "oblast_body",
        /// Local executive body of a city.
        CityBody = "city_body",
        /// Local executive body of a district.
        DistrictBody = "district_body",
        /// Education department of a city.
        CityDepartment = "city_department",
        /// Education department of a district.
        DistrictDepartment = "district_department",
        /// Akim of a district in a city.
        AkimCityDistrict = "akim_city_district",
        /// Akim of a city of oblast or district significance.
        AkimCity = "akim_city",
        /// Akim of a settlement.
        AkimSettlement = "akim_settlement",
        /// Akim of a village.
        AkimVillage = "akim_village",
        /// Akim of a rural district.
        AkimRuralDistrict = "akim_rural_district",
        /// Preschool organisation of any type and kind.
        Kindergarten = "kindergarten",
        /// School of any level.
        School = "school",
        /// Any other organisation of education.
        EducationOrganisation = "education_organisation",
    }
}

/// What the authority of a role over a territory of this level may be called in a regulation. A department belongs to
/// the executive body of its city or district, so it answers to both names; the akim of an oblast, of a district or of a
/// city with an akimat of its own leads that body.
pub fn authority_kinds(role: Role, level: Level) -> &'static [ProviderKind] {
    match (role, level) {
        (Role::Akim, Level::CityDistrict) => &[ProviderKind::AkimCityDistrict],
        (Role::Akim, Level::CityAdministration) => &[ProviderKind::AkimCity, ProviderKind::CityBody],
        (Role::Akim, Level::City | Level::TownAdministration) => &[ProviderKind::AkimCity],
        (Role::Akim, Level::TownshipAdministration) => &[ProviderKind::AkimSettlement],
        (Role::Akim, Level::VillageAdministration | Level::Settlement) => &[ProviderKind::AkimVillage],
        (Role::Akim, Level::RuralDistrict) => &[ProviderKind::AkimRuralDistrict],
        (Role::Akim | Role::Department, Level::Oblast) => &[ProviderKind::OblastBody],
        (Role::Akim, Level::RepublicanCity) => &[ProviderKind::CityBody],
        (Role::Akim, Level::District) => &[ProviderKind::DistrictBody],
        (Role::Department, Level::RepublicanCity | Level::CityAdministration | Level::City) => {
            &[ProviderKind::CityBody, ProviderKind::CityDepartment]
        }
        (Role::Department, Level::District) => &[ProviderKind::DistrictBody, ProviderKind::DistrictDepartment],
        (Role::Kindergarten, _) => &[ProviderKind::Kindergarten],
        _ => &[],
    }
}
