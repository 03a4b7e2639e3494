//! Numbers where they lie in a file, as a slice: of a model's weights only what is used is ever read.
//!
//! The mapping is private: what is written to it stays in memory and never reaches the file. What has not been written to
//! is the file's own memory, so **the file must stay as it is while it is mapped**. Renaming another file into its place
//! and deleting it are fine, and are how this program replaces files. A file that is changed where it lies (`cp` over
//! it, a program that opens it and writes) shows through: the numbers are then partly old and partly new, and where it is
//! cut short, or its disk fails, the operating system ends the process with SIGBUS. So the files
//! of others, who may write over them in place while an evaluation takes its hour, are copied and not mapped.

use std::fs::File;
use std::io;
use std::ops::{Deref, DerefMut, Range};

use memmap2::{MmapMut, MmapOptions};
use rayon::prelude::*;

/// A part of a file, as numbers in the byte order of this machine.
#[derive(Debug)]
pub struct Mapped(MmapMut);

impl Mapped {
    /// The `len` numbers from the byte `start` of a file on.
    ///
    /// # Errors
    /// If the file ends before, if `start` is no multiple of 4, or if the file system maps no files.
    pub fn open(file: &File, start: u64, len: usize) -> io::Result<Self> {
        let bytes = len.checked_mul(size_of::<f32>()).ok_or_else(|| wrong("more numbers than memory has addresses"))?;
        let end = start.checked_add(bytes as u64).ok_or_else(|| wrong("more numbers than a file holds"))?;
        if end > file.metadata()?.len() {
            return Err(wrong("the file ends before its numbers"));
        }
        if !start.is_multiple_of(align_of::<f32>() as u64) {
            return Err(wrong("numbers at an odd place of the file"));
        }
        // SAFETY: the part lies inside the file, as just checked, and the mapping is private, so that nobody but its owner
        // writes to it. That the file stays as it is, no program can see to; the head of this module says so.
        let map = unsafe { MmapOptions::new().offset(start).len(bytes).map_copy(file)? };
        Ok(Self(map))
    }

    /// Copies these parts, which will be written to, out of the file now, on all threads. Otherwise that happens page by
    /// page, and takes four times as long where a page has been read before.
    pub fn will_write(&self, parts: &[Range<usize>]) {
        parts.par_iter().for_each(|part| {
            let [start, len] = [part.start, part.len()].map(|numbers| numbers * size_of::<f32>());
            self.copy_out(start, len);
        });
    }

    /// Where the system cannot do it (Linux before 5.14), the first write to each page will.
    #[cfg(target_os = "linux")]
    fn copy_out(&self, start: usize, len: usize) {
        let _ = self.0.advise_range(memmap2::Advice::PopulateWrite, start, len);
    }

    #[cfg(not(target_os = "linux"))]
    fn copy_out(&self, _start: usize, _len: usize) {}
}

impl Deref for Mapped {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.0)
    }
}

impl DerefMut for Mapped {
    fn deref_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// More than a page of numbers 0, 1, 2, ... behind `head` bytes.
    fn file(head: usize) -> (tempfile::NamedTempFile, Vec<u8>) {
        let numbers: Vec<f32> = (0..3000).map(|i| i as f32).collect();
        let bytes = [&vec![7; head], bytemuck::cast_slice(&numbers)].concat();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &bytes).unwrap();
        (file, bytes)
    }

    #[test]
    fn a_part_in_the_midst_of_a_page() {
        let (file, _) = file(12);
        let mapped = Mapped::open(file.as_file(), 12 + 4 * 5, 2990).unwrap();
        assert_eq!(mapped.len(), 2990);
        assert!(mapped.iter().enumerate().all(|(i, x)| *x == (i + 5) as f32));
        assert!(Mapped::open(file.as_file(), 12, 0).unwrap().is_empty());
    }

    #[test]
    fn what_is_written_stays_out_of_the_file() {
        let (file, bytes) = file(0);
        let mut mapped = Mapped::open(file.as_file(), 0, 3000).unwrap();
        mapped.will_write(&[0..1500, 1700..2000]);
        assert!(mapped.iter().enumerate().all(|(i, x)| *x == i as f32));
        mapped[..2000].fill(-1.0);
        let second = Mapped::open(file.as_file(), 0, 3000).unwrap();
        assert_eq!((mapped[1999], mapped[2000], second[1999]), (-1.0, 2000.0, 1999.0));
        drop(mapped);
        assert_eq!(fs::read(file.path()).unwrap(), bytes);
    }

    #[test]
    fn nothing_beyond_the_end_is_mapped() {
        let (file, _) = file(0);
        for (start, len) in [(0, 3001), (4, 3000), (12_004, 0), (u64::MAX - 3, 1), (0, usize::MAX), (8, usize::MAX / 4)]
        {
            assert!(Mapped::open(file.as_file(), start, len).is_err(), "{len} numbers from {start} on");
        }
        file.as_file().set_len(11_999).unwrap();
        assert!(Mapped::open(file.as_file(), 0, 3000).is_err(), "cut short before it is mapped");
    }

    #[test]
    fn numbers_at_odd_places_are_refused() {
        let (file, _) = file(2);
        assert!((1..4).all(|start| Mapped::open(file.as_file(), start, 10).is_err()));
    }

    #[test]
    fn a_deleted_file_stays_mapped() {
        let (file, _) = file(0);
        let mapped = Mapped::open(file.as_file(), 0, 3000).unwrap();
        file.close().unwrap();
        assert_eq!(mapped[2999], 2999.0);
    }
}
