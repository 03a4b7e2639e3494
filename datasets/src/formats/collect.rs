//! Puts together what a reader finds: pictures once each, objects once each, references in order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use foldhash::fast::RandomState;

use crate::refer::ids::IdMap;
use crate::refer::instances::{Annotation, Image};
use crate::refer::raw::{RawRef, RawSentence};
use crate::refer::{Instances, Refer, read_bounded};

/// The mixed files of SimVG, with masks, are the largest that are handed around.
const MAX_BYTES: u64 = 1 << 31;

/// References, pictures and objects found so far.
#[derive(Default)]
pub(super) struct Collector {
    refs: Vec<RawRef>,
    images: Vec<Image>,
    places: IdMap<usize>,
    annotations: Vec<Annotation>,
    objects: HashMap<(i64, [u64; 4]), i64, RandomState>,
    sentences: i64,
    hasher: blake3::Hasher,
}

impl Collector {
    /// Reads a whole annotation file, which becomes part of the digest. A mark of byte order at its start is left out.
    pub(super) fn file(&mut self, path: &Path) -> Result<Vec<u8>> {
        let mut bytes = read_bounded(path, MAX_BYTES)?;
        self.hasher.update(&bytes);
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(bytes)
    }

    /// A picture; the same number must always mean the same file.
    pub(super) fn picture(&mut self, image: Image) -> Result<()> {
        match self.places.entry(image.id) {
            Entry::Vacant(place) => {
                place.insert(self.images.len());
                self.images.push(image);
            }
            Entry::Occupied(place) => {
                let known = &self.images[*place.get()];
                let (id, name, other) = (image.id, &image.file_name, &known.file_name);
                ensure!(name == other, "picture number {id} is `{other}` in one place and `{name}` in another");
                let (size, other) = ((image.width, image.height), (known.width, known.height));
                ensure!(size == other, "picture `{name}` has the size {other:?} in one place and {size:?} in another");
            }
        }
        Ok(())
    }

    /// The number of a picture that has none but a name, in order of appearance.
    pub(super) fn named_picture(&mut self, numbers: &mut HashMap<String, i64>, name: &str) -> i64 {
        let next = numbers.len() as i64 + 1;
        *numbers.entry(name.to_owned()).or_insert(next)
    }

    /// An object of a picture, `[x, y, width, height]` in pixels; the same box in the same picture is one object.
    pub(super) fn object(&mut self, image_id: i64, category_id: i64, bbox: [f64; 4]) -> i64 {
        let next = self.annotations.len() as i64 + 1;
        let id = *self.objects.entry((image_id, bbox.map(f64::to_bits))).or_insert(next);
        if id == next {
            self.annotations.push(Annotation { id, image_id, category_id, bbox });
        }
        id
    }

    /// All objects of a picture, which the caller told apart; gives the number of the first, and the others follow it.
    pub(super) fn own_objects(&mut self, image_id: i64, boxes: Vec<[f64; 4]>) -> i64 {
        let first = self.annotations.len() as i64 + 1;
        let object = |(bbox, id)| Annotation { id, image_id, category_id: 0, bbox };
        self.annotations.extend(boxes.into_iter().zip(first..).map(object));
        first
    }

    /// Expressions that all mean `objects`, numbered in the order of the files.
    pub(super) fn reference(
        &mut self,
        image_id: i64,
        objects: Vec<i64>,
        split: &str,
        texts: impl IntoIterator<Item = String>,
    ) {
        self.reference_to(image_id, objects, false, split, texts);
    }

    /// As [`Collector::reference`]; `any_box` where any one of the objects is a right answer.
    pub(super) fn reference_to(
        &mut self,
        image_id: i64,
        objects: Vec<i64>,
        any_box: bool,
        split: &str,
        texts: impl IntoIterator<Item = String>,
    ) {
        let number = |text: String| {
            self.sentences += 1;
            RawSentence { sent_id: self.sentences, sent: text }
        };
        let sentences = texts.into_iter().map(number).collect();
        let ref_id = self.refs.len() as i64 + 1;
        let no_target = objects.is_empty();
        let split = split.to_owned();
        self.numbered(RawRef { ref_id, ann_id: objects, image_id, split, sentences, no_target, any_box });
    }

    /// A reference with the numbers that its file gives.
    pub(super) fn numbered(&mut self, reference: RawRef) {
        self.refs.push(reference);
    }

    /// Everything found, told as coming from `file`.
    pub(super) fn finish(self, file: PathBuf) -> Result<Refer> {
        if self.refs.is_empty() {
            bail!("{}: there is no expression in it", file.display());
        }
        let digest = self.hasher.finalize().to_hex()[..16].to_owned();
        let instances = Instances { digest, images: self.images, annotations: self.annotations };
        Ok(Refer { refs_file: file, refs: self.refs, instances, lists_splits: true })
    }
}

/// The number at the end of a picture's file name, as in `COCO_train2014_000000581857.jpg`.
pub(super) fn number_of(file_name: &str) -> Result<i64> {
    let stem = Path::new(file_name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let start = stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = stem[start..].parse().ok();
    number.with_context(|| format!("the picture name `{file_name}` does not end in a number"))
}

/// `[x, y, width, height]` of the corners `[x0, y0, x1, y1]`.
pub(super) fn from_corners([x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
    [x0, y0, x1 - x0, y1 - y0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: i64, name: &str) -> Image {
        Image { id, file_name: name.into(), width: 4, height: 3, identity: None }
    }

    #[test]
    fn equal_things_are_one_thing() {
        let mut found = Collector::default();
        found.picture(image(1, "1.jpg")).unwrap();
        found.picture(image(1, "1.jpg")).unwrap();
        assert_eq!(found.object(1, 0, [0.0, 0.0, 1.0, 1.0]), found.object(1, 0, [0.0, 0.0, 1.0, 1.0]));
        assert_ne!(found.object(1, 0, [0.0, 0.0, 1.0, 2.0]), found.object(2, 0, [0.0, 0.0, 1.0, 1.0]));
        assert!(found.picture(image(1, "2.jpg")).unwrap_err().to_string().contains("`1.jpg` in one place"));
        assert!(found.picture(Image { width: 5, ..image(1, "1.jpg") }).is_err());
        assert!(found.finish("x".into()).unwrap_err().to_string().contains("no expression"));
    }

    #[test]
    fn numbers_are_taken_from_the_end_of_names() {
        assert_eq!(number_of("COCO_train2014_000000581857.jpg").unwrap(), 581857);
        assert_eq!(number_of("a/12/7023.jpg").unwrap(), 7023);
        for wrong in ["a.jpg", "", "99999999999999999999.jpg", "1x.jpg"] {
            assert!(number_of(wrong).is_err(), "{wrong}");
        }
    }
}
