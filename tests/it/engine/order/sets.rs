//! The ranked sets under the index, where they are rows of chunks, against the standard library's sorted set.

use std::collections::BTreeSet;

use kezek::engine::order::ranked::{Key, Ranked};
use proptest::prelude::*;

/// The set against the standard library's, key by key and rank by rank, and each neighbour that is not there.
fn assert_same(set: &Ranked, sorted: &BTreeSet<Key>) {
    assert_eq!(set.len(), sorted.len());
    for (rank, key) in sorted.iter().enumerate() {
        assert_eq!((set.seek(*key), set.get(rank)), ((rank, true), Some(*key)));
        assert_eq!(set.seek(key + 1), (rank + 1, sorted.contains(&(key + 1))));
    }
    assert_eq!(set.get(sorted.len()), None);
    for from in (0..=sorted.len() + 1).step_by(101) {
        assert!(set.iter_from(from).eq(sorted.iter().skip(from).copied()), "from {from}");
    }
}

#[test]
fn a_full_chunk_splits_right_wherever_the_new_key_falls() {
    let mut full = Ranked::default();
    // In order, so that the chunks before the last are full.
    (1..=1100).for_each(|n| assert!(full.insert(n * 2)));
    for new in (1..2202).step_by(2) {
        let mut set = full.clone();
        assert!(set.insert(new) && !set.insert(new));
        // The even keys from 2 to 2200, and the new one among them.
        let rank = |key: Key| usize::try_from(key.saturating_sub(1).min(2200) / 2).unwrap() + usize::from(new < key);
        for key in [1, new.saturating_sub(2), new - 1, new, new + 1, new + 2, 1023, 1024, 1537, 2200, 2300] {
            assert_eq!(set.rank(key), rank(key), "{key} beside {new}");
        }
        assert!(set.iter_from(0).is_sorted() && set.iter_from(0).count() == 1101, "{new}");
    }
}

#[test]
fn a_chunk_between_full_ones_may_empty() {
    let mut set = Ranked::default();
    let mut sorted: BTreeSet<Key> = (0..3000).map(|n| n * 2).collect();
    sorted.iter().for_each(|key| assert!(set.insert(*key)));
    for key in 900..2200 {
        assert_eq!(set.remove(key), sorted.remove(&key));
    }
    assert_same(&set, &sorted);
    for key in (0..6000).filter(|key| key % 7 < 6) {
        assert_eq!(set.remove(key), sorted.remove(&key));
    }
    assert_same(&set, &sorted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_set_of_any_shape_ranks_like_a_sorted_list(
        runs in proptest::collection::vec((any::<bool>(), any::<bool>(), 0..4000u32, 1..1500u32), 1..12),
    ) {
        let mut set = Ranked::from_keys((1000..2500).collect()).0;
        let mut sorted: BTreeSet<Key> = (1000..2500).collect();
        for (inserts, down, from, length) in runs {
            for n in 0..length {
                let key = Key::from(from + if down { length - n } else { n });
                if inserts {
                    assert_eq!(set.insert(key), sorted.insert(key));
                } else {
                    assert_eq!(set.remove(key), sorted.remove(&key));
                }
            }
            assert_same(&set, &sorted);
        }
    }
}
