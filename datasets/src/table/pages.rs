//! Columns as pages of a Parquet file: plain values without compression, and names as a dictionary.
//!
//! polars writes tables of its own, but it is built for bookkeeping here, and for the lists of a data set it took three
//! quarters of a conversion's time. The loops over values are here instead; the file around the pages is still polars'.
//! Layouts after the Parquet format's `Encodings.md`.

use std::collections::HashMap;

use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{
    CompressedDataPage, CompressedDictPage, CompressedPage, DataPageHeader, DataPageHeaderV1,
};
use polars_parquet::write::Encoding;

use super::levels::{for_lists, for_values};
use crate::varint::push_varint;

/// The values of one column in a row group.
#[derive(Default)]
pub(super) struct Pages {
    /// Levels and values.
    data: Vec<u8>,
    /// Values, and one for every list without any.
    values: usize,
    /// The different names that the values stand for, and how many they are.
    names: Option<(Vec<u8>, usize)>,
}

impl Pages {
    /// Integers.
    pub(super) fn of_integers(values: impl ExactSizeIterator<Item = i64>) -> Self {
        let mut pages = Self::flat(values.len(), 8 * values.len());
        values.for_each(|value| pages.data.extend(value.to_le_bytes()));
        pages
    }

    /// Booleans, eight in a byte.
    pub(super) fn of_booleans(values: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut pages = Self::flat(values.len(), values.len() / 8 + 1);
        let mut bits = values.fuse();
        while let Some(first) = bits.next() {
            let rest = bits.by_ref().take(7).zip(1..).fold(0, |byte, (bit, at)| byte | u8::from(bit) << at);
            pages.data.push(u8::from(first) | rest);
        }
        pages
    }

    /// Texts of which most are different.
    pub(super) fn of_texts<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let mut pages = Self::flat(values.len(), 32 * values.len());
        values.for_each(|text| push_text(&mut pages.data, text));
        pages
    }

    /// Texts that occur again and again: told once, then by number, and a number that repeats by how often.
    pub(super) fn of_names<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let mut pages = Self::flat(values.len(), 64);
        let (mut names, mut numbers): (Vec<u8>, HashMap<&str, u32>) = (Vec::new(), HashMap::new());
        let mut runs: Vec<(&str, u64, u32)> = Vec::new();
        for name in values {
            match runs.last_mut() {
                Some((last, count, _)) if *last == name => *count += 1,
                _ => {
                    let next = numbers.len() as u32;
                    let number = *numbers.entry(name).or_insert(next);
                    if number == next {
                        push_text(&mut names, name);
                    }
                    runs.push((name, 1, number));
                }
            }
        }
        pages.data.push(32);
        for (_, count, number) in runs {
            push_varint(&mut pages.data, count << 1);
            pages.data.extend(number.to_le_bytes());
        }
        Self { names: Some((names, numbers.len())), ..pages }
    }

    /// Lists of texts.
    pub(super) fn of_text_lists<'a>(lists: impl ExactSizeIterator<Item = &'a [String]> + Clone) -> Self {
        let mut pages = Self::nested(lists.clone().map(<[String]>::len));
        lists.flatten().for_each(|text| push_text(&mut pages.data, text));
        pages
    }

    /// Lists of numbers: of `f64` or `i64`, whose bytes are as they are in memory.
    pub(super) fn of_number_lists<'a, T: bytemuck::Pod>(lists: impl ExactSizeIterator<Item = &'a [T]> + Clone) -> Self {
        const { assert!(cfg!(target_endian = "little") && size_of::<T>() == 8) };
        let mut pages = Self::nested(lists.clone().map(<[T]>::len));
        lists.for_each(|list| pages.data.extend_from_slice(bytemuck::cast_slice(list)));
        pages
    }

    fn flat(values: usize, room: usize) -> Self {
        let mut data = Vec::with_capacity(room + 16);
        for_values(&mut data, values);
        Self { data, values, names: None }
    }

    fn nested(lengths: impl Iterator<Item = usize> + Clone) -> Self {
        let mut data = Vec::new();
        let values = for_lists(&mut data, lengths);
        Self { data, values, names: None }
    }

    /// The pages of a row group of `rows` rows.
    pub(super) fn finish(self, rows: usize, column: &Descriptor) -> Vec<CompressedPage> {
        let encoding = if self.names.is_some() { Encoding::RleDictionary } else { Encoding::Plain };
        let header = DataPageHeader::V1(DataPageHeaderV1 {
            num_values: self.values as i32,
            encoding: encoding.into(),
            definition_level_encoding: Encoding::Rle.into(),
            repetition_level_encoding: Encoding::Rle.into(),
            statistics: None,
        });
        let (length, plain) = (self.data.len(), Compression::Uncompressed);
        let data = CowBuffer::Owned(self.data);
        let data = CompressedDataPage::new(header, data, plain, length, column.clone(), rows);
        let dictionary = self.names.map(|(names, count)| {
            let length = names.len();
            CompressedPage::Dict(CompressedDictPage::new(CowBuffer::Owned(names), plain, length, count, false))
        });
        dictionary.into_iter().chain([CompressedPage::Data(data)]).collect()
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}
