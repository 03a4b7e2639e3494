//! A batch as plain buffers, before any model type.

use super::sample::Sample;
use crate::text::Tokenizer;

/// How a picture came to its input square.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleMeta {
    /// Height and width of the valid part of the square, in pixels.
    pub img_shape: [usize; 2],
    /// Factors (x, y, x, y) from the pixels of the picture that was resized (after jitter, if any) to input
    /// pixels.
    pub scale_factor: [f64; 4],
}

/// A batch of B samples of P pictures. Shapes: S side of a picture, L text tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedBatch {
    /// Normalised pictures `[P, 3, S, S]`, RGB.
    pub img: Vec<f32>,
    /// Which of them each sample shows.
    pub pictures: Vec<usize>,
    /// Token ids `[B, L]`.
    pub ids: Vec<u32>,
    /// 1 where a token is padding, `[B, L]`.
    pub padding: Vec<u8>,
    /// One entry a sample.
    pub metas: Vec<SampleMeta>,
    /// Target boxes of each sample, x0 y0 x1 y1 in input pixels; none where nothing is meant.
    pub boxes: Vec<Vec<[f64; 4]>>,
    /// All annotated objects of each picture, in input pixels, with their categories; empty with jitter.
    pub objects: Vec<Vec<([f64; 4], i64)>>,
    /// Index of each sample's record in the data set.
    pub records: Vec<usize>,
}

impl LoadedBatch {
    /// Number of samples B.
    pub fn len(&self) -> usize {
        self.metas.len()
    }

    /// True if it holds no sample.
    pub fn is_empty(&self) -> bool {
        self.metas.is_empty()
    }

    /// Tokens per text L, padding included.
    pub fn text_len(&self) -> usize {
        self.ids.len().checked_div(self.len()).unwrap_or(0)
    }

    /// A batch that has room for pictures and nothing else yet.
    pub(super) fn with_pixels(img: Vec<f32>) -> Self {
        Self {
            img,
            pictures: Vec::new(),
            ids: Vec::new(),
            padding: Vec::new(),
            metas: Vec::new(),
            boxes: Vec::new(),
            objects: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Appends the texts of `samples`, cut or padded to `length` tokens, and everything else but their pictures.
    pub(super) fn fill(&mut self, samples: Vec<Sample>, length: usize) {
        for sample in samples {
            let kept = sample.text.length().min(length);
            self.ids.extend(&sample.text.ids[..kept]);
            self.padding.extend(std::iter::repeat_n(0, kept));
            self.ids.extend(std::iter::repeat_n(Tokenizer::PAD, length - kept));
            self.padding.extend(std::iter::repeat_n(1, length - kept));
            self.metas.push(sample.meta);
            self.boxes.push(sample.boxes);
            self.objects.push(sample.objects);
            self.records.push(sample.record);
        }
    }
}
