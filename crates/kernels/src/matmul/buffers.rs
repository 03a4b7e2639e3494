//! Memory that packed operands and tiles lie in, kept from product to product by every thread.

use std::cell::Cell;
use std::thread::LocalKey;

thread_local! {
    /// For all of A, in a part of the inner dimension.
    pub(super) static LEFT: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
    /// The same of B.
    pub(super) static RIGHT: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
    /// For the strips of B of one task.
    pub(super) static TASK: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
    /// For the tiles that a task works at.
    pub(super) static TILES: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// A cache line in elements.
const LINE: usize = 16;

/// Calls `f` with `len` elements that hold anything and begin with a cache line.
///
/// The buffer is taken out of its place for so long: a thread that waits within `f` may begin another product.
pub(super) fn with<R>(place: &'static LocalKey<Cell<Vec<u32>>>, len: usize, f: impl FnOnce(&mut [u32]) -> R) -> R {
    let mut buffer = place.take();
    if buffer.len() < len + LINE {
        buffer.resize(len + LINE, 0);
    }
    let start = buffer.as_ptr().align_offset(LINE * size_of::<u32>()).min(LINE);
    let result = f(&mut buffer[start..start + len]);
    place.set(buffer);
    result
}
