//! A slice that several threads write at once, each its own elements.

use std::marker::PhantomData;

/// A mutable slice handed to many tasks. Rows of a matrix tile, or the columns of one attention head, are not
/// contiguous, so `chunks_mut` cannot split them.
pub(crate) struct Shared<'a> {
    start: *mut f32,
    len: usize,
    slice: PhantomData<&'a mut [f32]>,
}

// SAFETY: it stands for a `&mut [f32]`, which is `Send`; access is only through `piece`, whose callers keep pieces apart.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub(crate) fn new(slice: &'a mut [f32]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// Elements `offset .. offset + len`. Panics if they lie outside the slice.
    ///
    /// # Safety
    /// While the piece lives, no other piece overlaps it.
    #[expect(clippy::mut_from_ref, reason = "the caller keeps pieces apart")]
    pub(crate) unsafe fn piece(&self, offset: usize, len: usize) -> &mut [f32] {
        assert!(offset <= self.len && len <= self.len - offset, "piece outside the slice");
        // SAFETY: inside the slice, as just checked; the caller vouches that nobody else touches it.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(offset), len) }
    }

    /// The start of the elements from `offset` on, after checking that `len` of them exist.
    pub(crate) fn pointer(&self, offset: usize, len: usize) -> *mut f32 {
        assert!(offset <= self.len && len <= self.len - offset, "tile outside the slice");
        // SAFETY: inside the slice, as just checked.
        unsafe { self.start.add(offset) }
    }
}
