//! The pickle machine: a stack of values, marks on it, and a memo.

use std::borrow::Cow;
use std::cell::Cell;

use super::input::Input;
use super::{Id, Node, PickleError, Tree, text};

/// More values than any annotation file has (RefCOCO: about two million); at 32 bytes each, a gigabyte.
const MAX_NODES: usize = 1 << 25;

/// Reads a pickle.
///
/// # Errors
/// Where it is cut short, malformed, holds more than plain data, or is far larger than an annotation file.
pub fn read(bytes: &[u8]) -> Result<Tree<'_>, PickleError> {
    let mut machine = Machine::new(bytes);
    let root = machine.run()?;
    // Without sharing, no file makes more visits than it has bytes.
    Ok(Tree { nodes: machine.nodes, root, budget: Cell::new(bytes.len().saturating_mul(4)) })
}

/// Length of the pickle that `bytes` begins with, where several stand one after another.
///
/// # Errors
/// As [`read`].
pub fn length(bytes: &[u8]) -> Result<usize, PickleError> {
    let mut machine = Machine::new(bytes);
    machine.run()?;
    Ok(machine.input.at)
}

struct Machine<'a> {
    input: Input<'a>,
    /// Where the current opcode stands.
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    /// Python numbers the entries from zero on.
    memo: Vec<Option<Id>>,
}

type Step = Result<(), PickleError>;

impl<'a> Machine<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Input::new(bytes),
            at: 0,
            nodes: vec![Node::None, Node::Bool(false), Node::Bool(true)],
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<Id, PickleError> {
        loop {
            self.at = self.input.at;
            match self.input.byte()? {
                b'.' => return self.pop(),
                code => self.step(code)?,
            }
        }
    }

    fn step(&mut self, code: u8) -> Step {
        match code {
            0x80 => self.input.take(1).map(drop),
            0x95 => self.input.take(8).map(drop),
            b'(' | b'0' | b'1' | b'2' => self.arrange(code),
            b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j' => self.remember(code),
            b'N' => self.push_id(0),
            0x89 => self.push_id(1),
            0x88 => self.push_id(2),
            b'I' | b'L' | b'F' | b'G' | b'J' | b'K' | b'M' | 0x8a | 0x8b => self.number(code),
            b'S' | b'V' | b'C' | b'B' | 0x8e | b'U' | b'T' | 0x8c | b'X' | 0x8d => self.string(code),
            b')' | b']' | b't' | b'l' | 0x85..=0x87 => self.list(code),
            b'}' | b'd' => self.dict(code),
            b'a' | b'e' | b's' | b'u' => self.extend(code),
            _ => Err(self.refusal(code)),
        }
    }

    /// MARK, POP, POP_MARK and DUP.
    fn arrange(&mut self, code: u8) -> Step {
        match code {
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            _ => {
                let top = self.top()?;
                self.stack.push(top);
            }
        }
        Ok(())
    }

    /// PUT and GET in all their widths.
    fn remember(&mut self, code: u8) -> Step {
        let key: u64 = match code {
            b'p' | b'g' => self.input.decimal()?,
            b'q' | b'h' => self.input.unsigned(1)?,
            0x94 => self.memo.len() as u64,
            _ => self.input.unsigned(4)?,
        };
        // A file has fewer entries than bytes, which bounds the memory that a number can ask for.
        let place = usize::try_from(key).ok().filter(|&place| place < self.input.len());
        let place = place.ok_or_else(|| self.malformed("a memo number out of range"))?;
        if matches!(code, b'g' | b'h' | b'j') {
            let id = self.memo.get(place).copied().flatten();
            return self.push_id(id.ok_or_else(|| self.malformed("a memo entry that was never made"))?);
        }
        let top = self.top()?;
        self.memo.resize(self.memo.len().max(place + 1), None);
        self.memo[place] = Some(top);
        Ok(())
    }

    fn number(&mut self, code: u8) -> Step {
        let node = match code {
            b'I' => return self.decimal_or_bool(),
            b'F' => Node::Float(self.input.decimal()?),
            b'G' => Node::Float(f64::from_be_bytes(self.input.array()?)),
            b'L' => Node::Int(self.input.decimal()?),
            b'J' => Node::Int(i32::from_le_bytes(self.input.array()?).into()),
            b'K' => Node::Int(self.input.byte()?.into()),
            b'M' => Node::Int(u16::from_le_bytes(self.input.array()?).into()),
            0x8a => Node::Int(self.input.long(1)?),
            _ => Node::Int(self.input.long(4)?),
        };
        self.push(node)
    }

    /// INT, which protocol 1 also writes `True` and `False` with, as 01 and 00.
    fn decimal_or_bool(&mut self) -> Step {
        let start = self.input.at;
        match self.input.line()? {
            b"00" => self.push_id(1),
            b"01" => self.push_id(2),
            _ => {
                self.input.at = start;
                let number = self.input.decimal()?;
                self.push(Node::Int(number))
            }
        }
    }

    fn string(&mut self, code: u8) -> Step {
        let text: Option<Cow<'a, str>> = match code {
            b'S' => text::of_quoted(self.input.line()?),
            b'V' => text::of_unicode_line(self.input.line()?),
            b'C' | b'U' | 0x8c => Some(text::of_bytes(self.input.counted(1)?)),
            b'B' | b'T' | b'X' => Some(text::of_bytes(self.input.counted(4)?)),
            _ => Some(text::of_bytes(self.input.counted(8)?)),
        };
        let text = text.ok_or_else(|| self.malformed("a string with a bad quote or escape"))?;
        self.push(Node::Text(text))
    }

    /// Lists and tuples, which are one to the reader.
    fn list(&mut self, code: u8) -> Step {
        let items = match code {
            b')' | b']' => Vec::new(),
            b't' | b'l' => self.pop_mark()?,
            _ => self.pop_many(usize::from(code - 0x84))?,
        };
        self.push(Node::List(items))
    }

    fn dict(&mut self, code: u8) -> Step {
        let entries = if code == b'd' { self.pop_mark()? } else { Vec::new() };
        self.check_pairs(&entries)?;
        self.push(Node::Dict(entries))
    }

    /// APPEND, APPENDS, SETITEM and SETITEMS.
    fn extend(&mut self, code: u8) -> Step {
        let added = match code {
            b'a' => self.pop_many(1)?,
            b's' => self.pop_many(2)?,
            _ => self.pop_mark()?,
        };
        let is_dict = matches!(code, b's' | b'u');
        if is_dict {
            self.check_pairs(&added)?;
        }
        let top = self.top()?;
        match (&mut self.nodes[top as usize], is_dict) {
            (Node::List(items), false) | (Node::Dict(items), true) => items.extend(added),
            _ => return Err(self.malformed("an item is added to what is no list or dictionary")),
        }
        Ok(())
    }

    fn check_pairs(&self, entries: &[Id]) -> Step {
        if entries.len().is_multiple_of(2) { Ok(()) } else { Err(self.malformed("a dictionary key without a value")) }
    }

    fn push(&mut self, node: Node<'a>) -> Step {
        if self.nodes.len() >= MAX_NODES {
            return Err(self.malformed("more values than an annotation file can have"));
        }
        self.nodes.push(node);
        self.push_id((self.nodes.len() - 1) as Id)
    }

    fn push_id(&mut self, id: Id) -> Step {
        self.stack.push(id);
        Ok(())
    }

    /// The lowest stack position that operands may be taken from: the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, PickleError> {
        let start = self.stack.len().checked_sub(count).filter(|&start| start >= self.floor());
        Ok(self.stack.split_off(start.ok_or_else(|| self.malformed("too few values on the stack"))?))
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        Ok(self.pop_many(1)?[0])
    }

    fn top(&self) -> Result<Id, PickleError> {
        let above = &self.stack[self.floor()..];
        above.last().copied().ok_or_else(|| self.malformed("too few values on the stack"))
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| self.malformed("no mark on the stack"))?;
        Ok(self.stack.split_off(mark))
    }

    fn malformed(&self, what: &'static str) -> PickleError {
        PickleError::Malformed { at: self.at, what }
    }

    /// The error for an opcode outside the subset, which names the callable where there is one.
    fn refusal(&mut self, code: u8) -> PickleError {
        let at = self.at;
        let callee = match code {
            b'c' | b'i' => match (self.input.line(), self.input.line()) {
                (Ok(module), Ok(name)) => format!("`{}.{}`", text::of_bytes(module), text::of_bytes(name)),
                _ => return PickleError::Ended { at },
            },
            0x93 => self.stack_callee(),
            b'R' | b'o' | b'b' | 0x81 | 0x92 => "a Python object".to_owned(),
            b'P' | b'Q' | 0x82..=0x84 => "a registered Python object".to_owned(),
            _ => return PickleError::Opcode { at, code },
        };
        PickleError::Call { at, callee }
    }

    /// Module and name of a STACK_GLOBAL, which stand on the stack.
    fn stack_callee(&self) -> String {
        let texts: Vec<&str> = self.stack.iter().rev().take(2).filter_map(|&id| self.text(id)).collect();
        match texts[..] {
            [name, module] => format!("`{module}.{name}`"),
            _ => "a Python object".to_owned(),
        }
    }

    fn text(&self, id: Id) -> Option<&str> {
        match &self.nodes[id as usize] {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }
}
