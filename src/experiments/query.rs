//! `--filter` and `--sort`: words of the command line that speak of columns.

use std::{fmt, str::FromStr};

use anyhow::Result;
use polars::{
    lazy::dsl::max_horizontal,
    prelude::{DataFrame, DataType, Expr, col, lit},
};
use simvg_pipeline::did_you_mean;

use super::table::LINE;
use crate::exit_code::Usage;

/// A condition such as `acc>90`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    column: String,
    is: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Not,
    Equal,
    More,
    Less,
}

/// As written; a sign comes before those that it begins with.
const SIGNS: [(&str, Comparison); 7] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!=", Comparison::Not),
    ("==", Comparison::Equal),
    ("=", Comparison::Equal),
    (">", Comparison::More),
    ("<", Comparison::Less),
];

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = SIGNS.iter().filter_map(|(sign, is)| Some((text.find(sign)?, sign, *is)));
        let first = found.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        let (at, sign, is) = first.ok_or("expected COLUMN, one of > >= < <= = != and a value, such as acc>90")?;
        let (column, value) = (text[..at].trim(), text[at + sign.len()..].trim());
        if column.is_empty() || value.is_empty() {
            return Err("a column stands before the sign and a value behind it, as in acc>90".to_owned());
        }
        Ok(Self { column: column.to_owned(), is, value: value.to_owned() })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = SIGNS.iter().find(|(_, is)| *is == self.is).map_or("", |(sign, _)| sign);
        write!(out, "{}{sign}{}", self.column, self.value)
    }
}

impl Filter {
    /// The condition on the columns of `frame`.
    ///
    /// # Errors
    /// If no column is meant, or if numbers and text are compared.
    pub fn condition(&self, frame: &DataFrame) -> Result<Expr> {
        let (side, is_number) = column(frame, &self.column)?;
        let value = match self.value.parse::<f64>() {
            Ok(number) if is_number => lit(number),
            Err(_) if is_number => {
                return Err(Usage::new(format!("`{self}`: the column holds numbers, {} is none", self.value)).into());
            }
            _ => lit(self.value.clone()),
        };
        Ok(match self.is {
            Comparison::AtLeast => side.gt_eq(value),
            Comparison::AtMost => side.lt_eq(value),
            Comparison::Not => side.neq_missing(value),
            Comparison::Equal => side.eq(value),
            Comparison::More => side.gt(value),
            Comparison::Less => side.lt(value),
        })
    }
}

/// The column that `word` means, and whether it holds numbers: the one of that name, or the highest of all whose names
/// have all its parts, case aside.
///
/// # Errors
/// If there is none, or if several are meant that are not all numbers.
pub fn column(frame: &DataFrame, word: &str) -> Result<(Expr, bool)> {
    let is_number = |name: &str| frame.column(name).is_ok_and(|column| *column.dtype() == DataType::Float64);
    let names = frame.get_column_names().into_iter().map(|name| name.as_str()).filter(|name| *name != LINE);
    let names: Vec<&str> = names.collect();
    if names.contains(&word) {
        return Ok((col(word), is_number(word)));
    }
    let meant: Vec<&str> = names.iter().copied().filter(|name| has_parts(name, word)).collect();
    match meant.as_slice() {
        [] => {
            let parts = names.iter().flat_map(|name| name.split([' ', ':'])).filter(|part| !part.is_empty());
            let help = did_you_mean(word, parts).unwrap_or_default();
            Err(Usage::new(format!("there is no column `{word}`; {help}")).into())
        }
        [only] => Ok((col(*only), is_number(only))),
        several if several.iter().all(|name| is_number(name)) => {
            Ok((max_horizontal(several.iter().map(|name| col(*name)).collect::<Vec<_>>())?, true))
        }
        several => Err(Usage::new(format!("`{word}` fits several columns: {}", several.join(", "))).into()),
    }
}

/// Whether all words of `wanted` are in the name, case aside.
pub fn has_parts(name: &str, wanted: &str) -> bool {
    let name = name.to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_told_apart() {
        for text in ["acc>90", "acc>=90", "acc<=90", "acc<90", "acc!=90", "word=a b"] {
            let filter: Filter = text.parse().expect("a filter");
            assert_eq!(filter.to_string().replace("==", "="), text);
        }
        for text in ["acc", ">3", "acc>"] {
            assert!(text.parse::<Filter>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_word_stands_for_the_column_that_has_its_parts() {
        assert!(has_parts("eval: RefCOCO val Acc@0.5 decoder", "acc decoder"));
        assert!(!has_parts("eval: RefCOCO val Acc@0.5 token", "acc decoder"));
    }
}
