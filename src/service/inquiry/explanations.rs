//! Why a committed round gave a child what it gave: for every choice above the result the group's cut-off, how many it took
//! by tier, and what would have changed it.
//!
//! It is read from the files that the round published, by the code that explains a run to `kezek allocate --explain`; a
//! round that was explained lately is kept in memory, since its files never change.

use crate::domain::application::Application;
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::queue::Numbered;
use crate::exchange::instance::Voice;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::words::say;
use crate::service::office::Office;
use crate::service::papers::outbox;
use crate::store::rounds::{self, RoundBrief};
use last::last_part;
use part::part;
use words::Words;

mod kept;
mod last;
mod part;
mod told;
mod wishes;
mod words;

pub use kept::KeptPasses;
pub use told::{
    ChoiceTold, Explanations, FamilyExplained, LastTaken, OfficialChoice, PassExplained, ResultExplained,
    RoundExplained, TierCount, WishTold,
};

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
        may_on(conn, principal, Act::ExplainRound, &application)?;
        let round = rounds::brief(conn, round)?.ok_or_else(|| Problem::not_found("round"))?;
        let part = part(explained, conn, &round, &application)?.ok_or_else(|| not_in(office, &round, &application))?;
        let words = Words::new(office, conn, Voice::Official, application.home)?;
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
    let found = office
        .index(office.clock.now())
        .of_child(office.look_up.blind(iin))
        .last()
        .map(|(number, _)| number.to_string());
    let Some(number) = found else { return Ok(Explanations::default()) };
    office.store.read(|conn| {
        let application = load(conn, &number)?;
        let passed = outbox::passed_by(office, conn, &application.number)?;
        let Some((round, part)) = last_part(explained, conn, &application)? else {
            return Ok(Explanations { explanations: Vec::new(), passed });
        };
        let words = Words::new(office, conn, Voice::Family, application.home)?;
        let choices = words.choices(&part.pass, part.child)?.into_iter().map(|told| told.choice).collect();
        let told = FamilyExplained {
            text: words.result(&round, &part),
            order: part.pass.order_of(part.child),
            served_with: part.pass.served_with(part.child),
            placed: part.pass.result(part.child).is_some(),
            application: application.number,
            round: round.id,
            held_at: instant_text(round.held_at),
            wishes: words.wishes(&part.pass, part.child),
            choices,
        };
        Ok(Explanations { explanations: vec![told], passed })
    })
}

fn not_in(office: &Office, round: &RoundBrief, application: &Application) -> Problem {
    let text = say(&office.rules, "not_in_round", &[("application", &application.number), ("round", &round.id)]);
    Problem::new(Kind::NotFound, "not_in_round", text.en.clone()).with("text", &text)
}
