//! Rule profiles: the order of a queue, tiers, mixing, windows, terms and consequences, each with its source.
//!
//! A profile never speaks of steps or results of a service: that is the regulation's.

use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::fault::Reading;
use super::sourced::{Names, RuleGround, Sourced};
use super::term::Term;
use crate::domain::codes::{Stream, UnknownCode, codes};
use crate::domain::mix::Mix;
use std::fmt;

codes! {
    /// What orders the children that propose to one group (ARCHITECTURE.md, "The order of a queue, exactly").
    RoundRule {
        /// The order of the queue.
        Queue = "queue",
        /// Tier, sibling already there, instant, ticket.
        Program = "program",
    }
}

codes! {
    /// What one round covers.
    RoundScope {
        /// The territory that is named and all below it, each queue alone.
        Territory = "territory",
        /// The whole home: a city, or a district with all its settlements.
        Home = "home",
    }
}

codes! {
    /// Where a place goes that its own queue cannot use.
    Spill {
        /// To the queue of the home itself, in a later pass of the same round.
        Parent = "parent",
    }
}

codes! {
    /// What becomes of an application after silence, expiry or a refusal. The place is released in every case.
    Consequence {
        /// It waits on with its original instant.
        Back = "back",
        /// It takes no part for the stop-list's term, then waits with its original instant.
        StopListed = "stop_list",
        /// It is inactive and may be restored.
        Inactive = "inactive",
        /// It leaves the queue.
        Closed = "close",
    }
}

codes! {
    /// From which day a term in days is counted.
    CountingStart {
        /// The day after the event is the first (civil rule).
        NextDay = "next_day",
        /// The day of the event is the first.
        SameDay = "same_day",
    }
}

/// Which dimensions tell one queue of a home from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDimensions {
    /// Whether each territory has its own queue.
    pub territory: bool,
    /// The year of birth.
    pub cohort: bool,
    /// The kind of group.
    pub kind: bool,
    /// The language; where false, it is a constraint of the choice.
    pub language: bool,
}

/// An age in full years and months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Age {
    /// Full years of age.
    pub years: u32,
    /// Full months beyond them.
    #[serde(default)]
    pub months: u32,
}

impl Age {
    /// The day on which a child born on `birth_on` reaches this age. A birthday of 29 February falls on the last day
    /// of February in a common year.
    pub fn reached_on(self, birth_on: NaiveDate) -> Option<NaiveDate> {
        birth_on.checked_add_months(Months::new(self.years.checked_mul(12)?.checked_add(self.months)?))
    }
}

/// A day of any year, written `09-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct YearDay {
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, 1 to 31.
    pub day: u32,
}

impl YearDay {
    /// This day in `year`.
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.month, self.day)
    }
}

impl TryFrom<String> for YearDay {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fault = "a day of the year is written MM-DD, for instance `09-01`, and is not 29 February";
        let (month, day) = text.split_once('-').ok_or(fault)?;
        let read = |t: &str| t.parse::<u32>().map_err(|_| fault);
        let found = YearDay { month: read(month)?, day: read(day)? };
        found.in_year(2023).map(|_| found).ok_or(fault)
    }
}

impl From<YearDay> for String {
    fn from(day: YearDay) -> String {
        format!("{:02}-{:02}", day.month, day.day)
    }
}

/// On which day an age limit is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AgeOn {
    /// The day of the act itself, written `the_day`.
    TheDay,
    /// A fixed day of the act's year, written `09-01`.
    InItsYear(YearDay),
}

impl AgeOn {
    /// The day to compare with, for an act on `on`.
    pub fn date(self, on: NaiveDate) -> NaiveDate {
        match self {
            AgeOn::TheDay => on,
            AgeOn::InItsYear(day) => day.in_year(on.year()).unwrap_or(on),
        }
    }
}

impl TryFrom<String> for AgeOn {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "the_day" { Ok(AgeOn::TheDay) } else { YearDay::try_from(text).map(AgeOn::InItsYear) }
    }
}

impl From<AgeOn> for String {
    fn from(age_on: AgeOn) -> String {
        match age_on {
            AgeOn::TheDay => "the_day".to_owned(),
            AgeOn::InItsYear(day) => day.into(),
        }
    }
}

/// Something that may be done a number of times, each time for a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// How often it may be done.
    pub times: u32,
    /// For how long, or within how long.
    pub term: Term,
}

/// A part of every year, first and last day included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// Its first day, in every year.
    pub from: YearDay,
    /// Its last day, still in it.
    pub until: YearDay,
}

impl Season {
    /// Whether `on` lies in the season of its year.
    pub fn holds(self, on: NaiveDate) -> bool {
        let key = |d: YearDay| (d.month, d.day);
        (key(self.from)..=key(self.until)).contains(&(on.month(), on.day()))
    }
}

/// A precedence class: whoever has a smaller number is served first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The code by which reserves and reports name it.
    pub code: String,
    /// Its number: smaller first. The offline contract reads 0 as out of turn, 1 and 2 as P, 3 and above as G.
    pub number: u8,
    /// The stream that it belongs to.
    pub stream: Stream,
    /// What papers and pages call it.
    pub names: Names,
}

/// A kind of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofKind {
    /// The code by which categories name it.
    pub code: String,
    /// What papers and pages call it.
    pub names: Names,
    /// For how many months after its issue it is good; `None` where nothing is known.
    pub valid_months: Option<u32>,
}

/// A ground of privilege.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The code by which applications claim it.
    pub code: String,
    /// The number of its tier.
    pub tier: u8,
    /// What papers and pages call it.
    pub names: Names,
    /// The codes of the proofs that are accepted.
    pub proofs: Vec<String>,
    /// Within which term a claimed proof must be confirmed; `None`: the profile's own.
    pub proof_term: Option<Term>,
    /// Act, practice or project.
    pub basis: crate::domain::codes::Basis,
    /// Where the category was read.
    pub source: String,
}

/// How a territory orders its queues and hands out its places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The profile's code, the name of its file.
    pub code: String,
    /// What papers and pages call it.
    pub names: Names,
    /// What the preset stands for.
    pub about: String,
    /// What tells one queue from another.
    pub queue_key: Sourced<KeyDimensions>,
    /// How first-priority and general merge; `None`: strictly by tier.
    pub mix: Sourced<Option<Mix>>,
    /// How many kindergartens an application may name; 0: none, any place fits.
    pub preferences_max: Sourced<u8>,
    /// The age that a child must not have reached.
    pub age_limit: Sourced<Age>,
    /// On which day both ages are looked at.
    pub age_on: Sourced<AgeOn>,
    /// The age that a child must have reached to get a place.
    pub min_age: Sourced<Option<Age>>,
    /// How long an offer waits for its answer; `None`: a round yields referrals directly.
    pub offer_window: Sourced<Option<Term>>,
    /// How long a referral is good.
    pub referral_validity: Sourced<Term>,
    /// How often and for how long a referral is extended.
    pub extension: Sourced<Option<Allowance>>,
    /// Whether a decided case may yield a referral at once, where the place is published and nobody ahead could use it or
    /// wants it.
    pub immediate: Sourced<bool>,
    /// At what hour of the territory's day reported places are published; `None`: with the report.
    pub publication: Sourced<Option<NaiveTime>>,
    /// What orders a round.
    pub round_rule: Sourced<RoundRule>,
    /// What a round covers.
    pub round_scope: Sourced<RoundScope>,
    /// For how many days an open place waits for children who apply together at the head of its queue, until there is room
    /// for all of them; 0: it does not wait. Where turns decide, and for children of one queue.
    pub together_hold: Sourced<u16>,
    /// Where places go that their queue cannot use; `None`: they stay.
    pub spill: Sourced<Option<Spill>>,
    /// What follows an offer without an answer.
    pub on_silence: Sourced<Consequence>,
    /// What follows a referral that ran out.
    pub on_expiry: Sourced<Consequence>,
    /// What follows an offer that was declined.
    pub on_refusal: Sourced<Consequence>,
    /// How long the stop-list holds.
    pub stop_list: Sourced<Option<Term>>,
    /// How often and within what term an inactive application is restored.
    pub restore: Sourced<Option<Allowance>>,
    /// Within which term a claimed proof must be confirmed; `None`: no term.
    pub proof_term: Sourced<Option<Term>>,
    /// How long the family may undo what was taken from it, and how long what an official asks for waits for a second person.
    pub objection_term: Sourced<Term>,
    /// When publication and referrals rest.
    pub freeze: Sourced<Option<Season>>,
    /// By which day of each year applications are confirmed or refreshed.
    pub refresh: Sourced<Option<YearDay>>,
    /// From which day terms of this profile are counted.
    pub counting_start: Sourced<CountingStart>,
    /// The precedence classes, first to last.
    pub tiers: Vec<Tier>,
    /// The kinds of evidence.
    #[serde(default)]
    pub proofs: Vec<ProofKind>,
    /// The grounds of privilege.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// On what an official may pass over the child whose turn it is.
    pub skip_grounds: Vec<RuleGround>,
    /// On what a kindergarten may refuse a referral.
    pub kindergarten_refusals: Vec<RuleGround>,
    /// On what a referral may be annulled.
    pub annul_grounds: Vec<RuleGround>,
}

impl Profile {
    /// The category with this code.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.categories.iter().find(|c| c.code == code)
    }

    /// The tier with this number.
    pub fn tier(&self, number: u8) -> Option<&Tier> {
        self.tiers.iter().find(|t| t.number == number)
    }

    /// The tier of an entry without a category: the last of the general stream's tiers.
    pub fn general_tier(&self) -> u8 {
        self.tiers.iter().filter(|t| t.stream == Stream::General).map(|t| t.number).max().unwrap_or(u8::MAX)
    }

    /// The tier of an entry whose counted categories have these codes: the best of them, general where there is none.
    pub fn tier_of<'a>(&self, codes: impl IntoIterator<Item = &'a str>) -> u8 {
        let best = codes.into_iter().filter_map(|code| self.category(code)).map(|c| c.tier).min();
        best.unwrap_or_else(|| self.general_tier())
    }

    /// The stream of a tier; an unknown tier is general.
    pub fn stream_of(&self, tier: u8) -> Stream {
        self.tier(tier).map_or(Stream::General, |t| t.stream)
    }

    /// Within which term a claim of this category must be confirmed.
    pub fn proof_term_of(&self, category: &str) -> Option<Term> {
        self.category(category).and_then(|c| c.proof_term).or(self.proof_term.value)
    }

    /// Whether a child has reached the age limit for an act on `on`.
    pub fn too_old(&self, birth_on: NaiveDate, on: NaiveDate) -> bool {
        self.age_limit.value.reached_on(birth_on).is_some_and(|day| day <= self.age_on.value.date(on))
    }

    /// Whether a child is still too young for a place on `on`.
    pub fn too_young(&self, birth_on: NaiveDate, on: NaiveDate) -> bool {
        let age = self.min_age.value;
        age.and_then(|age| age.reached_on(birth_on)).is_some_and(|day| day > self.age_on.value.date(on))
    }

    /// The skip ground with this code.
    pub fn skip_ground(&self, code: &str) -> Option<&RuleGround> {
        self.skip_grounds.iter().find(|g| g.code == code)
    }

    /// The kindergarten's refusal ground with this code.
    pub fn kindergarten_refusal(&self, code: &str) -> Option<&RuleGround> {
        self.kindergarten_refusals.iter().find(|g| g.code == code)
    }

    /// The annulment ground with this code.
    pub fn annul_ground(&self, code: &str) -> Option<&RuleGround> {
        self.annul_grounds.iter().find(|g| g.code == code)
    }

    /// Reads a profile's file, or notes its faults.
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Profile> {
        let before = reading.faults.len();
        let profile: Profile = reading.toml()?;
        let stem = reading.file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
        if stem != Some(profile.code.as_str()) {
            reading.at_line(0, format!("the profile's code is `{}`; name the file after it", profile.code));
        }
        // Each reason quotes first the key or code that it is about: that is where its line is looked for.
        for reason in profile.basis_faults().into_iter().chain(profile.tier_faults()).chain(profile.term_faults()) {
            let needle = reason.split('`').nth(1).unwrap_or("code").to_owned();
            reading.at_text(&needle, reason);
        }
        (reading.faults.len() == before).then_some(profile)
    }

    fn basis_faults(&self) -> Vec<String> {
        let values = [
            self.queue_key.fault("queue_key"),
            self.mix.fault("mix"),
            self.preferences_max.fault("preferences_max"),
            self.age_limit.fault("age_limit"),
            self.age_on.fault("age_on"),
            self.min_age.fault("min_age"),
            self.offer_window.fault("offer_window"),
            self.referral_validity.fault("referral_validity"),
            self.extension.fault("extension"),
            self.immediate.fault("immediate"),
            self.publication.fault("publication"),
            self.round_rule.fault("round_rule"),
            self.round_scope.fault("round_scope"),
            self.together_hold.fault("together_hold"),
            self.spill.fault("spill"),
            self.on_silence.fault("on_silence"),
            self.on_expiry.fault("on_expiry"),
            self.on_refusal.fault("on_refusal"),
            self.stop_list.fault("stop_list"),
            self.restore.fault("restore"),
            self.proof_term.fault("proof_term"),
            self.objection_term.fault("objection_term"),
            self.freeze.fault("freeze"),
            self.refresh.fault("refresh"),
            self.counting_start.fault("counting_start"),
        ];
        let grounds = self.skip_grounds.iter().chain(&self.kindergarten_refusals).chain(&self.annul_grounds);
        values.into_iter().chain(grounds.map(RuleGround::fault)).flatten().collect()
    }

    fn tier_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let streams: Vec<Stream> = self.tiers.iter().map(|t| t.stream).collect();
        if !self.tiers.is_sorted_by(|a, b| a.number < b.number) || !streams.is_sorted() {
            faults.push("`tiers` go by rising number, out of turn before first priority before general".to_owned());
        }
        if !streams.contains(&Stream::General) {
            faults.push("`tiers` need one of the stream `general`".to_owned());
        }
        if self.tiers.iter().any(|t| (t.stream == Stream::OutOfTurn) != (t.number == 0)) {
            faults.push("`tiers`: number 0 is the out-of-turn tier and no other tier is out of turn".to_owned());
        }
        let general_from_3 = |t: &Tier| (t.stream == Stream::General) == (t.number >= 3);
        if self.mix.value.is_some() && !self.tiers.iter().all(general_from_3) {
            faults.push("with a `mix`, tiers 1 and 2 are first priority and tiers from 3 are general".to_owned());
        }
        for category in &self.categories {
            if self.tier(category.tier).is_none() {
                faults.push(format!("category `{}` names tier {}, which is not listed", category.code, category.tier));
            }
            if self.tiers.iter().any(|tier| tier.code == category.code) {
                faults.push(format!(
                    "`{}` is a tier and a category; a reserve names one of them by its code",
                    category.code
                ));
            }
            for proof in category.proofs.iter().filter(|p| !self.proofs.iter().any(|k| &k.code == *p)) {
                faults.push(format!("category `{}` accepts the proof `{proof}`, which is not listed", category.code));
            }
        }
        faults
    }

    fn term_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let uses = |c: Consequence| [&self.on_silence, &self.on_expiry, &self.on_refusal].iter().any(|s| s.value == c);
        if uses(Consequence::StopListed) && self.stop_list.value.is_none() {
            faults.push("`stop_list` needs a term, since a consequence is the stop-list".to_owned());
        }
        if uses(Consequence::Inactive) && self.restore.value.is_none() {
            faults.push("`restore` needs a value, since a consequence is inactivity".to_owned());
        }
        if self.round_rule.value == RoundRule::Program && self.mix.value.is_some() {
            faults.push("`round_rule` `program` ranks by tier in each kindergarten, so `mix` has no value".to_owned());
        }
        if self.freeze.value.is_some_and(|s| (s.from.month, s.from.day) > (s.until.month, s.until.day)) {
            faults.push("`freeze` must begin before it ends in the same year".to_owned());
        }
        faults
    }
}
