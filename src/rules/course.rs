//! The course of a service through one channel, read as a running case needs it: what handing in does, where the
//! decision falls, what may follow a step, what comes out, and when it is due.
//!
//! Everything is taken from the file's own marks (actor, outcome, branches, yields, message); no service is named.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::calendar::{Calendar, CalendarWarning};
use super::due::Counting;
use super::hours::Desk;
use super::regulation::{Actor, ChannelRule, Delivery, Meaning, Regulation, ResultRule, Stage, Step};
use super::sourced::RuleGround;
use super::term::{Term, Unit};
use crate::domain::codes::{Basis, Channel};

/// What a step leaves when it takes the papers in.
const TAKEN_IN: [&str; 2] = ["registered_package", "submitted_package"];
/// What a step leaves when it is the head's resolution.
const RESOLUTION: &str = "resolution";
/// What a step leaves when the decision is signed.
const SIGNED: &str = "signed_result";
/// How the outcome of a step begins that drafts the decision.
const DRAFT: &str = "draft";
/// What a step leaves when it puts the result into the applicant's cabinet.
const IN_CABINET: &str = "cabinet_result";
/// What a step leaves when it asks the registers.
const ASKED: &str = "data_or_message";

impl Actor {
    /// Whether it is somebody of the provider.
    pub fn is_provider(self) -> bool {
        self.desk() == Desk::Provider
    }
}

impl Step {
    /// Whether it is the head's resolution, which names the executor.
    pub fn is_resolution(&self) -> bool {
        self.outcome.as_deref() == Some(RESOLUTION)
    }

    /// Whether it drafts the decision.
    pub fn is_draft(&self) -> bool {
        self.outcome.as_deref().is_some_and(|outcome| outcome.starts_with(DRAFT))
    }

    /// Whether it asks the registers, whose answer decides what follows.
    pub fn asks_registers(&self) -> bool {
        self.outcome.as_deref() == Some(ASKED)
    }
}

/// When something of a case is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dues {
    /// The step; `None` where the text states no limit.
    pub step_at: Option<DateTime<Utc>>,
    /// The whole course; `None` where the act states no total, or where it no longer runs.
    pub total_at: Option<DateTime<Utc>>,
    /// What may yet move them.
    pub warnings: Vec<CalendarWarning>,
}

/// A regulation and one of its channels.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    /// The regulation that governs the case.
    pub regulation: &'a Regulation,
    /// The steps of the channel that the request came by.
    pub rule: &'a ChannelRule,
}

impl Regulation {
    /// The course through a channel; `None` where the service cannot be had through it.
    pub fn course(&self, channel: Channel) -> Option<Course<'_>> {
        Some(Course { regulation: self, rule: self.channel(channel)? })
    }
}

impl<'a> Course<'a> {
    /// The channel that the request came by.
    pub fn channel(&self) -> Channel {
        self.rule.code
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&'a Step> {
        self.rule.step(id)
    }

    /// The step after one on the straight path.
    pub fn next(&self, step: &Step) -> Option<&'a Step> {
        self.step(step.next.as_deref()?)
    }

    /// The steps along `next` from one on, itself the first.
    pub fn from(&self, step: &'a Step) -> impl Iterator<Item = &'a Step> + use<'a> {
        let course = *self;
        std::iter::successors(Some(step), move |s| course.next(s)).take(self.rule.steps.len())
    }

    fn straight(&self) -> impl Iterator<Item = &'a Step> + use<'a> {
        let course = *self;
        self.rule.steps.first().into_iter().flat_map(move |first| course.from(first))
    }

    /// The results of a meaning that a step hands over.
    pub fn yields(&self, step: &Step, meaning: Meaning) -> Vec<&'a ResultRule> {
        step.yields.iter().filter_map(|c| self.regulation.result(c)).filter(|r| r.meaning == meaning).collect()
    }

    /// The steps that handing the papers in does at once: at the office and at the State Corporation as far as their
    /// registration, on the portal all that the applicant, the portal and the gateway do before the provider has it.
    pub fn intake(&self) -> Vec<&'a Step> {
        let channel = self.channel();
        let mine = |actor: Actor| match channel {
            Channel::Office => matches!(actor, Actor::Applicant | Actor::Clerk),
            Channel::StateCorporation => actor == Actor::Applicant || actor.desk() == Desk::StateCorporation,
            Channel::Portal => actor.desk() == Desk::Portal,
        };
        let decides = self.deciding().map(|s| s.id.as_str());
        let leading: Vec<&Step> =
            self.straight().take_while(|s| mine(s.actor) && s.next.is_some() && decides != Some(&s.id)).collect();
        if channel == Channel::Portal {
            return leading;
        }
        let taken_in = |s: &&Step| s.outcome.as_deref().is_some_and(|outcome| TAKEN_IN.contains(&outcome));
        let count = match leading.iter().rposition(taken_in) {
            Some(last) => last + 1,
            // A text that marks no registration: what leaves nothing behind is done by handing in.
            None => leading.iter().take_while(|s| s.outcome.is_none() && s.also.is_empty()).count(),
        };
        leading.into_iter().take(count).collect()
    }

    /// The step in which the decision falls: the signature; where the text knows none the provider's last step before
    /// the result is handed over; where the provider has no step the handing over itself.
    pub fn deciding(&self) -> Option<&'a Step> {
        let signed = self.straight().find(|s| s.outcome.as_deref() == Some(SIGNED));
        if signed.is_some() {
            return signed;
        }
        let hands_over = self.straight().find(|s| !self.yields(s, Meaning::Rendered).is_empty())?;
        let before = self.straight().take_while(|s| s.id != hands_over.id).filter(|s| s.actor.is_provider()).last();
        if hands_over.actor.is_provider() { Some(hands_over) } else { before.or(Some(hands_over)) }
    }

    /// The step that drafts the decision, where there is one before it falls.
    pub fn drafting(&self) -> Option<&'a Step> {
        let decides = self.deciding()?;
        self.straight().take_while(|s| s.id != decides.id).filter(|s| s.is_draft()).last()
    }

    /// The branch of a step that hands a reasoned refusal over.
    pub fn refusal_branch(&self, step: &Step) -> Option<&'a Step> {
        let branches = step.branches.iter().filter_map(|id| self.step(id));
        branches.into_iter().find(|s| !self.yields(s, Meaning::Refused).is_empty())
    }

    /// The branch of a step that ends with a message.
    pub fn message_branch(&self, step: &Step) -> Option<&'a Step> {
        step.branches.iter().filter_map(|id| self.step(id)).find(|s| s.message)
    }

    /// Whether a step refuses to accept the papers.
    pub fn rejects(&self, step: &Step) -> bool {
        !self.yields(step, Meaning::NotAccepted).is_empty()
    }

    /// Whether a step is a refusal of the service in itself, beside the straight path.
    pub fn refuses(&self, step: &Step) -> bool {
        let beside = self.straight().all(|s| s.id != step.id);
        beside && !self.yields(step, Meaning::Refused).is_empty()
    }

    /// What a decision in favour yields from a step on, in the order of the text, without a place.
    pub fn rendered(&self, from: &'a Step) -> Vec<&'a ResultRule> {
        let codes = self.from(from).flat_map(|s| s.yields.iter());
        let all = codes.filter_map(|code| self.regulation.result(code));
        let mut found: Vec<&ResultRule> = Vec::new();
        for rule in all.filter(|r| matches!(r.meaning, Meaning::Rendered | Meaning::Ready | Meaning::Received)) {
            if !found.iter().any(|f| f.code == rule.code) {
                found.push(rule);
            }
        }
        found
    }

    /// How a result reaches the applicant here: into the cabinet from the portal and where the step that yields it puts it
    /// there, on paper otherwise, as far as the act knows the way.
    pub fn delivery(&self, rule: &ResultRule) -> Delivery {
        let yielding = self.rule.steps.iter().find(|s| s.yields.contains(&rule.code));
        let in_cabinet = yielding.is_some_and(|s| s.outcome.as_deref() == Some(IN_CABINET));
        let cabinet = in_cabinet || self.channel() == Channel::Portal;
        let wanted = if cabinet { Delivery::Cabinet } else { Delivery::Paper };
        let known = rule.delivery.contains(&wanted);
        if known { wanted } else { rule.delivery.first().copied().unwrap_or(wanted) }
    }

    /// The reasoned refusal of this channel.
    pub fn refusal(&self) -> Option<&'a ResultRule> {
        self.regulation.result_meaning(Meaning::Refused, self.channel())
    }

    /// The grounds on which the act itself lets the service be refused here.
    pub fn grounds(&self) -> Vec<&'a RuleGround> {
        let channel = self.channel();
        let all =
            self.regulation.refusals.iter().filter(|r| r.stage == Stage::Service && r.channels.contains(&channel));
        all.map(|r| &r.ground).filter(|g| g.basis == Basis::Act).collect()
    }

    /// When a step entered at `entered_at` is due, and the whole course opened at `opened_at`. `decided`: the decision
    /// is made.
    pub fn dues(
        &self,
        step: &'a Step,
        opened_at: DateTime<Utc>,
        entered_at: DateTime<Utc>,
        decided: bool,
        zone: Tz,
        calendar: &Calendar,
    ) -> Dues {
        let mut dues = Dues::default();
        if let Some(due) = self.rule.step_due(step, entered_at, zone, calendar) {
            dues.step_at = Some(due.value.to_utc());
            dues.warnings = due.warnings;
        }
        let plain = Counting::plain(self.desk());
        for span in self.rule.spans.iter().filter(|span| self.covers(step, &span.through)) {
            let due = calendar.due(opened_at, span.term, zone, plain);
            let at = due.value.to_utc();
            dues.step_at = Some(dues.step_at.map_or(at, |other| other.min(at)));
            dues.warnings.extend(due.warnings);
        }
        if self.total_runs(step, decided)
            && let Some(due) = self.rule.total_due(opened_at, zone, calendar)
        {
            dues.total_at = Some(due.value.to_utc());
            dues.warnings.extend(due.warnings);
        }
        let mut seen: Vec<CalendarWarning> = Vec::new();
        dues.warnings.retain(|w| {
            !seen.contains(w) && {
                seen.push(*w);
                true
            }
        });
        dues
    }

    /// When somebody higher is told after a step was due: its own term again, a working day where it has none.
    pub fn further(&self, step: &Step, due_at: DateTime<Utc>, zone: Tz, calendar: &Calendar) -> DateTime<Utc> {
        let day = Term { n: 1, unit: Unit::WorkingDays };
        calendar.due(due_at, step.limit.unwrap_or(day), zone, step.counting()).value.to_utc()
    }

    /// Whose hours a limit on several steps runs in: those of the desk where the applicant stands.
    fn desk(&self) -> Desk {
        match self.channel() {
            Channel::Office => Desk::Provider,
            Channel::StateCorporation => Desk::StateCorporation,
            Channel::Portal => Desk::Portal,
        }
    }

    /// Whether a step lies on the straight path no later than `through`.
    fn covers(&self, step: &Step, through: &str) -> bool {
        let place = |id: &str| self.straight().position(|s| s.id == id);
        place(&step.id).zip(place(through)).is_some_and(|(own, last)| own <= last)
    }

    /// Whether the total still runs: it does not for an applicant who has only to take the result, nor after the one
    /// result that it is stated for.
    fn total_runs(&self, step: &'a Step, decided: bool) -> bool {
        let Some(total) = &self.rule.total else { return false };
        let taken = decided && step.actor == Actor::Applicant;
        let ahead = |code: &String| self.from(step).any(|s| s.yields.contains(code));
        !taken && total.only_for.as_ref().is_none_or(ahead)
    }
}
