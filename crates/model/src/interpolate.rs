//! Fits BEiT-3 weights to another picture or patch size, as `load_model_and_may_interpolate` of the official code does.
//!
//! Two tensors depend on the geometry: the table of vision positions and the patch projection. Both are resized as
//! pictures are, by PyTorch's bicubic interpolation (a = -0.75, `align_corners=False`, no antialiasing). The patch
//! weights are not rescaled, so that activations grow about fourfold from patch 16 to 32: the official model was
//! trained with that.

/// Rows of the position table that belong to no patch: two that are never read, and the CLS token's.
const SPECIAL_ROWS: usize = 3;
/// The free parameter of the cubic kernel.
const A: f32 = -0.75;

/// How one tensor is brought to another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// Leading values that are copied.
    head: usize,
    /// Number of square pictures.
    planes: usize,
    /// Whether the pictures lie interleaved, as in [cells, planes].
    interleaved: bool,
    /// Side of a picture in the file.
    from: usize,
    /// Side that is wanted.
    to: usize,
}

impl Resize {
    /// What leads from one shape to another; `None` where only an error can: another tensor, another width, no square.
    pub fn between(name: &str, from: &[usize], to: &[usize]) -> Option<Self> {
        let of = |head, planes, interleaved, from, to| Self { head, planes, interleaved, from, to };
        if name.ends_with("beit3.encoder.embed_positions.A.weight") {
            let (&[from_rows, width], &[to_rows, to_width]) = (from, to) else { return None };
            let (from, to) = (grid(from_rows)?, grid(to_rows)?);
            return (width == to_width).then(|| of(SPECIAL_ROWS * width, width, true, from, to));
        }
        if name.ends_with("beit3.vision_embed.proj.weight") {
            let (&[rows, channels, from, from_width], &[to_rows, to_channels, to, to_width]) = (from, to) else {
                return None;
            };
            let is_square = from == from_width && to == to_width && from > 0;
            let is_same = (rows, channels) == (to_rows, to_channels);
            return (is_square && is_same).then(|| of(0, rows * channels, false, from, to));
        }
        None
    }

    /// The resized values.
    pub fn apply(self, values: &[f32]) -> Vec<f32> {
        let taps = taps(self.from, self.to);
        let mut out = values[..self.head].to_vec();
        out.resize(self.head + self.planes * self.to * self.to, 0.0);
        for plane in 0..self.planes {
            for (y, rows) in taps.iter().enumerate() {
                for (x, columns) in taps.iter().enumerate() {
                    let at = |row: usize, column: usize| values[self.place(self.from, plane, row, column)];
                    let along = |row: usize| columns.iter().map(|&(column, w)| w * at(row, column)).sum::<f32>();
                    out[self.place(self.to, plane, y, x)] = rows.iter().map(|&(row, w)| w * along(row)).sum();
                }
            }
        }
        out
    }

    fn place(self, side: usize, plane: usize, y: usize, x: usize) -> usize {
        let cell = y * side + x;
        self.head + if self.interleaved { cell * self.planes + plane } else { plane * side * side + cell }
    }
}

/// Side of the square that the patches of a position table form.
fn grid(rows: usize) -> Option<usize> {
    let patches = rows.checked_sub(SPECIAL_ROWS)?;
    let side = patches.isqrt();
    (side > 0 && side * side == patches).then_some(side)
}

/// For each place along one side of the result, the four places of the source that it is made of, and their weights.
fn taps(from: usize, to: usize) -> Vec<[(usize, f32); 4]> {
    let scale = from as f32 / to as f32;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    let one = |place: usize| {
        let at = scale * (place as f32 + 0.5) - 0.5;
        let (first, t) = (at.floor(), at - at.floor());
        let clamped = |i: isize| (first as isize + i).clamp(0, from as isize - 1) as usize;
        let weights = [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)];
        [(clamped(-1), weights[0]), (clamped(0), weights[1]), (clamped(1), weights[2]), (clamped(2), weights[3])]
    };
    (0..to).map(one).collect()
}
