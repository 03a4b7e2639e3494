//! Rectangles on pictures, for `predict --out` and reports.

use super::Image;

/// Draws the outline of `bounds` (x0, y0, x1, y1 in pixels) in `colour`, `thickness` pixels wide and growing
/// inwards; parts outside the picture are left out.
pub fn draw_box(image: &mut Image, bounds: [f64; 4], colour: [u8; 3], thickness: usize) {
    let round = |v: f64| v.round().clamp(-1e9, 1e9) as i64;
    let [x0, y0, x1, y1] = bounds.map(round);
    let t = thickness as i64 - 1;
    for rect in [[x0, y0, x1, y0 + t], [x0, y1 - t, x1, y1], [x0, y0, x0 + t, y1], [x1 - t, y0, x1, y1]] {
        fill(image, rect, colour);
    }
}

/// Fills a rectangle, last row and column included.
fn fill(image: &mut Image, [x0, y0, x1, y1]: [i64; 4], colour: [u8; 3]) {
    let (width, height) = (image.width as i64, image.height as i64);
    for y in y0.max(0)..(y1 + 1).min(height) {
        for x in x0.max(0)..(x1 + 1).min(width) {
            let at = (y * width + x) as usize * 3;
            image.data[at..at + 3].copy_from_slice(&colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_drawn_and_clipped() {
        let mut image = Image::new(6, 5);
        draw_box(&mut image, [1.0, 1.0, 4.2, 30.0], [9, 8, 7], 1);
        assert_eq!(image.pixel(1, 1), [9, 8, 7]);
        assert_eq!(image.pixel(4, 4), [9, 8, 7]);
        assert_eq!(image.pixel(2, 2), [0; 3]);
        assert_eq!(image.pixel(0, 1), [0; 3]);
        draw_box(&mut image, [f64::NAN, -9e18, 9e18, 9e18], [1; 3], 3);
    }
}
