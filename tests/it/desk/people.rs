//! Invented people with valid IINs that nobody else in the same test has.

use std::collections::HashMap;

use chrono::NaiveDate;
use kezek::sample::iins::{Numbers, Sex};
use serde_json::{Value, json};

/// The birth date of a child of whom a test says nothing else: four years old on the day of the tests.
pub const BORN_ON: &str = "2022-05-17";

/// Everybody whom a test has met.
pub struct People {
    children: HashMap<NaiveDate, Numbers>,
    applicants: Numbers,
    met: usize,
    /// Texts that no journal may hold.
    pub secrets: Vec<String>,
}

/// A child with its parent.
#[derive(Clone, Debug)]
pub struct Child {
    /// The child's IIN.
    pub iin: String,
    /// Its name.
    pub name: String,
    /// Its birth date.
    pub birth_date: String,
    /// The parent's IIN.
    pub parent_iin: String,
    /// The parent's name.
    pub parent_name: String,
    /// The parent's telephone.
    pub phone: String,
}

impl People {
    /// Nobody yet.
    pub fn new() -> Self {
        let applicants = Numbers::new(7, Sex::Female, day("1990-01-01"), 365);
        People { children: HashMap::new(), applicants, met: 0, secrets: Vec::new() }
    }

    /// The next child born on a day.
    pub fn child(&mut self, birth_date: &str) -> Child {
        let born_on = day(birth_date);
        let numbers = self.children.entry(born_on).or_insert_with(|| Numbers::new(7, Sex::Male, born_on, 1));
        let (iin, _) = numbers.next().expect("another IIN");
        let (parent_iin, _) = self.applicants.next().expect("another IIN");
        self.met += 1;
        let child = Child {
            iin: iin.to_string(),
            name: format!("Сынақбай Үлгі {}", in_letters(self.met)),
            birth_date: birth_date.to_owned(),
            parent_iin: parent_iin.to_string(),
            parent_name: format!("Сынақбаева Өрнек {}", in_letters(self.met)),
            phone: format!("+7000{:07}", self.met),
        };
        let said = [&child.iin, &child.name, &child.parent_iin, &child.parent_name, &child.phone];
        self.secrets.extend(said.into_iter().cloned());
        child
    }
}

impl Child {
    /// The application of this child for a territory: a complete package, Kazakh, general, any kindergarten.
    pub fn application(&self, territory: &str) -> Value {
        json!({
            "child": {"iin": self.iin, "name": self.name, "birth_date": self.birth_date},
            "applicant": {"iin": self.parent_iin, "name": self.parent_name, "kind": "parent", "contacts": [self.phone]},
            "territory": territory,
            "preferences": [],
            "language": "kk",
            "kind": "general",
            "categories": [],
            "documents": [{"kind": "birth_certificate", "number": format!("СК {}", self.iin)},
                {"kind": "applicant_id", "number": format!("ЖК {}", self.parent_iin), "expires_on": "2031-01-01"}],
            "consent": true,
        })
    }
}

/// A number as a name: those of two numbers differ in more than two letters.
fn in_letters(number: usize) -> String {
    const SYLLABLES: [&str; 10] = ["ба", "де", "гі", "жо", "зу", "кы", "лә", "мө", "нү", "ры"];
    let digits = number.to_string();
    let one = |digit: u8| SYLLABLES[usize::from(digit - b'0')];
    // Twice, so that another digit is four other letters.
    let name: String = digits.bytes().chain(digits.bytes().rev()).map(one).collect();
    format!("Ұ{name}")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}
