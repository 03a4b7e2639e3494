//! What goes into a model: pictures, token ids and, in training, target boxes.

/// A batch of B samples of P pictures. Shapes: S side of a picture, L text tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Normalised pictures `[P, 3, S, S]`, RGB.
    pub img: Vec<f32>,
    /// Which of them each sample shows; empty where each has one of its own.
    pub pictures: Vec<usize>,
    /// Token ids `[B, L]`.
    pub ids: Vec<u32>,
    /// 1 where a token is padding, `[B, L]`.
    pub padding: Vec<u8>,
    /// One entry a sample.
    pub metas: Vec<ImageMeta>,
    /// Ground truth per sample; empty in inference.
    pub targets: Vec<Targets>,
    /// All annotated objects of each picture; needed by the object guidance alone, empty elsewhere.
    pub objects: Vec<Vec<Object>>,
}

impl Batch {
    /// Number of samples B.
    pub fn len(&self) -> usize {
        self.metas.len()
    }

    /// True if it holds no sample.
    pub fn is_empty(&self) -> bool {
        self.metas.is_empty()
    }

    /// The picture that each sample shows.
    pub fn shown(&self) -> Vec<usize> {
        if self.pictures.is_empty() { (0..self.len()).collect() } else { self.pictures.clone() }
    }

    /// Number of pictures P.
    pub fn picture_count(&self) -> usize {
        self.pictures.iter().max().map_or(self.len(), |last| last + 1)
    }

    /// Side S of the input square, in pixels.
    pub fn side(&self) -> usize {
        (self.img.len() / (3 * self.picture_count().max(1))).isqrt()
    }

    /// Cuts off padding that all texts share, but for two tokens each: those are what the official text feature is
    /// pooled of (quirk H2). Padded tokens of one text are all alike and no keys, so no number of the model changes.
    pub fn trim(&mut self) {
        let length = self.text_len();
        let texts = self.padding.chunks_exact(length.max(1));
        let words = texts.map(|text| text.iter().rposition(|p| *p == 0).map_or(0, |last| last + 1)).max();
        let kept = length.min(words.unwrap_or(0) + 2);
        self.ids = self.ids.chunks_exact(length.max(1)).flat_map(|text| &text[..kept]).copied().collect();
        self.padding = self.padding.chunks_exact(length.max(1)).flat_map(|text| &text[..kept]).copied().collect();
    }

    /// Tokens per text L, padding included.
    pub fn text_len(&self) -> usize {
        self.ids.len().checked_div(self.len()).unwrap_or(0)
    }
}

/// How a picture came to its square.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageMeta {
    /// Height and width of the valid part of the input square, in pixels.
    pub img_shape: [usize; 2],
    /// Factors (x, y, x, y) from original to input pixels.
    pub scale_factor: [f64; 4],
}

/// Ground truth of one sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    /// Boxes in input pixels, x0 y0 x1 y1; a sample without target has one all-zero box marked `false`.
    pub boxes: Vec<[f64; 4]>,
    /// Per box: false marks "no target" (category -1 of gRefCOCO).
    pub is_object: Vec<bool>,
}

/// An annotated object of a picture, whatever the text says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Box in input pixels, x0 y0 x1 y1.
    pub bbox: [f64; 4],
    /// Category, counted from zero.
    pub category: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(padding: &[u8], texts: usize) -> Vec<u8> {
        let meta = ImageMeta { img_shape: [1; 2], scale_factor: [1.0; 4] };
        let ids = (0..padding.len() as u32).collect();
        let mut batch = Batch { ids, padding: padding.to_vec(), metas: vec![meta; texts], ..Batch::default() };
        batch.trim();
        assert_eq!(batch.ids.len(), batch.padding.len());
        batch.padding
    }

    #[test]
    fn two_padded_tokens_stay() {
        assert_eq!(trimmed(&[0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1], 2), [0, 0, 1, 1, 0, 1, 1, 1]);
        assert_eq!(trimmed(&[0, 1, 0, 1, 1, 1], 1), [0, 1, 0, 1, 1], "holes are no padding at the end");
        assert_eq!(trimmed(&[0, 0, 1], 1), [0, 0, 1]);
        assert_eq!(trimmed(&[1, 1, 1], 1), [1, 1]);
        assert!(trimmed(&[], 0).is_empty());
    }
}
