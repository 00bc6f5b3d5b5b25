//! Why a committed round gave a child what it gave: for every choice above the result the group's cut-off, how many it took
//! by tier, and what would have changed it.
//!
//! It is read from the files that the round published, by the code that explains a run to `kezek allocate --explain`; a
//! round that was explained lately is kept in memory, since its files never change.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::iin::Iin;
use crate::domain::instant::{instant_text, micros_text};
use crate::domain::kato::Kato;
use crate::domain::queue::{Numbered, QueueKey};
use crate::engine::allocation::Rule;
use crate::exchange::instance::{ChoiceExplained, GroupExplained, Sentences, Voice};
use crate::rules::messages::Tongue;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::words::{Said, date, label, say, say_each};
use crate::service::office::Office;
use crate::service::papers::results::kindergarten_name;
use crate::service::rounds::held::{self, ServedQueue};
use crate::service::rounds::scope::internal;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;
use crate::store::rounds::{self, RoundBrief};

mod kept;
mod last;
mod wishes;

pub use kept::KeptPasses;
use kept::Pass;
pub use wishes::WishTold;

/// Why a round gave an application what it gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoundExplained {
    /// The round.
    pub round: String,
    /// When it was held.
    pub held_at: String,
    /// The application.
    pub application: String,
    /// What came of it, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
    /// The queue in which it took part, and how: one, since a round serves each queue once.
    #[serde(flatten)]
    pub pass: PassExplained,
}

/// One queue's allocation, as it concerned one application.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PassExplained {
    /// The queue.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// 2 where the queue was served after others, with what they left; otherwise 1.
    pub pass: u64,
    /// `queue` or `program`.
    pub rule: &'static str,
    /// The application's number in the merged order at that moment; none where each kindergarten ranks for itself.
    pub order: Option<i64>,
    /// Its tier.
    pub tier: u8,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// How many applications took part.
    pub participants: usize,
    /// What it got.
    pub result: Option<ResultExplained>,
    /// What came of the kindergartens that it wished, most wanted first, down to the one that gave the place; none where it
    /// took any.
    pub wishes: Vec<WishTold>,
    /// The choices above the result, most wanted first.
    pub choices: Vec<OfficialChoice>,
}

/// The place that an application got.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultExplained {
    /// Which of its choices, from 1: a group that suits it and had a free place.
    pub choice: Option<usize>,
    /// The group.
    pub group: String,
    /// The kindergarten.
    pub kindergarten: String,
}

/// A choice that came to nothing, as officials read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfficialChoice {
    /// Which choice, why, and what would have changed it.
    #[serde(flatten)]
    pub choice: ChoiceTold,
    /// The group's free places.
    pub places: u32,
    /// How many of those whom it took have each tier.
    pub ahead: Vec<TierCount>,
    /// The cut-off: the last child that it took.
    pub last: Option<LastTaken>,
}

/// Children of a tier.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TierCount {
    /// The tier.
    pub tier: u8,
    /// How many.
    pub children: u32,
}

/// The last child that a group took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LastTaken {
    /// Its tier.
    pub tier: u8,
    /// Whether it counted as having a sibling there.
    pub sibling: bool,
    /// Its instant.
    pub applied_at: String,
    /// Its number in the merged order; none where each kindergarten ranks for itself.
    pub order: Option<i64>,
    /// Its ticket.
    pub ticket: u32,
}

/// A choice that came to nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChoiceTold {
    /// Which choice, from 1: a group that suits the child and had a free place.
    pub choice: u32,
    /// The group.
    pub group: String,
    /// The kindergarten.
    pub kindergarten: String,
    /// The code of the reason.
    pub reason: &'static str,
    /// Why, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
    /// Who would have gone before the last child, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub would_change: Said,
}

/// What a family is told of the last round of its child.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Explanations {
    /// One, or none where the child took part in no round.
    pub explanations: Vec<FamilyExplained>,
}

/// Why a round gave a child what it gave, without a word about any one other child but the number or instant at which a
/// group was full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FamilyExplained {
    /// The application.
    pub application: String,
    /// The round.
    pub round: String,
    /// When it was held.
    pub held_at: String,
    /// The child's number in the merged order at that moment; none where each kindergarten ranks for itself.
    pub order: Option<i64>,
    /// Whether it got a place.
    pub placed: bool,
    /// What came of it, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
    /// What came of the kindergartens that the family wished, most wanted first, down to the one that gave the place; none
    /// where it took any.
    pub wishes: Vec<WishTold>,
    /// The choices above the result, most wanted first.
    pub choices: Vec<ChoiceTold>,
}

/// An application's part in a round: the pass of its queue, and its position there.
struct Part {
    pass: Arc<Pass>,
    child: u32,
}

/// Why a round gave an application what it gave.
///
/// # Errors
/// 403, 404 where there is no such round or application or where it took no part.
pub fn explain_round(
    office: &Office,
    explained: &KeptPasses,
    principal: &Principal,
    round: &str,
    application: &str,
) -> Result<RoundExplained, Problem> {
    principal.role_may(Act::ExplainRound)?;
    home_of(round, Numbered::Round, "round")?;
    home_of(application, Numbered::Application, "application")?;
    office.store.read(|conn| {
        let application = load(conn, application)?;
        principal.may(Act::ExplainRound, application.territory)?;
        let round = rounds::brief(conn, round)?.ok_or_else(|| Problem::not_found("round"))?;
        let part = part(explained, conn, &round, &application)?.ok_or_else(|| not_in(office, &round, &application))?;
        let words = Words::new(office, conn, (Voice::Official, application.home))?;
        Ok(RoundExplained {
            text: words.result(&round, &part),
            round: round.id,
            held_at: instant_text(round.held_at),
            application: application.number,
            pass: words.pass(&part)?,
        })
    })
}

/// Why the last round in which the child of this IIN took part gave it what it gave, as its family is told.
///
/// # Errors
/// The database is not available.
pub fn explanations(office: &Office, explained: &KeptPasses, iin: Iin) -> Result<Explanations, Problem> {
    let found = office.index(office.clock.now()).of_child(iin).last().map(|(number, _)| number.to_string());
    let Some(number) = found else { return Ok(Explanations::default()) };
    office.store.read(|conn| {
        let application = load(conn, &number)?;
        let Some((round, part)) = last::last_part(explained, conn, &application)? else {
            return Ok(Explanations::default());
        };
        let words = Words::new(office, conn, (Voice::Family, application.home))?;
        let choices = words.choices(&part.pass, part.child)?.into_iter().map(|told| told.choice).collect();
        let told = FamilyExplained {
            text: words.result(&round, &part),
            order: part.pass.order_of(part.child),
            placed: part.pass.result(part.child).is_some(),
            application: application.number,
            round: round.id,
            held_at: instant_text(round.held_at),
            wishes: words.wishes(&part.pass, part.child),
            choices,
        };
        Ok(Explanations { explanations: vec![told] })
    })
}

/// An application's part in a round; `None` where it took none.
fn part(
    explained: &KeptPasses,
    conn: &mut AnyConnection,
    round: &RoundBrief,
    application: &Application,
) -> Result<Option<Part>, Problem> {
    // An application keeps its number and its ticket only while it stays in its queue.
    let summary = held::summary(round)?;
    let own = |served: &&ServedQueue| served.part.queue == application.queue;
    let Some(served) = summary.queues.iter().find(own) else { return Ok(None) };
    let pass = explained.pass(conn, round, (&summary, served))?;
    Ok(pass.child(application.ticket).map(|child| Part { pass, child }))
}

fn not_in(office: &Office, round: &RoundBrief, application: &Application) -> Problem {
    let text = say(&office.rules, "not_in_round", &[("application", &application.number), ("round", &round.id)]);
    Problem::new(Kind::NotFound, "not_in_round", text.en.clone()).with("text", &text)
}

/// What is needed to say it.
struct Words<'a> {
    office: &'a Office,
    voice: Voice,
    sentences: [(Tongue, Sentences); 3],
    /// The names of the home's kindergartens: an answer holds one connection and asks for no second one.
    names: HashMap<String, Said>,
}

impl<'a> Words<'a> {
    fn new(office: &'a Office, conn: &mut AnyConnection, (voice, home): (Voice, Kato)) -> Result<Self, Problem> {
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
    fn result(&self, round: &RoundBrief, part: &Part) -> Said {
        let rules = &self.office.rules;
        let (on, id) = (self.day(round.held_at, round.territory), Said::same(&round.id));
        if let Some(got) = part.pass.result(part.child) {
            let kindergarten = self.name(&got.kindergarten);
            return say_each(rules, "round_placed", &[("round", &id), ("on", &on), ("kindergarten", &kindergarten)]);
        }
        let code = if part.pass.has_choices(part.child) { "round_not_placed" } else { "round_nothing_suited" };
        say_each(rules, code, &[("round", &id), ("on", &on)])
    }

    fn pass(&self, Part { pass, child }: &Part) -> Result<PassExplained, Problem> {
        let child = *child;
        let (tier, applied_at) = pass.rank_of(child);
        Ok(PassExplained {
            queue: pass.queue,
            pass: pass.number,
            rule: if pass.rule == Rule::Program { "program" } else { "queue" },
            order: pass.order_of(child),
            tier,
            applied_at: micros_text(applied_at),
            participants: pass.participants(),
            result: pass.result(child),
            wishes: self.wishes(pass, child),
            choices: self.choices(pass, child)?,
        })
    }

    fn choices(&self, pass: &Pass, child: u32) -> Result<Vec<OfficialChoice>, Problem> {
        pass.above(child)?.into_iter().map(|(refused, group)| self.choice(pass, (&refused, group))).collect()
    }

    fn choice(
        &self,
        pass: &Pass,
        (refused, explained): (&ChoiceExplained, Option<GroupExplained>),
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
}
