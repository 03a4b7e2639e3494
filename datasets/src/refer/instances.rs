//! `instances.json`: the pictures and annotated objects that references point into, in COCO's form.

use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::defect::Defect;
use super::ids::IdMap;
use super::read_bounded;
use crate::sample::Picture;

/// RefCOCOg's file, with its polygons, has 350 MB.
const MAX_BYTES: u64 = 1 << 31;

/// The parts of the file that grounding needs; polygons, licences and links are skipped while reading.
#[derive(Debug, Deserialize)]
pub struct Instances {
    /// The file's digest, shortened: equal files list the same pictures.
    #[serde(skip)]
    pub digest: String,
    /// All pictures.
    pub images: Vec<Image>,
    /// All annotated objects.
    pub annotations: Vec<Annotation>,
}

/// One picture.
#[derive(Clone, Debug, Deserialize)]
pub struct Image {
    /// Number of the picture.
    pub id: i64,
    /// File name, relative to the picture folder.
    pub file_name: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Identity of the picture across data sets where the file tells it for each picture; the data set's collection
    /// and `id` say it elsewhere.
    #[serde(skip)]
    pub identity: Option<String>,
}

/// One annotated object.
#[derive(Clone, Debug, Deserialize)]
pub struct Annotation {
    /// Number of the object.
    pub id: i64,
    /// Its picture.
    pub image_id: i64,
    /// Its category; 0 where the file has none.
    #[serde(default)]
    pub category_id: i64,
    /// `[x, y, width, height]` in pixels.
    pub bbox: [f64; 4],
}

/// Pixels by which a box may stick out of its picture: COCO's own boxes are rounded to hundredths.
const SLACK: f64 = 1.0;

impl Annotation {
    /// The box as `[x0, y0, x1, y1]`.
    pub fn corners(&self) -> [f64; 4] {
        let [x, y, w, h] = self.bbox;
        [x, y, x + w, y + h]
    }

    /// Whether the box has an area and lies inside `picture`.
    pub fn fits(&self, picture: &Picture) -> bool {
        let [x0, y0, x1, y1] = self.corners();
        let inside = |low: f64, high: f64, size: u32| {
            low < high && low >= -SLACK && high <= f64::from(size) + SLACK && high > 0.0 && low < f64::from(size)
        };
        inside(x0, x1, picture.width) && inside(y0, y1, picture.height)
    }
}

/// Pictures and objects by number.
pub struct Index {
    /// Pictures by id, each with its objects in the order of the file.
    pub pictures: IdMap<Arc<Picture>>,
    /// Objects by id.
    pub annotations: IdMap<Annotation>,
}

impl Index {
    /// Indexes `instances`; where an id occurs twice, the first one counts and `defects` gets the other. Pictures that do
    /// not tell their identity are known by `collection` and their number.
    pub fn new(instances: Instances, collection: &str, defects: &mut Vec<Defect>) -> Self {
        let mut pictures = IdMap::with_capacity_and_hasher(instances.images.len(), Default::default());
        for image in instances.images {
            match pictures.entry(image.id) {
                Entry::Vacant(place) => {
                    place.insert(image.picture(collection));
                }
                Entry::Occupied(_) => defects.push(Defect::DuplicateId { what: "image id", id: image.id }),
            }
        }
        let mut annotations = IdMap::with_capacity_and_hasher(instances.annotations.len(), Default::default());
        for annotation in instances.annotations {
            if let Some(picture) = pictures.get_mut(&annotation.image_id).filter(|picture| annotation.fits(picture)) {
                picture.candidates.push(annotation.corners());
                picture.candidate_categories.push(annotation.category_id);
            }
            match annotations.entry(annotation.id) {
                Entry::Vacant(place) => {
                    place.insert(annotation);
                }
                Entry::Occupied(_) => defects.push(Defect::DuplicateId { what: "annotation id", id: annotation.id }),
            }
        }
        Self { pictures: pictures.into_iter().map(|(id, picture)| (id, Arc::new(picture))).collect(), annotations }
    }
}

impl Image {
    fn picture(self, collection: &str) -> Picture {
        let Self { id, file_name: file, width, height, identity } = self;
        let identity = identity.unwrap_or_else(|| format!("{collection}/{id}"));
        Picture { id, file, identity, width, height, ..Picture::default() }
    }
}

/// Reads `instances.json`.
///
/// # Errors
/// Where the file is missing or malformed; the message names the file, line and column.
pub fn read_instances(path: &Path) -> Result<Instances> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let (read, digest) = rayon::join(|| serde_json::from_slice::<Instances>(text), || blake3::hash(&bytes));
    let read = read.with_context(|| format!("in {}", path.display()))?;
    Ok(Instances { digest: digest.to_hex()[..16].to_owned(), ..read })
}
