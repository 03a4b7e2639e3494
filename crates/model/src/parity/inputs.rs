//! The inputs of a case as a batch.

use serde::Deserialize;

use super::ParityError;
use super::tensors::Tensors;
use crate::batch::{Batch, ImageMeta, Targets};
use crate::config::ModelConfig;

/// An entry of `metas`.
#[derive(Deserialize)]
pub struct Meta {
    /// Height, width and channels of the valid part of the picture.
    img_shape: [usize; 3],
    scale_factor: [f64; 4],
    /// What is annotated, for data with several targets or none.
    pub target: Option<Vec<Annotation>>,
}

/// An annotated box; category -1 stands for "no target".
#[derive(Deserialize)]
pub struct Annotation {
    category_id: i64,
}

/// Puts the batch together and checks that the model can read it.
pub fn batch(config: &ModelConfig, metas: &[Meta], inputs: &Tensors) -> Result<Batch, ParityError> {
    let (encoder, samples) = (&config.encoder, metas.len());
    let side = encoder.img_size;
    if metas.iter().flat_map(|meta| &meta.img_shape[..2]).any(|&n| n == 0 || n > side) {
        return Err(inputs.damaged(format!("an img_shape of config.json does not lie within {side} pixels")));
    }
    if inputs.iter().any(|(_, tensor)| tensor.data.iter().any(|x| !x.is_finite())) {
        return Err(inputs.damaged("an element is not a finite number".into()));
    }
    let ids = inputs.get("ref_expr_inds")?;
    let words = ids.shape.get(1).copied().unwrap_or(0);
    if samples == 0 || words == 0 || words + 2 > encoder.max_source_positions {
        return Err(inputs.damaged(format!("{samples} samples of {words} tokens do not fit the model")));
    }
    if ids.data.iter().any(|&id| id < 0.0 || id >= encoder.vocab_size as f32) {
        return Err(inputs.damaged("a token lies outside the vocabulary".into()));
    }
    Ok(Batch {
        img: inputs.shaped("img", &[samples, 3, side, side])?.data.clone(),
        ids: inputs.shaped("ref_expr_inds", &[samples, words])?.data.iter().map(|&id| id as u32).collect(),
        padding: inputs.shaped("text_padding_mask", &[samples, words])?.data.iter().map(|&p| p as u8).collect(),
        metas: metas.iter().map(image).collect(),
        targets: targets(metas, inputs)?,
        ..Batch::default()
    })
}

fn image(meta: &Meta) -> ImageMeta {
    ImageMeta { img_shape: [meta.img_shape[0], meta.img_shape[1]], scale_factor: meta.scale_factor }
}

fn targets(metas: &[Meta], inputs: &Tensors) -> Result<Vec<Targets>, ParityError> {
    let counts = &inputs.shaped("gt_counts", &[metas.len()])?.data;
    let total = counts.iter().sum::<f32>() as usize;
    let boxes = &inputs.shaped("gt_boxes", &[total, 4])?.data;
    let mut boxes = boxes.as_chunks::<4>().0.iter().map(|b| b.map(f64::from));
    let mut all = Vec::new();
    for (meta, &count) in metas.iter().zip(counts) {
        let boxes: Vec<[f64; 4]> = boxes.by_ref().take(count as usize).collect();
        let is_object: Vec<bool> = match &meta.target {
            Some(annotations) => annotations.iter().map(|a| a.category_id != -1).collect(),
            None => vec![true; boxes.len()],
        };
        if is_object.len() != boxes.len() {
            return Err(inputs.damaged(format!("{} boxes for {} annotations", boxes.len(), is_object.len())));
        }
        all.push(Targets { boxes, is_object });
    }
    Ok(all)
}
