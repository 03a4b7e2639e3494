//! From the loader's plain buffers to the model's batch.

use simvg_datasets::loader::LoadedBatch;
use simvg_model::batch::{Batch, ImageMeta, Object, Targets};

/// The batch as the model takes it, without padding that nobody reads. A sample without target keeps one empty box that is marked as no object.
pub fn to_model(loaded: LoadedBatch) -> Batch {
    let metas = loaded.metas.iter().map(|m| ImageMeta { img_shape: m.img_shape, scale_factor: m.scale_factor });
    let metas = metas.collect();
    let targets = loaded.boxes.into_iter().map(targets).collect();
    let objects = loaded.objects.into_iter().map(|all| all.into_iter().map(object).collect()).collect();
    let LoadedBatch { img, pictures, ids, padding, .. } = loaded;
    let mut batch = Batch { img, pictures, ids, padding, metas, targets, objects };
    batch.trim();
    batch
}

fn targets(boxes: Vec<[f64; 4]>) -> Targets {
    if boxes.is_empty() {
        return Targets { boxes: vec![[0.0; 4]], is_object: vec![false] };
    }
    Targets { is_object: vec![true; boxes.len()], boxes }
}

/// A category that no model has room for is the highest number: it is never learned.
fn object((bbox, category): ([f64; 4], i64)) -> Object {
    Object { bbox, category: usize::try_from(category).unwrap_or(usize::MAX) }
}
