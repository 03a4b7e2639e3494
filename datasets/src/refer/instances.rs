//! `instances.json`: the pictures and annotated objects that references point into, in COCO's form.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use serde::Deserialize;

use super::defect::Defect;
use super::ids::ById;
use crate::lists::Lists;
use crate::sample::Picture;

/// RefCOCOg's file, with its polygons, has 350 MB.
const MAX_BYTES: u64 = 1 << 31;

/// The parts of the file that grounding needs; polygons, licences and links are skipped while reading.
#[derive(Debug)]
pub struct Instances {
    /// The file's digest, shortened: equal files list the same pictures.
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
#[derive(Debug)]
pub struct Index {
    /// Pictures by id, each with its objects in the order of the file.
    pub pictures: ById<Arc<Picture>>,
    /// Objects by id.
    pub annotations: ById<Annotation>,
}

impl Index {
    /// Indexes `instances`; where an id occurs twice, the first one counts and `defects` gets the other. Pictures that do
    /// not tell their identity are known by `collection` and their number.
    pub fn new(instances: Instances, collection: &str, defects: &mut Vec<Defect>) -> Self {
        let Instances { images, annotations, .. } = instances;
        let pictures = images.into_iter().map(|image| image.picture(collection)).collect();
        let again = |id| defects.push(Defect::DuplicateId { what: "image id", id });
        let mut pictures = ById::new(pictures, |picture: &Picture| picture.id, again);
        for object in &annotations {
            if let Some(picture) = pictures.get_mut(object.image_id).filter(|picture| object.fits(picture)) {
                picture.candidates.push(object.corners());
                picture.candidate_categories.push(object.category_id);
            }
        }
        let again = |id| defects.push(Defect::DuplicateId { what: "annotation id", id });
        let annotations = ById::new(annotations, |object| object.id, again);
        Self { pictures: pictures.map(Arc::new, |picture| picture.id), annotations }
    }
}

impl Image {
    fn picture(self, collection: &str) -> Picture {
        let Self { id, file_name: file, width, height, identity } = self;
        let identity = identity.unwrap_or_else(|| format!("{collection}/{id}"));
        Picture { id, file, identity, width, height, ..Picture::default() }
    }
}

/// What the lists of the file hold.
enum Part {
    Image(Image),
    Annotation(Annotation),
}

/// Reads `instances.json`.
///
/// # Errors
/// Where the file is missing or malformed; the message names the file and the entry.
pub fn read_instances(path: &Path) -> Result<Instances> {
    let parse = |key: &str, entry: &[u8]| match key {
        "images" => serde_json::from_slice(entry).map(Part::Image),
        _ => serde_json::from_slice(entry).map(Part::Annotation),
    };
    let lists = Lists { path, limit: MAX_BYTES, keys: &["images", "annotations"], parse };
    let (mut images, mut annotations, mut digest) = (Vec::new(), Vec::new(), blake3::Hasher::new());
    lists.read(&mut digest, |_, _, part| {
        match part {
            Part::Image(image) => images.push(image),
            Part::Annotation(annotation) => annotations.push(annotation),
        }
        Ok(())
    })?;
    Ok(Instances { digest: digest.finalize().to_hex()[..16].to_owned(), images, annotations })
}
