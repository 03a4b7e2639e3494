//! One's own data: the two forms that `datasets/OWN_DATA.md` describes.

pub(super) mod csv;
pub(super) mod lines;

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};

use super::USUAL_SPLITS;
use super::collect::Collector;
use crate::refer::instances::Image;

/// One record of either form.
struct Own {
    image: String,
    size: Option<(u32, u32)>,
    expressions: Vec<String>,
    /// `[x, y, width, height]` each; none is "no target".
    boxes: Vec<[f64; 4]>,
    split: Option<String>,
}

/// The records of all files so far.
#[derive(Default)]
struct Records {
    found: Collector,
    numbers: HashMap<String, i64>,
}

impl Records {
    /// Adds a record of a file that is of `split`, unless the record says otherwise.
    fn add(&mut self, record: Own, split: Option<&str>) -> Result<()> {
        let split = record.split.as_deref().or(split);
        let split =
            split.with_context(|| format!("no `split`, and the file's name does not end in one ({})", splits()))?;
        ensure!(USUAL_SPLITS.contains(&split), "the split is `{split}`, it must be one of {}", splits());
        for [x, y, width, height] in &record.boxes {
            let sound = [x, y, width, height].iter().all(|v| v.is_finite()) && *width > 0.0 && *height > 0.0;
            ensure!(sound, "the box [{x}, {y}, {width}, {height}] must be finite, with a positive width and height");
        }
        ensure!(!record.expressions.is_empty(), "`expressions` is empty");
        let id = self.found.named_picture(&mut self.numbers, &record.image);
        let (width, height) = record.size.unwrap_or_default();
        self.found.picture(Image { id, file_name: record.image, width, height, identity: None })?;
        let objects: Vec<i64> = record.boxes.into_iter().map(|bbox| self.found.object(id, 0, bbox)).collect();
        self.found.reference(id, &objects, split, record.expressions);
        Ok(())
    }
}

fn splits() -> String {
    USUAL_SPLITS.join(", ")
}

/// Width and height, both or neither.
fn both(width: Option<u32>, height: Option<u32>) -> Result<Option<(u32, u32)>> {
    ensure!(width.is_some() == height.is_some(), "the picture's width and height must be given together");
    let size = width.zip(height);
    ensure!(size.is_none_or(|(w, h)| w > 0 && h > 0), "the picture's width and height must be positive");
    Ok(size)
}
