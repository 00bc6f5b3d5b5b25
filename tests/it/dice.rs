//! Dice for random walks: a small generator of our own, so that a walk is the same on every machine.

/// The environment variable that sets every walk, and the cases of every property, off from another seed.
const SEED: &str = "KEZEK_SEED";

/// Dice.
pub struct Dice(u64);

impl Dice {
    /// The dice of one walk: its own seed, shifted by `KEZEK_SEED` where that is set. A failure under it is repeated by the
    /// same value, which is printed.
    pub fn seeded(own: u64) -> Self {
        let shift = std::env::var(SEED)
            .ok()
            .map_or(0, |text| text.parse::<u64>().unwrap_or_else(|_| panic!("{SEED} is a whole number, not {text:?}")));
        if shift != 0 {
            eprintln!("{SEED}={shift}, and the walk's own {own}");
        }
        Dice(own ^ shift.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).expect("small")
    }

    /// One of a list; none of an empty one.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        if list.is_empty() { None } else { list.get(self.roll(list.len())) }
    }

    /// One of a list that is not empty.
    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())]
    }
}
