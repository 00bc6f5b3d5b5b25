//! Small queues whose order can be worked out by hand, and changes that do not fit.

use kezek::domain::mix::{Mix, MixFault};
use kezek::engine::order::{Change, Counters, QueueOrder, Seat, SeatFault, Standing, TurnState};

use super::{Act, Registry, expected, one_to_three, seat, standings};

/// Entries of these tiers in this order of arrival, tickets from 1, without preferences.
fn queue(mix: Option<Mix>, tiers: &[u8]) -> (QueueOrder, Vec<Seat>) {
    let seats: Vec<Seat> = tiers.iter().zip(1..).map(|(tier, ticket)| seat(*tier, i64::from(ticket), ticket)).collect();
    let mut index = QueueOrder::new(mix);
    for seat in &seats {
        index.join(*seat, &[]).unwrap();
    }
    (index, seats)
}

fn tickets(index: &QueueOrder) -> Vec<u32> {
    index.in_order().map(|placed| placed.seat.ticket).collect()
}

#[test]
fn one_first_priority_turn_comes_before_three_general_ones_and_out_of_turn_before_all() {
    let (index, seats) = queue(one_to_three(), &[4, 4, 4, 4, 1, 1, 1, 0]);
    assert_eq!(tickets(&index), [8, 5, 1, 2, 3, 6, 4, 7]);
    let fourth_general = index.standing(seats[3]).unwrap();
    assert_eq!(fourth_general, Standing { position: 7, of: 8, turn: 5, ahead: [1, 2, 3] });
    assert_eq!(index.standing(seats[7]).unwrap().turn, -1);
}

#[test]
fn without_mixing_the_order_is_tier_then_instant_then_ticket() {
    let (index, _) = queue(None, &[4, 1, 3, 1, 0, 2]);
    assert_eq!(tickets(&index), [5, 2, 4, 6, 3, 1]);
}

#[test]
fn an_enrolled_child_keeps_its_turn_so_that_the_next_of_its_stream_does_not_overtake() {
    let (mut index, seats) = queue(one_to_three(), &[1, 1, 4, 4, 4, 4]);
    assert_eq!(tickets(&index), [1, 3, 4, 5, 2, 6]);
    let counters = index.spend(seats[0], &[]).unwrap();
    assert_eq!(counters, Counters { first_priority: 1, general: 0 });
    assert_eq!(tickets(&index), [3, 4, 5, 2, 6]);
    // Had it withdrawn, the second would have moved up to the first turn.
    let (mut index, seats) = queue(one_to_three(), &[1, 1, 4, 4, 4, 4]);
    index.leave(seats[0], &[]).unwrap();
    assert_eq!(tickets(&index), [2, 3, 4, 5, 6]);
}

#[test]
fn a_turn_spent_behind_a_waiting_child_is_kept_and_dropped_once_it_is_at_the_front() {
    let (mut index, seats) = queue(one_to_three(), &[1, 1, 1, 4]);
    assert_eq!(index.spend(seats[1], &[]).unwrap(), Counters::default());
    assert_eq!(index.standing(seats[2]).unwrap().turn, 8);
    assert_eq!(index.spend(seats[0], &[]).unwrap(), Counters { first_priority: 2, general: 0 });
    assert_eq!(index.standing(seats[2]).unwrap().turn, 8);
    assert_eq!(index.leave(seats[2], &[]).unwrap(), Counters::default());
}

#[test]
fn an_entry_earlier_than_the_dropped_turns_becomes_first_with_the_counters_turn() {
    let (mut index, seats) = queue(one_to_three(), &[1, 1, 4, 4, 4, 4]);
    index.spend(seats[0], &[]).unwrap();
    let counters = index.restore(seats[0], &[]).unwrap();
    assert_eq!(counters, Counters { first_priority: 1, general: 0 });
    assert_eq!(index.standing(seats[0]).unwrap().turn, 4);
    assert_eq!(index.standing(seats[1]).unwrap().turn, 8);
}

#[test]
fn a_category_that_changes_within_its_stream_is_one_act_and_leaves_the_counters_alone() {
    let (mut index, seats) = queue(one_to_three(), &[1, 2, 4, 4]);
    index.spend(seats[0], &[]).unwrap();
    let after = Seat { tier: 1, ..seats[1] };
    let counters = index.apply(&[Change::Leave(seats[1], &[]), Change::Join(after, &[7])]).unwrap();
    assert_eq!(counters, Counters { first_priority: 1, general: 0 });
    // In two acts the stream would have been empty between them.
    let (mut index, seats) = queue(one_to_three(), &[1, 2, 4, 4]);
    index.spend(seats[0], &[]).unwrap();
    index.leave(seats[1], &[]).unwrap();
    assert_eq!(index.join(after, &[7]).unwrap(), Counters::default());
}

#[test]
fn a_kindergarten_counts_those_that_chose_it_and_those_without_preferences() {
    let mut index = QueueOrder::new(one_to_three());
    let seats: Vec<Seat> = (1..=5).map(|n| seat(4, i64::from(n), n)).collect();
    let choices: [&[u32]; 5] = [&[10, 20], &[], &[20, 20], &[10], &[]];
    for (seat, choices) in seats.iter().zip(choices) {
        index.join(*seat, choices).unwrap();
    }
    let position = |index: &QueueOrder, seat: Seat, kindergarten| {
        let among = index.locate(seat)?.among(kindergarten)?;
        Some((among.position, among.of))
    };
    assert_eq!(position(&index, seats[3], 10), Some((3, 4)));
    assert_eq!(position(&index, seats[2], 20), Some((3, 4)));
    assert_eq!(position(&index, seats[4], 20), Some((4, 4)));
    assert_eq!(position(&index, seats[3], 20), None, "it did not choose it");
    assert_eq!(position(&index, seats[4], 99), Some((2, 2)), "no preferences means any, also one that nobody names");
    index.leave(seats[2], choices[2]).unwrap();
    assert_eq!(position(&index, seats[4], 20), Some((3, 3)));
}

// ----- faults -----

#[test]
fn a_change_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut registry = Registry::new(one_to_three());
    for (tier, choices) in [(1, vec![1, 2]), (1, vec![2]), (4, vec![]), (0, vec![3])] {
        registry.act(&Act::Join(tier, 0, choices));
    }
    registry.act(&Act::Spend(1));
    let before = (registry.index.counters(), standings(&registry.index, &registry.rows));
    let [first, spent, any, _] = [0, 1, 2, 3].map(|i| registry.rows[i].seat);
    let stranger = seat(4, 9, 99);
    let index = &mut registry.index;
    assert_eq!(index.join(first, &[1, 2]), Err(SeatFault::Taken(first)));
    assert_eq!(index.join(spent, &[2]), Err(SeatFault::Taken(spent)));
    assert_eq!(index.restore(first, &[1, 2]), Err(SeatFault::Taken(first)));
    assert_eq!(index.leave(spent, &[2]), Err(SeatFault::Missing(spent)));
    assert_eq!(index.spend(spent, &[2]), Err(SeatFault::Missing(spent)));
    assert_eq!(index.leave(stranger, &[]), Err(SeatFault::Missing(stranger)));
    assert_eq!(index.leave(first, &[1, 2, 4]), Err(SeatFault::NotChosen(first, Some(4))));
    assert_eq!(index.leave(first, &[]), Err(SeatFault::NotChosen(first, None)));
    assert_eq!(index.leave(any, &[1]), Err(SeatFault::NotChosen(any, Some(1))));
    let act = [
        Change::Join(stranger, &[4]),
        Change::Leave(first, &[1, 2]),
        Change::Restore(spent, &[2]),
        Change::Spend(any, &[]),
        Change::Spend(any, &[]),
    ];
    assert_eq!(index.apply(&act), Err(SeatFault::Missing(any)));
    assert_eq!((registry.index.counters(), standings(&registry.index, &registry.rows)), before);
    registry.act(&Act::Restore(0));
    assert_eq!(standings(&registry.index, &registry.rows), expected(&registry));
}

#[test]
fn rows_with_one_seat_twice_are_refused_by_name() {
    let seat = seat(4, 1, 1);
    let rows = [(seat, TurnState::Live, vec![1]), (seat, TurnState::Spent, vec![])];
    let fault = QueueOrder::build(one_to_three(), Counters::default(), rows).unwrap_err();
    assert_eq!(fault, SeatFault::Taken(seat));
    assert!(fault.to_string().contains("ticket 1 "), "{fault}");
}

#[test]
fn a_mix_is_two_positive_whole_numbers() {
    assert_eq!("1:3".parse::<Mix>().ok(), Mix::new(1, 3));
    assert_eq!(Mix::new(2, 5).unwrap().to_string(), "2:5");
    for wrong in ["", "1", "1:", ":3", "0:3", "1:0", "1:3:4", "+1:3", " 1:3", "-1:3", "4294967296:1"] {
        assert_eq!(wrong.parse::<Mix>(), Err(MixFault), "{wrong}");
    }
}

#[test]
fn seats_at_the_edges_of_their_fields_keep_their_order() {
    let mut index = QueueOrder::new(None);
    let edges: Vec<Seat> = [0, 1, 255]
        .into_iter()
        .flat_map(|tier| [i64::MIN, -1, 0, 1, i64::MAX].map(|at| (tier, at)))
        .flat_map(|(tier, at)| [0, 1, u32::MAX].map(|ticket| seat(tier, at, ticket)))
        .collect();
    for seat in edges.iter().rev() {
        index.join(*seat, &[]).unwrap();
    }
    assert_eq!(index.in_order().map(|placed| placed.seat).collect::<Vec<_>>(), edges);
    assert_eq!(index.standing(edges[0]).unwrap().position, 1);
}
