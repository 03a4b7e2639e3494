//! Reads a log while a program writes it.

use std::{
    io::{self, Read},
    path::Path,
};

use fs_err::File;

/// The part of a log that was not shown yet.
pub(crate) struct Tail {
    file: File,
    /// The beginning of a line that has no end yet.
    rest: Vec<u8>,
}

impl Tail {
    /// The whole of a log.
    pub fn open(log: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(log)?, rest: Vec::new() })
    }

    /// Shows the lines that have come; at the end of the program also one that has no line break.
    pub fn show(&mut self, is_last: bool, mut show: impl FnMut(String)) -> io::Result<()> {
        self.file.read_to_end(&mut self.rest)?;
        let whole_lines = self.rest.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.rest.drain(..whole_lines).collect();
        String::from_utf8_lossy(&lines).lines().for_each(|line| show(line.to_owned()));
        if is_last && !self.rest.is_empty() {
            show(String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned());
        }
        Ok(())
    }
}
