//! What comes of a scenario, counted beside the base run.

use std::collections::BTreeMap;

use super::super::settled::Won;

/// How many children of a market fare how, beside the base run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All children, however they fare.
    pub children: u64,
    /// Those with a place.
    pub placed: u64,
    /// Those who fare better than in the base run.
    pub better: u64,
    /// Those who fare worse.
    pub worse: u64,
    /// Those who have a place and had none; they are among the better.
    pub gained: u64,
    /// Those who have none and had one; they are among the worse.
    pub lost: u64,
}

impl Count {
    /// Adds the children of another market.
    pub fn add(&mut self, other: &Count) {
        self.children += other.children;
        self.placed += other.placed;
        self.better += other.better;
        self.worse += other.worse;
        self.gained += other.gained;
        self.lost += other.lost;
    }

    fn change(&mut self, base: Won, now: Won, up: bool) {
        let step = |field: &mut u64, yes: bool| {
            if yes {
                *field = if up { *field + 1 } else { field.saturating_sub(1) };
            }
        };
        step(&mut self.placed, now.is_placed());
        step(&mut self.better, now < base);
        step(&mut self.worse, now > base);
        step(&mut self.gained, now.is_placed() && !base.is_placed());
        step(&mut self.lost, base.is_placed() && !now.is_placed());
    }
}

/// What came of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The count of all children together.
    pub all: Count,
    /// By the children's own tier.
    pub by_tier: BTreeMap<u8, Count>,
    /// How many got their first choice, their second, …; `*` counts as one choice.
    pub by_choice: Vec<u64>,
    /// Whose result differs from the base run, by ascending id: (child's position, before, now). Kept where asked for.
    pub moves: Vec<(u32, Won, Won)>,
}

impl Outcome {
    /// What came of it, by each child's own tier, and what it has in the base run and now. Within its kindergarten a family
    /// fares alike wherever its children are.
    pub(super) fn of(tiers: &[u8], base: &[Won], now: &[Won], in_family: impl Fn(u32) -> bool) -> Self {
        let mut outcome = Outcome::default();
        for ((&tier, child), (&base, &now)) in tiers.iter().zip(0..).zip(base.iter().zip(now)) {
            let alike = base.choice == now.choice && in_family(child);
            let base = if alike { now } else { base };
            outcome.change(tier, base, now, true);
            outcome.all.children += 1;
            outcome.by_tier.entry(tier).or_default().children += 1;
        }
        outcome
    }

    pub(super) fn change(&mut self, tier: u8, base: Won, now: Won, up: bool) {
        self.all.change(base, now, up);
        self.by_tier.entry(tier).or_default().change(base, now, up);
        if now.number().is_some() {
            match (up, self.by_choice.get_mut(now.choice as usize)) {
                (true, _) => self.place(now.choice),
                (false, count) => count.into_iter().for_each(|count| *count = count.saturating_sub(1)),
            }
        }
    }

    /// Counts a child that got this choice.
    pub(super) fn place(&mut self, choice: u32) {
        let choice = choice as usize;
        if self.by_choice.len() <= choice {
            self.by_choice.resize(choice + 1, 0);
        }
        if let Some(count) = self.by_choice.get_mut(choice) {
            *count += 1;
        }
    }
}

/// What one more place in a group would bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceValue {
    /// The position of the group in the instance.
    pub group: u32,
    /// How many children wish for it by name.
    pub wishes: u32,
    /// How many more children would have a place: 1 or 0; beside families also more, or fewer than before.
    pub placed_more: i64,
    /// How many children would fare better.
    pub better: u32,
    /// How many children would fare worse: none, but beside families.
    pub worse: u32,
}

/// What is left of these places after the base run and, where children moved since, after their moves.
pub(super) fn left_of(places: Vec<u32>, base: &[Won], moves: &[(u32, Won, Won)]) -> Vec<u32> {
    // On the way a count may fall below zero: who comes is counted before who leaves.
    let mut left: Vec<i64> = places.into_iter().map(i64::from).collect();
    let mut give = |group: u32, by: i64| left.get_mut(group as usize).into_iter().for_each(|left| *left -= by);
    base.iter().for_each(|won| give(won.group, 1));
    for (_, before, now) in moves {
        give(before.group, -1);
        give(now.group, 1);
    }
    left.into_iter().map(|left| u32::try_from(left).unwrap_or_default()).collect()
}
