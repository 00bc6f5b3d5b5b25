//! Invented families that apply for a place: the same seed gives the same families in the same order.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc, Weekday};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::iins::{Numbers, Sex};
use super::kindergartens::Locality;
use super::names::{self, House, Names};
use crate::domain::codes::{ApplicantKind, Channel, GroupKind, Language};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;

/// The child of a [`Family`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Valid, and nobody else's in the same run.
    pub iin: Iin,
    /// Surname, name, name after the father where there is one.
    pub name: String,
    /// Agrees with the IIN.
    pub birth_date: NaiveDate,
}

/// Who applies for the child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// Valid, and nobody else's in the same run.
    pub iin: Iin,
    /// Surname, name, name after the father where there is one.
    pub name: String,
    /// In what right somebody applies for the child.
    pub kind: ApplicantKind,
    /// A telephone with an unassigned prefix, sometimes a second one or an address at example.com.
    pub contacts: Vec<String>,
}

/// A ground of privilege with the number of its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The code of the claimed category.
    pub code: &'static str,
    /// The number of the paper.
    pub proof: String,
}

/// A paper of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Code of the document kind.
    pub kind: &'static str,
    /// The number on the document.
    pub number: String,
    /// The last day on which it is in force, where it has one.
    pub expires_on: Option<NaiveDate>,
}

/// One application that could be handed in: the parts of `POST /api/v1/applications` and the instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The child for whom the place is asked.
    pub child: Child,
    /// The parent or other person who applies.
    pub applicant: Applicant,
    /// Whose queue they join.
    pub territory: Kato,
    /// Ids of one to four kindergartens of the territory, most wanted first; empty: any.
    pub preferences: Vec<String>,
    /// Language of the group.
    pub language: Language,
    /// Kind of the group.
    pub kind: GroupKind,
    /// Privileges claimed: none for most.
    pub categories: Vec<Claim>,
    /// The documents that make the package complete.
    pub documents: Vec<Document>,
    /// How the application came.
    pub channel: Channel,
    /// When: after the birth and before `today`; an office's and the State Corporation's on a weekday.
    pub applied_at: DateTime<Utc>,
}

/// The stream of families. It ends after about eighteen million children of each sex, or at once without localities.
#[derive(Clone, Debug)]
pub struct Families<'a> {
    rng: Xoshiro256PlusPlus,
    today: NaiveDate,
    localities: &'a [Locality],
    /// Running totals of capacity, to draw a locality by its size.
    totals: Vec<u32>,
    boys: Numbers,
    girls: Numbers,
    men: Numbers,
    women: Numbers,
}

/// Children are at least this old, in months.
const CHILD_MONTHS_MIN: u32 = 12;
/// Children are younger than this, in months.
const CHILD_MONTHS_END: u32 = 72;
/// Applicants are at least this old, in months.
const APPLICANT_MONTHS_MIN: u32 = 20 * 12;
/// Applicants are younger than this, in months.
const APPLICANT_MONTHS_END: u32 = 50 * 12;

/// Categories with their shares in ten thousands: 2 % out of turn, 15 % first priority. Codes: those of the profiles.
const CATEGORIES: [(&str, u32); 9] = [
    ("military", 130),
    ("special_bodies", 70),
    ("large_family", 690),
    ("teacher", 400),
    ("special_needs", 140),
    ("child_disability_family", 110),
    ("parent_disability", 100),
    ("no_parental_care", 40),
    ("orphan", 20),
];

impl<'a> Families<'a> {
    /// Families as they stand on `today`, children one to six years old, living in `localities` by their capacity.
    pub fn new(seed: u64, today: NaiveDate, localities: &'a [Locality]) -> Self {
        let totals = localities
            .iter()
            .scan(0u32, |sum, locality| {
                *sum += locality.capacity;
                Some(*sum)
            })
            .collect();
        let numbers = |salt: u64, sex, from: u32, end: u32| {
            let first = today.checked_sub_months(Months::new(end)).and_then(|day| day.succ_opt()).unwrap_or(today);
            let last = today.checked_sub_months(Months::new(from)).unwrap_or(today);
            let days = u32::try_from((last - first).num_days() + 1).unwrap_or_default();
            Numbers::new(seed.wrapping_add(salt), sex, first, days)
        };
        Families {
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            today,
            localities,
            totals,
            boys: numbers(1, Sex::Male, CHILD_MONTHS_MIN, CHILD_MONTHS_END),
            girls: numbers(2, Sex::Female, CHILD_MONTHS_MIN, CHILD_MONTHS_END),
            men: numbers(3, Sex::Male, APPLICANT_MONTHS_MIN, APPLICANT_MONTHS_END),
            women: numbers(4, Sex::Female, APPLICANT_MONTHS_MIN, APPLICANT_MONTHS_END),
        }
    }

    fn locality(&mut self) -> Option<&'a Locality> {
        let total = self.totals.last().copied().filter(|&total| total > 0)?;
        let drawn = self.rng.random_range(0..total);
        self.localities.get(self.totals.partition_point(|&sum| sum <= drawn))
    }

    /// In the south nearly all names are Kazakh, in the north about half.
    fn names(&mut self, territory: Kato) -> &'static Names {
        let kazakh = match territory.region().number() / 10_000_000 {
            43 | 23 | 47 => 94,
            39 | 59 => 48,
            63 | 55 => 58,
            _ => 72,
        };
        if self.rng.random_range(0..100) < kazakh {
            return &names::KAZAKH;
        }
        match self.rng.random_range(0..100) {
            0..70 => &names::RUSSIAN,
            70..78 => &names::TATAR,
            78..85 => &names::GERMAN,
            85..89 => &names::KOREAN,
            89..93 => &names::UZBEK,
            93..96 => &names::UYGHUR,
            _ => &names::WITHOUT_FATHER,
        }
    }

    fn categories(&mut self) -> Vec<Claim> {
        let drawn = self.rng.random_range(0..10_000);
        let mut sum = 0;
        let found = CATEGORIES.iter().find(|(_, share)| {
            sum += share;
            drawn < sum
        });
        let Some(&(code, _)) = found else { return Vec::new() };
        let mut claims = vec![Claim { code, proof: self.number() }];
        // A few families have two grounds; the second must not change the tier.
        if code == "teacher" && self.rng.random_range(0..10) == 0 {
            claims.push(Claim { code: "large_family", proof: self.number() });
        }
        claims
    }

    fn applicant(&mut self, house: &House, categories: &[Claim]) -> Option<Applicant> {
        let without_parents = categories.iter().any(|claim| matches!(claim.code, "orphan" | "no_parental_care"));
        let kind = match self.rng.random_range(0..200) {
            _ if without_parents => ApplicantKind::LegalRepresentative,
            0 => ApplicantKind::Attorney,
            1..4 => ApplicantKind::LegalRepresentative,
            _ => ApplicantKind::Parent,
        };
        let father = self.rng.random_range(0..100) < 36;
        // Only a parent shares the house; a representative may be of any.
        let other = House::draw(house.names, &mut self.rng);
        let house = if kind == ApplicantKind::Parent { house } else { &other };
        let ((iin, _), name) = if father {
            (self.men.next()?, house.father(&mut self.rng))
        } else {
            (self.women.next()?, house.woman(&mut self.rng))
        };
        let mut contacts = vec![self.telephone()];
        match self.rng.random_range(0..10) {
            0..3 => contacts.push(self.telephone()),
            3 => contacts.push(format!("parent{}@example.com", self.rng.random_range(1_000..1_000_000))),
            _ => {}
        }
        Some(Applicant { iin, name, kind, contacts })
    }

    /// No operator of Kazakhstan has the prefix 799, so nobody can be called by mistake.
    fn telephone(&mut self) -> String {
        digits("+7799", self.rng.random_range(0..10_000_000), 7)
    }

    fn number(&mut self) -> String {
        digits("", self.rng.random_range(0..1_000_000_000), 9)
    }

    fn wish(&mut self, locality: &Locality, names: &Names, categories: &[Claim]) -> (Language, GroupKind) {
        let offered =
            |language, kind| locality.kindergartens.iter().any(|choice| choice.offers.contains(&(language, kind)));
        let mut language = match self.rng.random_range(0..1_000) {
            0..5 => Language::English,
            5..15 => Language::Mixed,
            15..830 if names.prefers_kazakh => Language::Kazakh,
            15..100 => Language::Kazakh,
            _ => Language::Russian,
        };
        if !offered(language, GroupKind::General) {
            let all = Language::ALL.iter().copied();
            language = all.into_iter().find(|&l| offered(l, GroupKind::General)).unwrap_or(language);
        }
        let kind = match self.rng.random_range(0..100) {
            _ if categories.iter().any(|claim| claim.code == "special_needs") => GroupKind::Special,
            0 => GroupKind::Sanatorium,
            _ => GroupKind::General,
        };
        if offered(language, kind) { (language, kind) } else { (language, GroupKind::General) }
    }

    fn preferences(&mut self, locality: &Locality, language: Language, kind: GroupKind) -> Vec<String> {
        let fit = || locality.kindergartens.iter().filter(|choice| choice.offers.contains(&(language, kind)));
        let of = fit().count();
        let wanted = match self.rng.random_range(0..100) {
            0..22 => 0,
            22..45 => 1,
            45..67 => 2,
            67..84 => 3,
            _ => 4,
        };
        let mut taken: Vec<usize> = Vec::with_capacity(wanted);
        while taken.len() < wanted.min(of) {
            let drawn = self.rng.random_range(0..of);
            if !taken.contains(&drawn) {
                taken.push(drawn);
            }
        }
        taken.into_iter().filter_map(|index| fit().nth(index)).map(|choice| choice.id.clone()).collect()
    }

    fn documents(&mut self, kind: ApplicantKind) -> Vec<Document> {
        let later = |days: u64| self.today.checked_add_days(Days::new(days));
        let card_until = later(self.rng.random_range(200..3_650));
        let power_until = later(self.rng.random_range(30..1_000));
        let mut documents = Vec::with_capacity(3);
        documents.push(Document { kind: "birth_certificate", number: self.number(), expires_on: None });
        documents.push(Document { kind: "applicant_id", number: self.number(), expires_on: card_until });
        if kind == ApplicantKind::Attorney {
            documents.push(Document { kind: "power_of_attorney", number: self.number(), expires_on: power_until });
        }
        documents
    }

    /// Most families apply soon after the birth, so the square of an even draw sets the day.
    fn applied_at(&mut self, channel: Channel, born_on: NaiveDate) -> DateTime<Utc> {
        const FIRST_DAY: i64 = 8;
        let span = ((self.today - born_on).num_days() - FIRST_DAY - 1).max(1);
        let draw: f64 = self.rng.random();
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a few thousand days")]
        let offset = FIRST_DAY + (draw * draw * span as f64) as i64;
        let mut day = born_on + TimeDelta::days(offset);
        // The offices work from 9 to 18 by the clock of UTC+5; the portal never closes.
        let hours = if channel == Channel::Portal { 0..24 } else { 4..13 };
        if channel != Channel::Portal {
            let back = match day.weekday() {
                Weekday::Sat => 1,
                Weekday::Sun => 2,
                _ => 0,
            };
            day -= TimeDelta::days(back);
        }
        let micros = self.rng.random_range(hours.start * 3_600_000_000i64..hours.end * 3_600_000_000);
        day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::microseconds(micros)
    }

    fn family(&mut self) -> Option<Family> {
        let locality = self.locality()?;
        let names = self.names(locality.territory);
        let house = House::draw(names, &mut self.rng);
        let boy = self.rng.random_range(0..1_000) < 514;
        let (sex, (iin, birth_date)) =
            if boy { (Sex::Male, self.boys.next()?) } else { (Sex::Female, self.girls.next()?) };
        let child = Child { iin, name: house.child(sex, &mut self.rng), birth_date };
        let categories = self.categories();
        let applicant = self.applicant(&house, &categories)?;
        let (language, kind) = self.wish(locality, names, &categories);
        let preferences = self.preferences(locality, language, kind);
        let channel = match self.rng.random_range(0..100) {
            0..18 => Channel::Office,
            18..45 => Channel::StateCorporation,
            _ => Channel::Portal,
        };
        let documents = self.documents(applicant.kind);
        let applied_at = self.applied_at(channel, birth_date);
        let territory = locality.territory;
        Some(Family {
            child,
            applicant,
            territory,
            preferences,
            language,
            kind,
            categories,
            documents,
            channel,
            applied_at,
        })
    }
}

impl Iterator for Families<'_> {
    type Item = Family;

    fn next(&mut self) -> Option<Family> {
        self.family()
    }
}

/// `prefix` and then `number` with leading zeros up to `width`: the formatter is too slow for millions.
fn digits(prefix: &str, number: u32, width: usize) -> String {
    let mut text = String::with_capacity(prefix.len() + width);
    text.push_str(prefix);
    let mut divisor = 10u32.pow(u32::try_from(width).unwrap_or(1).saturating_sub(1));
    let mut rest = number;
    for _ in 0..width {
        let digit = u8::try_from(rest / divisor % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
        rest %= divisor;
        divisor = (divisor / 10).max(1);
    }
    text
}
