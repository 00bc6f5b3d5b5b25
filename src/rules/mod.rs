//! Law as dated data: profiles, regulations, bindings, the working calendar, and the words for them.
//!
//! The room is pure: it reads texts, never files, and knows no clock. [`Rules::shipped`] holds what is compiled in;
//! [`Rules::from_files`] takes a deployment's own files.

pub mod binding;
pub mod calendar;
pub mod course;
mod decree;
pub mod due;
pub mod fault;
pub mod hours;
pub mod messages;
mod opening;
pub mod profile;
pub mod provider;
pub mod regulation;
mod regulation_check;
pub mod schedule;
pub mod shipped;
pub mod sourced;
pub mod term;
pub mod tongue;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::kato::Kato;
use binding::{Bindings, Notice};
pub use binding::{Bound, Era};
use calendar::Calendar;
use fault::{Reading, RuleFault, RuleFaults};
use messages::{Messages, Tongue};
use profile::Profile;
use regulation::Regulation;
use regulation_check::Labels;

/// Everything that this deployment takes for law.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The regulations that are held, by id.
    pub regulations: BTreeMap<String, Regulation>,
    /// The profiles that are held, by code.
    pub profiles: BTreeMap<String, Profile>,
    /// Territory to regulation and profile.
    pub bindings: Bindings,
    /// The working calendar, hours and zones.
    pub calendar: Calendar,
    /// The words for codes, notices and papers.
    pub messages: Messages,
}

/// Nothing is bound for a service in a territory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    /// The code of the service that was asked for.
    pub service: String,
    /// The territory where it was asked for.
    pub territory: Kato,
    /// The civil day of the question, in the territory's zone.
    pub on: NaiveDate,
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unbound { service, territory, on } = self;
        write!(f, "nothing is bound for the service `{service}` in {territory} on {on}; add it to bindings.toml")
    }
}

impl std::error::Error for Unbound {}

impl Rules {
    /// The rules that this program ships with. A test holds them free of faults.
    pub fn shipped() -> Result<Rules, RuleFaults> {
        Rules::shipped_with(Vec::new())
    }

    /// The shipped rules with further files: a file of the same name replaces the shipped one, others are added.
    pub fn shipped_with(further: Vec<(String, String)>) -> Result<Rules, RuleFaults> {
        let mut files: BTreeMap<String, String> =
            shipped::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        files.extend(further);
        Rules::from_files(files.into_iter().collect())
    }

    /// Reads a whole set of rule files, named as under `fixtures/`: `bindings.toml`, `calendar/….csv`,
    /// `messages/….toml`, `profiles/….toml`, `regulations/….toml`. Any fault refuses the whole set.
    pub fn from_files(files: Vec<(String, String)>) -> Result<Rules, RuleFaults> {
        let mut rules = Rules::default();
        let mut faults = Vec::new();
        // A README beside the rules is no rule.
        let is_rule = |name: &str| !name.ends_with(".md");
        let of = |folder: &'static str| files.iter().filter(move |(name, _)| name.starts_with(folder) && is_rule(name));
        for (file, text) in of("messages/") {
            rules.messages.read(&mut Reading { file, text, faults: &mut faults });
        }
        // `swaps-2028.csv` after `swaps.csv`: a later file corrects what an earlier one only estimates.
        let mut calendar: Vec<_> = of("calendar/").collect();
        calendar.sort_by_key(|(file, _)| file.trim_end_matches(".csv"));
        for (file, text) in calendar {
            rules.calendar.read(&mut Reading { file, text, faults: &mut faults });
        }
        rules.calendar.lay_out(&mut faults);
        for (file, text) in of("profiles/") {
            let found = Profile::read(&mut Reading { file, text, faults: &mut faults });
            rules.profiles.extend(found.map(|profile| (profile.code.clone(), profile)));
        }
        let labels = Labels { actions: rules.labels("action"), forms: rules.labels("form") };
        for (file, text) in of("regulations/") {
            let found = regulation_check::read(&mut Reading { file, text, faults: &mut faults }, &labels);
            rules.regulations.extend(found.map(|regulation| (regulation.id.clone(), regulation)));
        }
        for (file, text) in of("bindings.toml") {
            let mut reading = Reading { file, text, faults: &mut faults };
            let regulations: Vec<(&str, &str)> =
                rules.regulations.values().map(|r| (r.id.as_str(), r.service.as_str())).collect();
            let profiles: Vec<&str> = rules.profiles.keys().map(String::as_str).collect();
            rules.bindings = Bindings::read(&mut reading, &regulations, &profiles);
        }
        for (file, _) in files.iter().filter(|(name, _)| !known(name)) {
            let reason = "not a rule file; use the names that fixtures/ shows".to_owned();
            faults.push(RuleFault { file: file.clone(), line: 0, column: None, reason });
        }
        if faults.is_empty() { Ok(rules) } else { Err(RuleFaults(faults)) }
    }

    /// The codes of a group that the catalogue has words for.
    fn labels(&self, group: &str) -> BTreeSet<String> {
        let groups = self.messages.labels(Tongue::Kk).filter(|(found, _)| *found == group);
        groups.flat_map(|(_, labels)| labels.keys().cloned()).collect()
    }

    /// What `territory` applies to `service` at an instant. The civil day of the territory's zone decides.
    pub fn bound(&self, service: &str, territory: Kato, at: DateTime<Utc>) -> Result<Bound<'_>, Unbound> {
        let on = self.calendar.civil_day(at, territory);
        let unbound = || Unbound { service: service.to_owned(), territory, on };
        let regulation = self.bindings.regulation(service, territory, on).and_then(|id| self.regulations.get(id));
        let profile = self.bindings.profile(territory, on).and_then(|code| self.profiles.get(code));
        let (regulation, profile) = regulation.zip(profile).ok_or_else(unbound)?;
        Ok(Bound { regulation, profile, notice: regulation.notice(on) })
    }

    /// The era around an instant in which one profile binds a territory.
    pub fn era_of(&self, territory: Kato, at: DateTime<Utc>) -> Era {
        let zone = self.calendar.zone(territory);
        let (from, until) = self.bindings.profile_days(territory, self.calendar.civil_day(at, territory));
        let begins = |day: Option<NaiveDate>| day.and_then(|day| hours::instant_of(zone, day, 0));
        Era { from: begins(from).unwrap_or(Era::ALWAYS.from), until: begins(until).unwrap_or(Era::ALWAYS.until) }
    }

    /// The profile of a territory at an instant: a round asks for it without a service.
    pub fn profile_of(&self, territory: Kato, at: DateTime<Utc>) -> Option<&Profile> {
        let on = self.calendar.civil_day(at, territory);
        self.bindings.profile(territory, on).and_then(|code| self.profiles.get(code))
    }

    /// The sentence that a notice puts on a result.
    pub fn notice_text(&self, tongue: Tongue, regulation: &Regulation, notice: Notice) -> String {
        let on = notice.on().map(|on| self.messages.date(tongue, on)).unwrap_or_default();
        let act = regulation.act.citation.get(tongue);
        self.messages.render(tongue, notice.message(), &[("act", act), ("on", &on)]).unwrap_or_default()
    }
}

/// Whether a name belongs to a folder of rules; a README beside them is let be.
fn known(name: &str) -> bool {
    let folders = ["calendar/", "messages/", "profiles/", "regulations/"];
    name == "bindings.toml" || name.ends_with(".md") || folders.iter().any(|folder| name.starts_with(folder))
}
