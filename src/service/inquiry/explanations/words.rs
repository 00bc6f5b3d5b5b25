//! What a pass decided of one child, put into words for an official or for a family.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::kept::Pass;
use super::part::Part;
use super::told::{ChoiceTold, LastTaken, OfficialChoice, PassExplained, TierCount, WishTold};
use crate::domain::instant::micros_text;
use crate::domain::kato::Kato;
use crate::engine::allocation::Rule;
use crate::exchange::instance::{ChoiceExplained, GroupExplained, Sentences, Voice};
use crate::rules::messages::Tongue;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, date, label, say_each};
use crate::service::office::Office;
use crate::service::papers::results::kindergarten_name;
use crate::service::rounds::fault::internal;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;
use crate::store::rounds::RoundBrief;

/// What is needed to say it.
pub(super) struct Words<'a> {
    office: &'a Office,
    voice: Voice,
    sentences: [(Tongue, Sentences); 3],
    /// The names of the home's kindergartens: an answer holds one connection and asks for no second one.
    names: HashMap<String, Said>,
}

impl<'a> Words<'a> {
    pub(super) fn new(office: &'a Office, conn: &mut AnyConnection, voice: Voice, home: Kato) -> Result<Self, Problem> {
        let all = kindergartens::all(conn, Some(home))?;
        let names = all.into_iter().map(|k| (k.id.clone(), kindergarten_name(&k))).collect();
        let cut = |tongue| Sentences::new(&office.rules.messages, tongue, voice).map_err(internal);
        let [kk, ru, en] =
            [Tongue::Kk, Tongue::Ru, Tongue::En].map(|tongue| cut(tongue).map(|sentences| (tongue, sentences)));
        Ok(Words { office, voice, sentences: [kk?, ru?, en?], names })
    }

    /// The name of a kindergarten; its id where there is none.
    fn name(&self, kindergarten: &str) -> Said {
        self.names.get(kindergarten).cloned().unwrap_or_else(|| Said::same(kindergarten))
    }

    fn day(&self, at: DateTime<Utc>, territory: Kato) -> Said {
        date(&self.office.rules, self.office.day(territory, at))
    }

    /// An instant in the queue's own time; a family is told the day, which is enough to compare with its own.
    fn instant(&self, at: DateTime<Utc>, territory: Kato) -> Said {
        match self.voice {
            Voice::Family => self.day(at, territory),
            Voice::Official => {
                let zone = self.office.rules.calendar.zone(territory);
                Said::same(at.with_timezone(&zone).format("%d.%m.%Y %H:%M:%S").to_string())
            }
        }
    }

    /// What came of it, in a sentence.
    pub(super) fn result(&self, round: &RoundBrief, part: &Part) -> Said {
        let rules = &self.office.rules;
        let (on, id) = (self.day(round.held_at, round.territory), Said::same(&round.id));
        if let Some(got) = part.pass.result(part.child) {
            let kindergarten = self.name(&got.kindergarten);
            return say_each(rules, "round_placed", &[("round", &id), ("on", &on), ("kindergarten", &kindergarten)]);
        }
        let code = if part.pass.has_choices(part.child) { "round_not_placed" } else { "round_nothing_suited" };
        say_each(rules, code, &[("round", &id), ("on", &on)])
    }

    pub(super) fn pass(&self, part: &Part) -> Result<PassExplained, Problem> {
        let (pass, child) = (&part.pass, part.child);
        let (tier, applied_at) = pass.rank_of(child);
        Ok(PassExplained {
            queue: pass.queue,
            pass: pass.number,
            rule: if pass.rule == Rule::Program { "program" } else { "queue" },
            served_with: pass.served_with(child),
            order: pass.order_of(child),
            tier,
            applied_at: micros_text(applied_at),
            participants: pass.participants(),
            result: pass.result(child),
            wishes: self.wishes(pass, child),
            choices: self.choices(pass, child)?,
        })
    }

    pub(super) fn choices(&self, pass: &Pass, child: u32) -> Result<Vec<OfficialChoice>, Problem> {
        pass.above(child)?.into_iter().map(|(refused, group)| self.choice(pass, &refused, group)).collect()
    }

    fn choice(
        &self,
        pass: &Pass,
        refused: &ChoiceExplained,
        explained: Option<GroupExplained>,
    ) -> Result<OfficialChoice, Problem> {
        let missing = || internal("a round names a group that it does not have");
        let at = refused.group.ok_or_else(missing)?;
        let group = pass.group(at).ok_or_else(missing)?;
        let explained = explained.ok_or_else(missing)?;
        let last = explained.cut_off.last.map(|last| LastTaken {
            tier: last.tier,
            sibling: last.sibling,
            applied_at: micros_text(last.applied_at),
            order: pass.order_of(last.child),
            ticket: pass.ticket(last.child),
        });
        let name = self.name(&group.kindergarten);
        let instant = explained.cut_off.last.and_then(|last| DateTime::from_timestamp_micros(last.applied_at));
        let on = instant.map(|at| self.instant(at, pass.queue.territory)).unwrap_or_default();
        let order = last.as_ref().and_then(|last| last.order).unwrap_or_default();
        let mut text = Said::default();
        for (tongue, sentences) in &self.sentences {
            let said = sentences.of(pass.rule, &explained, &group.id, order, on.get(*tongue));
            let said = format!("{}. {said}", name.get(*tongue));
            match tongue {
                Tongue::Kk => text.kk = said,
                Tongue::Ru => text.ru = said,
                Tongue::En => text.en = said,
            }
        }
        let choice = ChoiceTold {
            choice: refused.choice,
            group: group.id,
            kindergarten: group.kindergarten,
            reason: refused.reason,
            text,
            would_change: label(&self.office.rules, "explanation", refused.reason),
        };
        let ahead = explained.ahead.into_iter().map(|(tier, children)| TierCount { tier, children }).collect();
        Ok(OfficialChoice { choice, places: explained.cut_off.places, ahead, last })
    }

    /// What came of the wishes of a child, down to the one that gave the place.
    pub(super) fn wishes(&self, pass: &Pass, child: u32) -> Vec<WishTold> {
        let told = |(wish, (kindergarten, outcome)): (usize, (&str, &'static str))| {
            let name = self.name(kindergarten);
            let text = say_each(&self.office.rules, &format!("wish_{outcome}"), &[("kindergarten", &name)]);
            WishTold { wish, kindergarten: kindergarten.to_owned(), outcome, text }
        };
        (1..).zip(pass.wishes(child)).map(told).collect()
    }
}
