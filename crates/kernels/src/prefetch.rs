//! Asking for memory ahead of its use, where the processor cannot guess it: short pieces of rows that lie far apart.

/// Numbers of a cache line.
const LINE: usize = 16;

/// Asks for the cache lines that a slice lies in. It changes nothing but the time of later reads.
#[inline(always)]
#[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "only x86 is asked"))]
pub(crate) fn prefetch(slice: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in slice.chunks(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch does not access memory as far as the program can tell, and the place is inside the slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}
