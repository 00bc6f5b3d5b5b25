//! A large file in pieces: made in parallel, written in order.

use std::io;

use rayon::prelude::*;

/// Calls `write` with the pieces 0 to `count`, in order. Some are made while others are written, always in the same
/// buffers, so that a country's rows are never all in memory.
pub(in crate::exchange) fn write_pieces(
    count: usize,
    make: impl Fn(usize, &mut Vec<u8>) + Sync,
    mut write: impl FnMut(&[u8]) -> io::Result<()> + Send,
) -> io::Result<()> {
    let together = 2 * rayon::current_num_threads();
    let (mut made, mut written) = (vec![vec![]; together], vec![vec![]; together]);
    let (mut next, mut ready) = (0, 0);
    loop {
        let making = together.min(count - next);
        let fill = |(at, text): (usize, &mut Vec<u8>)| {
            text.clear();
            make(next + at, text);
        };
        let ((), result) = rayon::join(
            || made.par_iter_mut().take(making).enumerate().for_each(fill),
            || written.iter().take(ready).try_for_each(|piece| write(piece)),
        );
        result?;
        std::mem::swap(&mut made, &mut written);
        (next, ready) = (next + making, making);
        if making == 0 {
            return Ok(());
        }
    }
}
