//! How work over rows is cut into chunks.

/// Elements below which waking a thread costs more than it saves.
const SERIAL: usize = 1 << 14;

/// Most chunks that rows are cut into; enough for the threads of a large machine.
const CHUNKS: usize = 32;

/// Rows of a chunk. It follows from the shape alone, so that sums over chunks do not depend on the number of threads.
pub(crate) fn chunk_rows(rows: usize) -> usize {
    rows.div_ceil(CHUNKS).max(8)
}

/// Chunks that one thread takes at least, for rayon's `with_min_len`: all of them if the work is small.
pub(crate) fn min_chunks(elements: usize) -> usize {
    if elements < SERIAL { usize::MAX } else { 1 }
}
