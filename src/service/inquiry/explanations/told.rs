//! What is told of a round: to an official, and to a family.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::queue::QueueKey;
use crate::rules::messages::Tongue;
use crate::service::kernel::words::Said;
use crate::service::papers::outbox::PassedTogether;

/// Why a round gave an application what it gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoundExplained {
    /// The id of the committed round.
    pub round: String,
    /// When it was held.
    pub held_at: String,
    /// The number of the application that is explained.
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
    /// The key of the queue in which it took part.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// 2 where the queue was served after others, with what they left; otherwise 1.
    pub pass: u64,
    /// What decided: `queue`, the queue's order, or `program`, where each kindergarten ranks for itself.
    pub rule: &'static str,
    /// The application's number in the merged order at that moment; none where each kindergarten ranks for itself.
    pub order: Option<i64>,
    /// The number with which all children who apply together were served: that of the last of them. None where it applies
    /// alone, and where no one number decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_with: Option<i64>,
    /// Its precedence class in that round; within a stream the smaller goes first.
    pub tier: u8,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// How many applications took part.
    pub participants: usize,
    /// The place that it got; none where it waits on.
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
    /// The id of the group that took the child.
    pub group: String,
    /// The id of the kindergarten that has the group.
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
    /// The precedence class that they share.
    pub tier: u8,
    /// How many of them the group took.
    pub children: u32,
}

/// The last child that a group took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LastTaken {
    /// Its precedence class in that round.
    pub tier: u8,
    /// Whether it counted as having a sibling there.
    pub sibling: bool,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// Its number in the merged order; none where each kindergarten ranks for itself.
    pub order: Option<i64>,
    /// Its ticket, which decides between equal instants.
    pub ticket: u32,
}

/// A choice that came to nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChoiceTold {
    /// Which choice, from 1: a group that suits the child and had a free place.
    pub choice: u32,
    /// The id of the group that was chosen.
    pub group: String,
    /// The id of the kindergarten that has the group.
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
    /// The places that passed the child because it waits together with brothers and sisters, the first one first.
    pub passed: Vec<PassedTogether>,
}

/// Why a round gave a child what it gave, without a word about any one other child but the number or instant at which a
/// group was full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FamilyExplained {
    /// The number of the child's application.
    pub application: String,
    /// The id of the last round in which the child took part.
    pub round: String,
    /// When it was held.
    pub held_at: String,
    /// The child's number in the merged order at that moment; none where each kindergarten ranks for itself.
    pub order: Option<i64>,
    /// The number with which all children who apply together were served: that of the last of them. None where it applies
    /// alone, and where no one number decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_with: Option<i64>,
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

/// A group of the kindergarten was a choice of the child and gave it no place; the choices say why.
pub(super) const NOT_GIVEN: &str = "not_given";

/// A group of the kindergarten suited the child, and there were not places for all brothers and sisters in other queues.
pub(super) const TOGETHER: &str = "together";

/// The child got its place there.
pub(super) const GIVEN: &str = "given";

/// What came of a wish.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WishTold {
    /// Which wish of the application, from 1, as it stood when the round was held.
    pub wish: usize,
    /// The id of the kindergarten that was wished.
    pub kindergarten: String,
    /// `no_free_place`; `other_queue`, `other_language` or `other_age` where its free places were for such; `not_given` where
    /// the choices say why; `together` where it could not take its brothers and sisters in other queues too; `given`.
    pub outcome: &'static str,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

impl FamilyExplained {
    /// The sentences under the result, wish by wish: why a group did not take the child, or that there was no place for it.
    pub fn sentences(&self, tongue: Tongue) -> Vec<String> {
        let said = |choice: &ChoiceTold| format!("{} {}", choice.text.get(tongue), choice.would_change.get(tongue));
        let mut sentences = Vec::new();
        for wish in &self.wishes {
            if !matches!(wish.outcome, NOT_GIVEN | GIVEN) {
                sentences.push(wish.text.get(tongue).to_owned());
            }
            let of_wish = self.choices.iter().filter(|choice| choice.kindergarten == wish.kindergarten);
            sentences.extend(of_wish.map(said));
        }
        let wished = |choice: &&ChoiceTold| self.wishes.iter().any(|wish| wish.kindergarten == choice.kindergarten);
        sentences.extend(self.choices.iter().filter(|choice| !wished(choice)).map(said));
        sentences
    }
}
