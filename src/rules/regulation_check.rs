//! What can be wrong with a regulation's file although it is well-formed: gaps, cycles, overlaps, loose ends.

use std::collections::BTreeSet;

use super::fault::Reading;
use super::regulation::{ChannelRule, Regulation, Step};
use super::sourced::{RuleGround, basis_fault};

/// The codes that the catalogue has words for.
pub(super) struct Labels {
    /// The codes of actions, as steps name them.
    pub(super) actions: BTreeSet<String>,
    /// Of the forms of results.
    pub(super) forms: BTreeSet<String>,
}

/// Reads a regulation's file, or notes its faults.
pub(super) fn read(reading: &mut Reading<'_>, labels: &Labels) -> Option<Regulation> {
    let before = reading.faults.len();
    let regulation: Regulation = reading.toml()?;
    let stem = reading.file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
    if stem != Some(regulation.id.as_str()) {
        reading.at_text("id =", format!("the regulation's id is `{}`; name the file after it", regulation.id));
    }
    check_dates(reading, &regulation);
    check_lists(reading, &regulation);
    check_bases(reading, &regulation);
    for result in regulation.results.iter().filter(|r| !labels.forms.contains(&r.form)) {
        let known = labels.forms.iter().cloned().collect::<Vec<_>>().join(", ");
        let reason = format!("the form `{}` has no label; use one of: {known}", result.form);
        reading.at_text(&format!("form = \"{}\"", result.form), reason);
    }
    for channel in &regulation.channels {
        let mut place = Place::of(reading, channel);
        check_steps(reading, &mut place, channel, &labels.actions);
        check_results(reading, &mut place, channel, &regulation);
    }
    (reading.faults.len() == before).then_some(regulation)
}

/// Where in the text a channel stands, so that a fault is shown at the right line and not at another channel's.
struct Place {
    from: usize,
}

impl Place {
    fn of(reading: &Reading<'_>, channel: &ChannelRule) -> Place {
        Place { from: reading.text.find(&format!("code = \"{}\"", channel.code)).unwrap_or(0) }
    }

    fn fault(&self, reading: &mut Reading<'_>, needle: &str, reason: String) {
        let found = reading.text.get(self.from..).and_then(|rest| rest.find(needle));
        reading.at_byte(self.from + found.unwrap_or(0), reason);
    }

    fn step_fault(&self, reading: &mut Reading<'_>, step: &Step, reason: String) {
        self.fault(reading, &format!("id = \"{}\"", step.id), reason);
    }
}

fn check_dates(reading: &mut Reading<'_>, regulation: &Regulation) {
    if regulation.legal_from.zip(regulation.legal_until).is_some_and(|(from, until)| from >= until) {
        reading.at_text("legal_until", "`legal_until` must come after `legal_from`");
    }
    let act = &regulation.act;
    if act.date.zip(act.registered_on).is_some_and(|(date, registered)| registered < date) {
        reading.at_text("registered_on", "an act is not registered before its date");
    }
    if act.date.zip(regulation.legal_until).is_some_and(|(date, until)| until < date) {
        reading.at_text("legal_until", "an act is not repealed before its date");
    }
}

fn check_lists(reading: &mut Reading<'_>, regulation: &Regulation) {
    if regulation.provider_kinds.is_empty() {
        reading.at_text("provider_kinds", "a service needs a provider");
    }
    if regulation.channels.is_empty() {
        reading.at_line(0, "a service needs a channel");
    }
    let mut seen = BTreeSet::new();
    for channel in regulation.channels.iter().filter(|c| !seen.insert(c.code)) {
        reading.at_text("[[channels]]", format!("two channels overlap: `{}` is there twice", channel.code));
    }
    let mut seen = BTreeSet::new();
    for result in regulation.results.iter().filter(|r| !seen.insert(r.code.as_str())) {
        reading.at_text(&result.code, format!("two results overlap: `{}` is there twice", result.code));
    }
    let mut seen = BTreeSet::new();
    for refusal in &regulation.refusals {
        for channel in &refusal.channels {
            if !seen.insert((refusal.stage, *channel, refusal.ground.code.as_str())) {
                let reason = format!("two refusals overlap: `{}` is there twice for {channel}", refusal.ground.code);
                reading.at_text(&refusal.ground.code, reason);
            }
        }
    }
}

fn check_bases(reading: &mut Reading<'_>, regulation: &Regulation) {
    let grounds = regulation.refusals.iter().map(|r| &r.ground).filter_map(|g| Some((&g.code, RuleGround::fault(g)?)));
    let documents = regulation.documents.iter();
    let documents = documents.filter_map(|d| Some((&d.kind, basis_fault(&d.kind, d.basis, &d.source, None)?)));
    for (code, reason) in grounds.chain(documents) {
        reading.at_text(code, reason);
    }
    for channel in &regulation.channels {
        for applicant in &channel.applicants {
            if let Some(reason) = applicant.fault(applicant.value.code()) {
                Place::of(reading, channel).fault(reading, applicant.value.code(), reason);
            }
        }
    }
}

fn check_steps(reading: &mut Reading<'_>, place: &mut Place, channel: &ChannelRule, labels: &BTreeSet<String>) {
    let Some(first) = channel.steps.first() else {
        place.fault(reading, "code", format!("the channel `{}` has no step", channel.code));
        return;
    };
    let mut seen = BTreeSet::new();
    for step in &channel.steps {
        if !seen.insert(step.id.as_str()) {
            place.step_fault(reading, step, format!("two steps overlap: `{}` is there twice", step.id));
        }
        for to in step.next.iter().chain(&step.branches).filter(|to| channel.step(to).is_none()) {
            place.step_fault(
                reading,
                step,
                format!("a gap: `{}` leads to `{to}`, which is no step of {}", step.id, channel.code),
            );
        }
        for action in step.actions().filter(|a| step.names.is_none() && !labels.contains(*a)) {
            place.step_fault(reading, step, format!("`{action}` has no label; give the step its own `names`"));
        }
        if step.next.is_none() && step.yields.is_empty() && !step.message {
            place.step_fault(reading, step, format!("`{}` ends the course without a result", step.id));
        }
    }
    if let Some(step) = cycle(channel, first) {
        place.step_fault(reading, step, format!("a cycle: the course comes back to `{}`", step.id));
        return;
    }
    let reached = reached(channel, first);
    for step in channel.steps.iter().filter(|s| !reached.contains(s.id.as_str())) {
        place.step_fault(reading, step, format!("a gap: no step leads to `{}`", step.id));
    }
    for span in channel.spans.iter().filter(|s| !channel.straight_path().any(|step| step.id == s.through)) {
        let reason = format!("a limit runs through `{}`, which is no step of the straight path", span.through);
        place.fault(reading, "spans", reason);
    }
    if let Some(consent) = channel.consent.as_ref().filter(|c| channel.step(&c.step).is_none()) {
        place.fault(
            reading,
            "consent",
            format!("consent is taken in `{}`, which is no step of {}", consent.step, channel.code),
        );
    }
}

fn following<'a>(channel: &'a ChannelRule, step: &'a Step) -> impl Iterator<Item = &'a Step> {
    step.next.iter().chain(&step.branches).filter_map(|id| channel.step(id))
}

/// The first step that can be reached from itself.
fn cycle<'a>(channel: &'a ChannelRule, first: &'a Step) -> Option<&'a Step> {
    let from_itself =
        |step: &&Step| following(channel, step).any(|next| reached(channel, next).contains(step.id.as_str()));
    std::iter::once(first).chain(&channel.steps).find(from_itself)
}

/// The ids of the steps that can be reached from `first`, itself included.
fn reached<'a>(channel: &'a ChannelRule, first: &'a Step) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![first];
    while let Some(step) = open.pop() {
        if found.insert(step.id.as_str()) {
            open.extend(following(channel, step));
        }
    }
    found
}

fn check_results(reading: &mut Reading<'_>, place: &mut Place, channel: &ChannelRule, regulation: &Regulation) {
    let known = |code: &String| regulation.result(code).is_some_and(|r| r.channels.contains(&channel.code));
    for step in &channel.steps {
        for code in step.yields.iter().filter(|code| !known(code)) {
            place.step_fault(
                reading,
                step,
                format!("`{}` yields `{code}`, which is no result of {}", step.id, channel.code),
            );
        }
    }
    for result in regulation.results.iter().filter(|r| r.channels.contains(&channel.code)) {
        if !channel.steps.iter().any(|s| s.yields.contains(&result.code)) {
            reading.at_text(
                &format!("\"{}\"", result.code),
                format!("a gap: no step of {} yields `{}`", channel.code, result.code),
            );
        }
    }
}
