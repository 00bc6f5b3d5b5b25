//! The reasons of a position, ready to be said: at the opening minute every look-up asks for them, so the rule of each
//! queue is put into words once a day, and the sentence of who stands ahead is cut into its parts once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use super::positions::{Ahead, Reason};
use super::registry::bound;
use super::words::{Said, say, say_each};
use crate::domain::queue::QueueKey;
use crate::rules::Rules;
use crate::rules::messages::{Template, Tongue};
use crate::rules::profile::Profile;

/// Seconds of a day: a binding can change from one civil day to the next.
const DAY: i64 = 86_400;

/// The reasons of all queues.
pub struct Reasons {
    ahead: Vec<(Tongue, Template)>,
    nobody: Reason,
    rules: RwLock<HashMap<QueueKey, (i64, Arc<Reason>)>>,
}

impl Reasons {
    /// Cuts the sentences.
    pub fn new(rules: &Rules) -> Self {
        let none = Ahead { out_of_turn: 0, first_priority: 0, general: 0 };
        Reasons {
            ahead: Tongue::ALL.iter().filter_map(|&t| Some((t, rules.messages.template(t, "reasons")?))).collect(),
            nobody: Reason {
                code: "nobody_ahead",
                ahead: Some(none),
                basis: None,
                source: None,
                text: say(rules, "nobody_ahead", &[]),
            },
            rules: RwLock::default(),
        }
    }

    /// Who stands ahead, and the rule that put them there.
    pub(crate) fn of(&self, rules: &Rules, queue: QueueKey, ahead: [u64; 3], now: DateTime<Utc>) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(2);
        reasons.push(self.ahead(ahead));
        if let Some(rule) = self.rule(rules, queue, now) {
            reasons.push(Reason::clone(&rule));
        }
        reasons
    }

    fn ahead(&self, ahead: [u64; 3]) -> Reason {
        let [out_of_turn, first_priority, general] = ahead;
        let total = out_of_turn + first_priority + general;
        if total == 0 {
            return self.nobody.clone();
        }
        let value = |name: &str| match name {
            "ahead" => Some(total),
            "n0" => Some(out_of_turn),
            "n1" => Some(first_priority),
            "n2" => Some(general),
            _ => None,
        };
        let mut text = Said::default();
        for (tongue, template) in &self.ahead {
            let said = template.fill(value);
            match tongue {
                Tongue::Kk => text.kk = said,
                Tongue::Ru => text.ru = said,
                Tongue::En => text.en = said,
            }
        }
        let ahead = Some(Ahead { out_of_turn, first_priority, general });
        Reason { code: "ahead", ahead, basis: None, source: None, text }
    }

    fn rule(&self, rules: &Rules, queue: QueueKey, now: DateTime<Utc>) -> Option<Arc<Reason>> {
        let day = now.timestamp().div_euclid(DAY);
        let known = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((said_on, reason)) = known.get(&queue)
            && *said_on == day
        {
            return Some(Arc::clone(reason));
        }
        drop(known);
        let profile = bound(rules, queue.territory, now).ok()?.profile;
        let reason = Arc::new(rule_reason(rules, profile));
        let mut known = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(queue, (day, Arc::clone(&reason)));
        Some(reason)
    }
}

/// The rule of a profile in words, with its basis and source.
fn rule_reason(rules: &Rules, profile: &Profile) -> Reason {
    let basis = Some(profile.mix.basis.code());
    let source = Some(profile.mix.source.clone());
    match profile.mix.value {
        Some(mix) => {
            let (p, g) = (Said::same(mix.p.to_string()), Said::same(mix.g.to_string()));
            let text = say_each(rules, "mixing_rule", &[("p", &p), ("g", &g)]);
            Reason { code: "mixing_rule", ahead: None, basis, source, text }
        }
        None => {
            Reason { code: "tier_then_instant", ahead: None, basis, source, text: say(rules, "tier_then_instant", &[]) }
        }
    }
}
