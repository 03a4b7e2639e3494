//! Which two source pixels an output pixel is made of, and with what weights.

/// Fixed-point one.
const ONE: f32 = 2048.0;

/// Two neighbouring source positions and their weights (2048 = 1).
#[derive(Clone, Copy)]
pub(super) struct Tap {
    pub(super) at: [usize; 2],
    pub(super) weights: [i16; 2],
}

/// The source position of output `x`: whole part and fraction, in the precision OpenCV uses.
fn position(x: usize, out: usize, input: usize) -> (isize, f32) {
    let scale = 1.0 / (out as f64 / input as f64);
    let at = ((x as f64 + 0.5) * scale - 0.5) as f32;
    (at.floor() as isize, at - at.floor())
}

fn weights(fraction: f32) -> [i16; 2] {
    [(1.0 - fraction) * ONE, fraction * ONE].map(|w| w.round_ties_even() as i16)
}

/// Columns beyond the edge take the edge pixel alone.
pub(super) fn column_tap(x: usize, out: usize, input: usize) -> Tap {
    let (at, fraction) = position(x, out, input);
    if at < 0 {
        return Tap { at: [0, 0], weights: weights(0.0) };
    }
    let at = at as usize;
    if at >= input - 1 {
        return Tap { at: [input - 1; 2], weights: weights(0.0) };
    }
    Tap { at: [at, at + 1], weights: weights(fraction) }
}

/// Rows beyond the edge keep their weights and read the edge row twice, which rounds differently.
pub(super) fn row_tap(y: usize, out: usize, input: usize) -> Tap {
    let (at, fraction) = position(y, out, input);
    let inside = |row: isize| row.clamp(0, input as isize - 1) as usize;
    Tap { at: [inside(at), inside(at + 1)], weights: weights(fraction) }
}
