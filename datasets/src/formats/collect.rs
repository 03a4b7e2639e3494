//! Puts together what a reader finds: pictures once each, objects once each, references in order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::lists::Lists;
use crate::refer::ids::IdMap;
use crate::refer::instances::{Annotation, Image};
use crate::refer::{Head, Instances, Refer, Refs, Shift, read_bounded};

/// The mixed files of SimVG, with masks, are the largest that are handed around.
const MAX_BYTES: u64 = 1 << 31;

/// References, pictures and objects found so far.
#[derive(Default)]
pub(super) struct Collector {
    refs: Refs,
    images: Vec<Image>,
    places: IdMap<u32>,
    annotations: Vec<Annotation>,
    /// Places of objects by picture and box.
    objects: HashTable<u32>,
    hash: RandomState,
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

    /// Hands over the entries of the lists in a JSON file, which becomes part of the digest.
    pub(super) fn lists<T: Send>(
        &mut self,
        path: &Path,
        keys: &[&str],
        parse: impl Fn(&str, &[u8]) -> serde_json::Result<T> + Sync,
        mut take: impl FnMut(&mut Self, &str, T) -> Result<()>,
    ) -> Result<()> {
        let mut hasher = std::mem::take(&mut self.hasher);
        let lists = Lists { path, limit: MAX_BYTES, keys, parse };
        let read = lists.read(&mut hasher, |key, _, entry| take(self, key, entry));
        self.hasher = hasher;
        read
    }

    /// A picture; the same number must always mean the same file.
    pub(super) fn picture(&mut self, image: Image) -> Result<()> {
        match self.places.entry(image.id) {
            Entry::Vacant(place) => {
                place.insert(self.images.len() as u32);
                self.images.push(image);
            }
            Entry::Occupied(place) => {
                let known = &self.images[*place.get() as usize];
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
        let key = |object: &Annotation| (object.image_id, object.bbox.map(f64::to_bits));
        let id = self.annotations.len() as i64 + 1;
        let new = Annotation { id, image_id, category_id, bbox };
        let (all, hash) = (&self.annotations, &self.hash);
        let known = self.objects.entry(
            hash.hash_one(key(&new)),
            |&place| key(&all[place as usize]) == key(&new),
            |&place| hash.hash_one(key(&all[place as usize])),
        );
        if let hashbrown::hash_table::Entry::Occupied(known) = known {
            return i64::from(*known.get()) + 1;
        }
        known.insert(self.annotations.len() as u32);
        self.annotations.push(new);
        id
    }

    /// The number of the next object of [`Collector::own_object`].
    pub(super) fn next_object(&self) -> i64 {
        self.annotations.len() as i64 + 1
    }

    /// An object that the caller told apart from all others.
    pub(super) fn own_object(&mut self, image_id: i64, bbox: [f64; 4]) {
        self.annotations.push(Annotation { id: self.next_object(), image_id, category_id: 0, bbox });
    }

    /// Expressions that all mean `objects`, numbered in the order of the files.
    pub(super) fn reference<T: AsRef<str>>(
        &mut self,
        image_id: i64,
        objects: &[i64],
        split: &str,
        texts: impl IntoIterator<Item = T>,
    ) {
        self.reference_to(image_id, objects, false, split, texts);
    }

    /// As [`Collector::reference`]; `any_box` where any one of the objects is a right answer.
    pub(super) fn reference_to<T: AsRef<str>>(
        &mut self,
        image_id: i64,
        targets: &[i64],
        any_box: bool,
        split: &str,
        texts: impl IntoIterator<Item = T>,
    ) {
        let ref_id = self.refs.len() as i64 + 1;
        let first = self.refs.sentence_count() as i64 + 1;
        self.refs.push(Head { ref_id, image_id, targets, any_box, split }, (first..).zip(texts));
    }

    /// A reference with the numbers that its file gives.
    pub(super) fn numbered(&mut self, head: Head, sentences: Vec<(i64, String)>) {
        self.refs.push(head, sentences);
    }

    /// Takes over what `others` found with [`Collector::picture`], [`Collector::own_object`] and
    /// [`Collector::reference_to`], as if it had been found here.
    pub(super) fn append_all(&mut self, others: Vec<Self>) -> Result<()> {
        others.into_iter().try_for_each(|other| self.append(other))
    }

    fn append(&mut self, other: Self) -> Result<()> {
        let (objects, ref_id) = (self.annotations.len() as i64, self.refs.len() as i64);
        self.refs.append(&other.refs, Shift { ref_id, sent_id: self.refs.sentence_count() as i64, target: objects });
        self.annotations
            .extend(other.annotations.into_iter().map(|object| Annotation { id: object.id + objects, ..object }));
        other.images.into_iter().try_for_each(|image| self.picture(image))
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
