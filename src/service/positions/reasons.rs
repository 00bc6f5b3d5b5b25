//! The reasons of a position, ready to be said: at the opening minute every look-up asks for them, so the rule of each
//! queue is put into words once for as long as its profile is in force, and the sentence of who stands ahead is cut into its parts once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use super::text::AheadText;
use super::view::{Ahead, QueueView, Reason};
use crate::domain::queue::QueueKey;
use crate::rules::messages::{Template, Tongue};
use crate::rules::profile::{Profile, RoundRule};
use crate::rules::{Era, Rules};
use crate::service::kernel::ordering;
use crate::service::kernel::words::{Said, say, say_each};

/// The reasons of all queues.
pub struct Reasons {
    ahead: Vec<(Tongue, Template)>,
    ahead_text: AheadText,
    nobody: Ready,
    queues: RwLock<HashMap<QueueKey, (Era, Arc<QueueSaid>)>>,
}

/// A reason with its JSON.
pub(crate) struct Ready {
    pub(crate) reason: Reason,
    pub(crate) json: String,
}

impl Ready {
    fn new(reason: Reason) -> Self {
        // A reason is text and numbers, which always have a JSON form.
        let json = serde_json::to_string(&reason).unwrap_or_default();
        Ready { reason, json }
    }
}

/// What is the same for every entry of a queue.
pub(crate) struct QueueSaid {
    /// The queue's key and its parts, as JSON.
    pub(crate) queue_json: String,
    /// The rule of its order; none where no profile is bound.
    pub(crate) rule: Option<Ready>,
}

impl Reasons {
    /// Cuts the sentences.
    pub fn new(rules: &Rules) -> Self {
        let none = Ahead { out_of_turn: 0, first_priority: 0, general: 0 };
        let ahead: Vec<(Tongue, Template)> =
            Tongue::ALL.iter().filter_map(|&t| Some((t, rules.messages.template(t, "reasons")?))).collect();
        Reasons {
            ahead_text: AheadText::new(&ahead),
            ahead,
            nobody: Ready::new(Reason {
                code: "nobody_ahead",
                ahead: Some(none),
                basis: None,
                source: None,
                text: say(rules, "nobody_ahead", &[]),
            }),
            queues: RwLock::default(),
        }
    }

    /// Who stands ahead, and the rule that put them there.
    pub(crate) fn of(&self, rules: &Rules, queue: QueueKey, ahead: [u64; 3], now: DateTime<Utc>) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(2);
        reasons.push(self.ahead(ahead));
        reasons.extend(self.said(rules, queue, now).rule.as_ref().map(|rule| rule.reason.clone()));
        reasons
    }

    /// Who stands ahead, written as JSON.
    pub(crate) fn push_ahead(&self, ahead: [u64; 3], text: &mut String) {
        match ahead {
            [0, 0, 0] => text.push_str(&self.nobody.json),
            _ => self.ahead_text.push(ahead, text),
        }
    }

    fn ahead(&self, ahead: [u64; 3]) -> Reason {
        if ahead == [0, 0, 0] {
            return self.nobody.reason.clone();
        }
        let value = |name: &str| count(name, ahead);
        let mut text = Said::default();
        for (tongue, template) in &self.ahead {
            let said = template.fill(value);
            match tongue {
                Tongue::Kk => text.kk = said,
                Tongue::Ru => text.ru = said,
                Tongue::En => text.en = said,
            }
        }
        let [out_of_turn, first_priority, general] = ahead;
        let ahead = Some(Ahead { out_of_turn, first_priority, general });
        Reason { code: "ahead", ahead, basis: None, source: None, text }
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
        let rule = ordering::profile(rules, queue, now).ok().map(|profile| Ready::new(rule_reason(rules, profile)));
        let queue_json = serde_json::to_string(&QueueView::from(queue)).unwrap_or_default();
        let said = Arc::new(QueueSaid { queue_json, rule });
        let mut known = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(queue, (ordering::era(rules, queue, now), Arc::clone(&said)));
        said
    }
}

/// The value of a placeholder in the sentence of who stands ahead.
pub(crate) fn count(name: &str, [out_of_turn, first_priority, general]: [u64; 3]) -> Option<u64> {
    match name {
        "ahead" => Some(out_of_turn + first_priority + general),
        "n0" => Some(out_of_turn),
        "n1" => Some(first_priority),
        "n2" => Some(general),
        _ => None,
    }
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
