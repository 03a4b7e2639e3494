//! `instances.json`: the pictures and annotated objects that references point into, in COCO's form.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::read_bounded;

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

    /// Whether the box has an area and lies inside `image`.
    pub fn fits(&self, image: &Image) -> bool {
        let [x0, y0, x1, y1] = self.corners();
        let inside = |low: f64, high: f64, size: u32| {
            low < high && low >= -SLACK && high <= f64::from(size) + SLACK && high > 0.0 && low < f64::from(size)
        };
        inside(x0, x1, image.width) && inside(y0, y1, image.height)
    }
}

/// Pictures and objects by number.
pub struct Index<'a> {
    /// Pictures by id.
    pub images: HashMap<i64, &'a Image>,
    /// Objects by id.
    pub annotations: HashMap<i64, &'a Annotation>,
    /// Objects by picture, in the order of the file.
    pub of_image: HashMap<i64, Vec<&'a Annotation>>,
}

impl<'a> Index<'a> {
    /// Indexes `instances`; where an id occurs twice, the first one counts.
    pub fn new(instances: &'a Instances) -> Self {
        let mut index = Self { images: HashMap::new(), annotations: HashMap::new(), of_image: HashMap::new() };
        for image in &instances.images {
            index.images.entry(image.id).or_insert(image);
        }
        for annotation in &instances.annotations {
            index.annotations.entry(annotation.id).or_insert(annotation);
            index.of_image.entry(annotation.image_id).or_default().push(annotation);
        }
        index
    }
}

/// Reads `instances.json`.
///
/// # Errors
/// Where the file is missing or malformed; the message names the file, line and column.
pub fn read_instances(path: &Path) -> Result<Instances> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let read: Instances = serde_json::from_slice(text).with_context(|| format!("in {}", path.display()))?;
    let digest = blake3::hash(&bytes).to_hex()[..16].to_owned();
    Ok(Instances { digest, ..read })
}
