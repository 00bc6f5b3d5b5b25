//! The reasons of a position, ready to be said: at the opening minute every look-up asks for them, so the rule of each
//! queue is put into words once for as long as its profile is in force, and the sentence of who stands ahead is cut into its parts once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use super::shape::{Ahead, QueueView, Reason};
use super::written::{AheadText, count};
use crate::domain::queue::QueueKey;
use crate::rules::messages::{Template, Tongue};
use crate::rules::profile::{Profile, RoundRule};
use crate::rules::{Era, Rules};
use crate::service::kernel::ordering;
use crate::service::kernel::words::{Said, say, say_each};

/// The reasons of all queues.
pub struct Reasons {
    total_text: AheadText,
    streams_text: AheadText,
    /// The reason of whoever is first, as JSON.
    nobody: String,
    /// As `nobody`, for its family.
    nobody_by_stream: String,
    /// How to see more, as JSON.
    pub(crate) see_more: String,
    /// What whoever waits is to do, as JSON.
    pub(crate) to_do_in_queue: String,
    queues: RwLock<HashMap<QueueKey, (Era, Arc<QueueSaid>)>>,
}

/// What is the same for every entry of a queue.
pub(crate) struct QueueSaid {
    /// The queue's key and its parts, as JSON.
    pub(crate) queue: String,
    /// The rule of its order, as JSON; none where no profile is bound.
    pub(crate) rule: Option<String>,
}

impl Reasons {
    /// Cuts the sentence of who stands ahead into its parts, in each language.
    pub fn new(rules: &Rules) -> Self {
        let in_each = |id: &str| -> Vec<(Tongue, Template)> {
            Tongue::ALL.iter().filter_map(|&t| Some((t, rules.messages.template(t, id)?))).collect()
        };
        let to_do = say(rules, "to_do_in_queue", &[]);
        Reasons {
            total_text: AheadText::new(&in_each("ahead_total")),
            streams_text: AheadText::new(&in_each("reasons")),
            nobody: json(&ahead_in_all(rules, [0, 0, 0])),
            nobody_by_stream: json(&ahead_reason(rules, [0, 0, 0])),
            see_more: json(&see_more(rules)),
            to_do_in_queue: serde_json::to_string(&to_do).unwrap_or_default(),
            queues: RwLock::default(),
        }
    }

    /// How many stand ahead, written as JSON.
    pub(crate) fn push_ahead(&self, ahead: [u64; 3], text: &mut String) {
        match ahead {
            [0, 0, 0] => text.push_str(&self.nobody),
            _ => self.total_text.push(ahead, text),
        }
    }

    /// Who stands ahead by stream, as its family may know, written as JSON.
    pub(crate) fn push_ahead_by_stream(&self, ahead: [u64; 3], text: &mut String) {
        match ahead {
            [0, 0, 0] => text.push_str(&self.nobody_by_stream),
            _ => self.streams_text.push_by_stream(ahead, text),
        }
    }

    /// What is the same for every entry of a queue while one profile orders it.
    pub(crate) fn said(&self, rules: &Rules, queue: QueueKey, now: DateTime<Utc>) -> Arc<QueueSaid> {
        let known = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((era, said)) = known.get(&queue)
            && era.holds(now)
        {
            return Arc::clone(said);
        }
        drop(known);
        let rule = rule(rules, queue, now).as_ref().map(json);
        let said =
            Arc::new(QueueSaid { queue: serde_json::to_string(&QueueView::from(queue)).unwrap_or_default(), rule });
        let mut known = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(queue, (ordering::era(rules, queue, now), Arc::clone(&said)));
        said
    }
}

/// A reason as JSON: text and numbers always have a form.
fn json(reason: &Reason) -> String {
    serde_json::to_string(reason).unwrap_or_default()
}

/// Who stands ahead, and the rule that put them there.
pub(crate) fn of(rules: &Rules, queue: QueueKey, ahead: [u64; 3], now: DateTime<Utc>) -> Vec<Reason> {
    std::iter::once(ahead_reason(rules, ahead)).chain(rule(rules, queue, now)).collect()
}

/// The rule of a queue's order; none where no profile is bound.
pub(crate) fn rule(rules: &Rules, queue: QueueKey, now: DateTime<Utc>) -> Option<Reason> {
    ordering::profile(rules, queue, now).ok().map(|profile| rule_reason(rules, profile))
}

/// How a family sees more of its child.
pub(crate) fn see_more(rules: &Rules) -> Reason {
    Reason { code: "see_more", ahead: None, basis: None, source: None, text: say(rules, "see_more", &[]) }
}

/// How many stand ahead, without their streams: own and next number would give away a category.
pub(crate) fn ahead_in_all(rules: &Rules, ahead: [u64; 3]) -> Reason {
    let reason = |code, text| Reason { code, ahead: None, basis: None, source: None, text };
    if ahead == [0, 0, 0] {
        return reason("nobody_ahead", say(rules, "nobody_ahead", &[]));
    }
    let said = |tongue| {
        rules.messages.template(tongue, "ahead_total").map(|template| template.fill(|name| count(name, ahead)))
    };
    reason("ahead", Said::each(|tongue| said(tongue).unwrap_or_default()))
}

fn ahead_reason(rules: &Rules, ahead: [u64; 3]) -> Reason {
    let [out_of_turn, first_priority, general] = ahead;
    let by_stream = Some(Ahead { out_of_turn, first_priority, general });
    let reason = |code, text| Reason { code, ahead: by_stream, basis: None, source: None, text };
    if ahead == [0, 0, 0] {
        return reason("nobody_ahead", say(rules, "nobody_ahead", &[]));
    }
    let said =
        |tongue| rules.messages.template(tongue, "reasons").map(|template| template.fill(|name| count(name, ahead)));
    reason("ahead", Said::each(|tongue| said(tongue).unwrap_or_default()))
}

/// The rule of a profile in words, with its basis and source.
fn rule_reason(rules: &Rules, profile: &Profile) -> Reason {
    if profile.round_rule.value == RoundRule::Program {
        let basis = Some(profile.round_rule.basis.code());
        let source = Some(profile.round_rule.source.clone());
        return Reason { code: "program_rule", ahead: None, basis, source, text: say(rules, "program_rule", &[]) };
    }
    let basis = Some(profile.mix.basis.code());
    let source = Some(profile.mix.source.clone());
    match profile.mix.value {
        Some(mix) => {
            let (p, g) = (Said::same(mix.p().to_string()), Said::same(mix.g().to_string()));
            let text = say_each(rules, "mixing_rule", &[("p", &p), ("g", &g)]);
            Reason { code: "mixing_rule", ahead: None, basis, source, text }
        }
        None => {
            Reason { code: "tier_then_instant", ahead: None, basis, source, text: say(rules, "tier_then_instant", &[]) }
        }
    }
}
