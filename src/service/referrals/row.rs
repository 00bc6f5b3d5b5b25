//! The row by which a child gets a place: what a round computes, and what a referral is issued from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::queue::QueueKey;
use crate::trust::subject::{Subject, SubjectKind};

/// One child's place in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoundRow {
    /// The queue that the child stands in.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// 2 where the queue was served after others, with its own places and those that they left; otherwise 1.
    pub pass: u8,
    /// The number in the merged order of that queue, from 1, all live entries counted.
    pub position: u64,
    /// The number of the application that gets the place.
    pub application: String,
    /// The number of the place that it gets.
    pub place: String,
    /// The queue that the place was published for, where it could not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub spilled_from: Option<QueueKey>,
    /// The id of the group that has the place.
    pub group: String,
    /// The id of the kindergarten that has the group.
    pub kindergarten: String,
    /// The tier or category that the place was kept for, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_for: Option<String>,
    /// The family that is placed together, by one of its applications; its rows become referrals in one act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<String>,
    /// Which of the application's preferences it is, from 1; none where it had no preferences.
    pub preference: Option<usize>,
}

impl RoundRow {
    /// What is given to whom: the rows that the referral is issued by.
    pub(crate) fn given(&self) -> [Subject; 3] {
        [Subject::seat(&self.application), self.place(), Subject::of(SubjectKind::Group, &self.group)]
    }

    /// The place that is given.
    pub(crate) fn place(&self) -> Subject {
        Subject::of(SubjectKind::Place, &self.place)
    }
}
