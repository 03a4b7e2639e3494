//! Puts data sets together for training, without letting a picture that is evaluated on be trained on.
//!
//! RefCOCO, RefCOCO+ and RefCOCOg speak of the same COCO pictures but split them differently: what one trains on,
//! another tests on. So a training record goes where its picture is in a validation or test split of any input.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::sample::{Dataset, Record};

/// The outcome of merging.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// All evaluation records and the training records that are left, input after input.
    pub dataset: Dataset,
    /// Training records that were removed because an evaluation split has their picture.
    pub removed: usize,
    /// Different pictures of the removed records.
    pub removed_images: usize,
}

/// Merges data sets. Records of input `i` have `i * 2^32` added to their ids, which keeps ids unique.
///
/// # Errors
/// Where there is no input, or an id does not fit into 32 bits.
pub fn merge(inputs: &[Dataset]) -> Result<Merged> {
    ensure!(!inputs.is_empty(), "there is nothing to merge");
    let image_root = common_root(inputs);
    let held_out: HashSet<&str> = evaluation_pictures(inputs).collect();
    let (mut records, mut removed, mut removed_pictures) = (Vec::new(), 0, HashSet::new());
    for (input, dataset) in inputs.iter().enumerate() {
        for record in &dataset.records {
            if record.split == "train" && held_out.contains(record.picture.as_str()) {
                removed += 1;
                removed_pictures.insert(&record.picture);
            } else {
                records.push(moved(record, input, dataset, image_root)?);
            }
        }
    }
    let dataset = Dataset { image_root: image_root.to_owned(), records };
    Ok(Merged { dataset, removed, removed_images: removed_pictures.len() })
}

fn evaluation_pictures(inputs: &[Dataset]) -> impl Iterator<Item = &str> {
    let records = inputs.iter().flat_map(|dataset| &dataset.records);
    records.filter(|record| record.split != "train").map(|record| record.picture.as_str())
}

/// The root that all inputs share, or none.
fn common_root(inputs: &[Dataset]) -> &str {
    let first = &inputs[0].image_root;
    if inputs.iter().all(|dataset| dataset.image_root == *first) { first } else { "" }
}

/// The record as it stands in the merged set: its id in the input's range, its path complete where roots differ.
fn moved(record: &Record, input: usize, dataset: &Dataset, root: &str) -> Result<Record> {
    let id = u32::try_from(record.id);
    ensure!(id.is_ok(), "record id {} of {} does not fit into 32 bits", record.id, record.dataset);
    let image = if dataset.image_root == root {
        record.image.clone()
    } else {
        Path::new(&dataset.image_root).join(&record.image).to_string_lossy().into_owned()
    };
    Ok(Record { id: record.id + ((input as i64) << 32), image, ..record.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::record;

    fn dataset(root: &str, records: Vec<Record>) -> Dataset {
        Dataset { image_root: root.into(), records }
    }

    #[test]
    fn pictures_of_any_evaluation_split_leave_training() {
        let one = dataset("coco", vec![record(1, "train"), record(2, "train"), record(3, "val")]);
        let two = dataset("coco", vec![record(2, "testA"), record(3, "train"), record(4, "train")]);
        let merged = merge(&[one, two]).unwrap();
        let kept: Vec<_> = merged.dataset.records.iter().map(|r| (r.image_id, r.split.as_str())).collect();
        assert_eq!(kept, [(1, "train"), (3, "val"), (2, "testA"), (4, "train")]);
        assert_eq!((merged.removed, merged.removed_images), (2, 2));
    }

    #[test]
    fn the_same_number_in_another_collection_is_another_picture() {
        let other = Record { picture: "flickr/1".into(), ..record(1, "test") };
        let merged = merge(&[dataset("a", vec![record(1, "train")]), dataset("a", vec![other])]).unwrap();
        assert_eq!(merged.removed, 0);
    }

    #[test]
    fn ids_stay_unique_and_paths_stay_right() {
        let inputs = [dataset("a", vec![record(1, "train")]), dataset("/b", vec![record(1, "train")])];
        let merged = merge(&inputs).unwrap().dataset;
        assert_ne!(merged.records[0].id, merged.records[1].id);
        let paths: Vec<_> = merged.records.iter().map(|record| merged.image_path(record)).collect();
        assert_eq!(paths, [Path::new("a/1.jpg"), Path::new("/b/1.jpg")]);
    }

    #[test]
    fn one_input_stays_as_it_is() {
        let input = dataset("a", vec![record(1, "train"), record(2, "val")]);
        assert_eq!(merge(std::slice::from_ref(&input)).unwrap().dataset, input);
        assert!(merge(&[]).is_err());
    }
}
