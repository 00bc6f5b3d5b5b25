//! A sorted set of keys that knows the rank of each: sorted chunks with the count of keys before each chunk.
//!
//! A queue needs hundreds of small sets (one per kindergarten and stream) and a few large ones. A set of up to one
//! chunk is a plain sorted vector, so that a small set costs what its keys cost; a larger one is a row of chunks.
//! Measured against `indexset::BTreeSet` in `benches/README.md`.
#![allow(clippy::indexing_slicing, reason = "every index comes from a search in the same vectors")]

pub use super::key::Key;

/// The most keys of one chunk: 8 kB, which a search touches in three cache misses and an insertion moves in 100 ns.
const CHUNK: usize = 512;

/// How full the chunks of a bulk build are, so that the first insertions do not split every chunk.
const FILL: usize = CHUNK / 4 * 3;

/// A sorted set of keys with ranks.
#[derive(Clone, Debug)]
pub enum Ranked {
    /// Up to one chunk.
    Small(Vec<Key>),
    /// More keys than fit one chunk.
    Large(Box<Chunks>),
}

/// A row of chunks. One may be empty while its neighbours are too full to join.
#[derive(Clone, Debug, Default)]
pub struct Chunks {
    /// A key not above any of the chunk and above all of the chunks before; the first chunk's takes no part.
    floors: Vec<Key>,
    /// How many keys stand before the chunk.
    starts: Vec<u32>,
    /// The keys, each chunk sorted.
    chunks: Vec<Vec<Key>>,
    /// How many keys there are.
    len: usize,
}

impl Default for Ranked {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Ranked {
    /// Builds the set from keys in any order, and names a key that came twice.
    pub fn from_keys(mut keys: Vec<Key>) -> (Self, Option<Key>) {
        if !keys.is_sorted() {
            keys.sort_unstable();
        }
        let repeated = keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        keys.dedup();
        if keys.len() > CHUNK {
            return (Self::Large(Box::new(Chunks::from_sorted(&keys))), repeated);
        }
        keys.shrink_to_fit();
        (Self::Small(keys), repeated)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Small(keys) => keys.len(),
            Self::Large(large) => large.len,
        }
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys are smaller, and whether the key itself is here.
    pub fn seek(&self, key: Key) -> (usize, bool) {
        match self {
            Self::Small(keys) => seek(keys, key),
            Self::Large(large) => {
                let at = large.chunk_of(key);
                let (inside, found) = seek(&large.chunks[at], key);
                (large.starts[at] as usize + inside, found)
            }
        }
    }

    /// How many keys are smaller.
    pub fn rank(&self, key: Key) -> usize {
        self.seek(key).0
    }

    /// Whether the key is here.
    pub fn contains(&self, key: Key) -> bool {
        self.seek(key).1
    }

    /// The key with this many keys before it.
    pub fn get(&self, rank: usize) -> Option<Key> {
        match self {
            Self::Small(keys) => keys.get(rank).copied(),
            Self::Large(large) => {
                let at = large.chunk_at(rank);
                large.chunks[at].get(rank - large.starts[at] as usize).copied()
            }
        }
    }

    /// The smallest key; none in an empty set.
    pub fn first(&self) -> Option<Key> {
        self.get(0)
    }

    /// Adds a key; false where it is already here.
    pub fn insert(&mut self, key: Key) -> bool {
        match self {
            Self::Small(keys) => {
                let (at, found) = seek(keys, key);
                if found {
                    return false;
                }
                if keys.len() == CHUNK {
                    let mut large = Chunks::from_sorted(keys);
                    large.insert(key);
                    *self = Self::Large(Box::new(large));
                    return true;
                }
                put(keys, at, key);
                true
            }
            Self::Large(large) => large.insert(key),
        }
    }

    /// Takes a key away; false where it is not here.
    pub fn remove(&mut self, key: Key) -> bool {
        match self {
            Self::Small(keys) => {
                let (at, found) = seek(keys, key);
                if found {
                    take(keys, at);
                }
                found
            }
            Self::Large(large) => {
                let found = large.remove(key);
                if large.len <= CHUNK / 2 {
                    let keys = large.chunks.concat();
                    *self = Self::Small(keys);
                }
                found
            }
        }
    }

    /// The keys from this rank on, in order.
    pub fn iter_from(&self, rank: usize) -> Iter<'_> {
        match self {
            Self::Small(keys) => Iter { here: keys[rank.min(keys.len())..].iter(), rest: [].iter() },
            Self::Large(large) => {
                let at = large.chunk_at(rank);
                let inside = (rank - large.starts[at] as usize).min(large.chunks[at].len());
                Iter { here: large.chunks[at][inside..].iter(), rest: large.chunks[at + 1..].iter() }
            }
        }
    }

    /// Bytes on the heap, by the capacities of the vectors.
    pub fn heap_bytes(&self) -> usize {
        const KEY: usize = size_of::<Key>();
        match self {
            Self::Small(keys) => keys.capacity() * KEY,
            Self::Large(large) => {
                let rows = large.chunks.capacity() * size_of::<Vec<Key>>()
                    + large.floors.capacity() * KEY
                    + large.starts.capacity() * size_of::<u32>();
                let keys: usize = large.chunks.iter().map(Vec::capacity).sum();
                size_of::<Chunks>() + rows + keys * KEY
            }
        }
    }
}

impl Chunks {
    fn from_sorted(keys: &[Key]) -> Self {
        let mut large = Self { len: keys.len(), ..Self::default() };
        let mut start = 0;
        for chunk in keys.chunks(FILL) {
            large.floors.push(chunk[0]);
            large.starts.push(start);
            start += narrow(chunk.len());
            large.chunks.push(chunk.to_vec());
        }
        large
    }

    /// The chunk in which the key is or would be.
    fn chunk_of(&self, key: Key) -> usize {
        self.floors.partition_point(|floor| *floor <= key).saturating_sub(1)
    }

    /// The chunk that holds this rank; the last one for a rank beyond the end.
    fn chunk_at(&self, rank: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= rank).saturating_sub(1)
    }

    fn insert(&mut self, key: Key) -> bool {
        let mut at = self.chunk_of(key);
        let (mut inside, found) = seek(&self.chunks[at], key);
        if found {
            return false;
        }
        if self.chunks[at].len() == CHUNK {
            // New applications arrive at the end: there a full chunk stays full and the new key opens the next one.
            let last = at + 1 == self.chunks.len() && inside == CHUNK;
            let cut = if last { CHUNK } else { CHUNK / 2 };
            self.split(at, cut, key);
            if last || inside > cut {
                at += 1;
                inside -= cut;
            }
        }
        put(&mut self.chunks[at], inside, key);
        self.starts[at + 1..].iter_mut().for_each(|start| *start += 1);
        self.len += 1;
        true
    }

    /// Cuts a chunk in two; `opening` is the floor of the second half where that half is still empty.
    fn split(&mut self, at: usize, cut: usize, opening: Key) {
        let tail = self.chunks[at].split_off(cut);
        self.chunks[at].shrink_to_fit();
        self.floors.insert(at + 1, tail.first().copied().unwrap_or(opening));
        self.starts.insert(at + 1, self.starts[at] + narrow(cut));
        self.chunks.insert(at + 1, tail);
    }

    fn remove(&mut self, key: Key) -> bool {
        let at = self.chunk_of(key);
        let (inside, found) = seek(&self.chunks[at], key);
        if !found {
            return false;
        }
        take(&mut self.chunks[at], inside);
        self.starts[at + 1..].iter_mut().for_each(|start| *start -= 1);
        self.len -= 1;
        if self.chunks[at].len() < CHUNK / 4 {
            self.merge(at);
        }
        true
    }

    /// Joins a chunk that has become small to a neighbour that has room.
    fn merge(&mut self, at: usize) {
        let room =
            |left: usize| left + 1 < self.chunks.len() && self.chunks[left].len() + self.chunks[left + 1].len() <= FILL;
        let left = if room(at) {
            at
        } else if at > 0 && room(at - 1) {
            at - 1
        } else {
            return;
        };
        let tail = self.chunks.remove(left + 1);
        self.chunks[left].reserve_exact(tail.len());
        self.chunks[left].extend_from_slice(&tail);
        self.floors.remove(left + 1);
        self.starts.remove(left + 1);
    }
}

/// The keys of a set, in order.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    here: std::slice::Iter<'a, Key>,
    rest: std::slice::Iter<'a, Vec<Key>>,
}

impl Iterator for Iter<'_> {
    type Item = Key;

    fn next(&mut self) -> Option<Key> {
        loop {
            if let Some(key) = self.here.next() {
                return Some(*key);
            }
            self.here = self.rest.next()?.iter();
        }
    }
}

fn seek(keys: &[Key], key: Key) -> (usize, bool) {
    let at = keys.partition_point(|other| *other < key);
    (at, keys.get(at) == Some(&key))
}

/// Grows by an eighth, not by half as `Vec` would: the sets are many and live long.
fn put(keys: &mut Vec<Key>, at: usize, key: Key) {
    if keys.len() == keys.capacity() {
        keys.reserve_exact((keys.len() / 8).max(4));
    }
    keys.insert(at, key);
}

fn take(keys: &mut Vec<Key>, at: usize) {
    keys.remove(at);
    if keys.capacity() > 8 && keys.len() < keys.capacity() / 2 {
        keys.shrink_to(keys.len() + keys.len() / 8);
    }
}

/// Sets stay far below 2^32 keys: a ticket has 32 bits.
#[allow(clippy::cast_possible_truncation, reason = "a set holds at most one key per 32-bit ticket")]
fn narrow(count: usize) -> u32 {
    count as u32
}
