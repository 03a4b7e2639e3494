//! A reader of Python pickles that holds data and nothing else.
//!
//! REFER ships its annotations as pickles, which are programs: they may name any Python callable and have it run.
//! This reader knows the opcodes of numbers, strings, lists, tuples and dictionaries of protocols 0 to 5; any
//! other is an error that says where it stands. It is our own because the pickles that people pass around must
//! not be able to harm: `serde-pickle` copies what a `DUP` or a memo reference names, so that a file of a few
//! dozen bytes can ask for all memory, and nesting makes it overflow the stack. Here values live in one flat list
//! and point at each other by number: memory grows with the file, and nothing is walked recursively.

mod decode;
mod input;
mod machine;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::cell::Cell;

pub use decode::View;
pub use machine::{length, read};

/// Why a pickle was refused. Offsets are in bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The file stops before its STOP opcode.
    #[error("the pickle ends in the middle, at byte {at}: the file is cut short, fetch it again")]
    Ended {
        /// Length of the file.
        at: usize,
    },
    /// The pickle names something to import, build or call.
    #[error(
        "the pickle tries to call {callee} at byte {at}; an annotation file holds plain data only, and nothing \
         was run: do not trust this file"
    )]
    Call {
        /// Where the opcode stands.
        at: usize,
        /// The callable, or the name of the opcode.
        callee: String,
    },
    /// An opcode outside the subset, or no opcode at all.
    #[error("byte {at} holds 0x{code:02x}, which is no pickle opcode of plain data: is this a pickle file?")]
    Opcode {
        /// Where it stands.
        at: usize,
        /// The byte.
        code: u8,
    },
    /// An opcode whose operands do not fit.
    #[error("malformed pickle at byte {at}: {what}")]
    Malformed {
        /// Where the opcode stands.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The values are plain data but not those of an annotation file.
    #[error("{0}")]
    Content(String),
}

/// Position of a value in [`Tree::nodes`].
type Id = u32;

/// One Python value.
#[derive(Debug)]
enum Node<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    /// A list or a tuple.
    List(Vec<Id>),
    /// Keys and values in turn.
    Dict(Vec<Id>),
}

/// All values of a pickle; strings borrow from the file where they can.
#[derive(Debug)]
pub struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    root: Id,
    /// Values that may still be visited while decoding: shared values are visited once a reference, and a file
    /// may hold a million references to one long list.
    budget: Cell<usize>,
}

impl<'a> Tree<'a> {
    /// The value that the pickle stands for.
    pub fn root(&self) -> View<'_, 'a> {
        View::new(self, self.root)
    }
}
