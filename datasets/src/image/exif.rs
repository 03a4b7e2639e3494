//! The EXIF orientation tag: cameras store pictures lying down and say so here.

use super::Image;

const ORIENTATION_TAG: u16 = 0x0112;

/// The orientation (1 to 8) from a TIFF block as EXIF embeds it; 1, upright, where there is none.
pub(super) fn orientation(tiff: &[u8]) -> u16 {
    find_orientation(tiff).filter(|o| (1..=8).contains(o)).unwrap_or(1)
}

fn find_orientation(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let quad: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let directory = if little { u32::from_le_bytes(quad) } else { u32::from_be_bytes(quad) } as usize;
    let entries = usize::from(u16_at(directory)?);
    // An entry is tag, type, count, value: 2 + 2 + 4 + 4 bytes.
    let places = (0..entries).map(|i| directory + 2 + 12 * i);
    let mut found = places.filter(|&at| u16_at(at) == Some(ORIENTATION_TAG));
    u16_at(found.next()? + 8)
}

/// Whether an upright picture is as wide as the stored one is high.
pub(super) fn swaps_sides(orientation: u16) -> bool {
    orientation >= 5
}

/// Turns a stored picture upright, as OpenCV's `imread` does.
pub(super) fn upright(stored: Image, orientation: u16) -> Image {
    if orientation == 1 {
        return stored;
    }
    let (w, h) = (stored.width, stored.height);
    let (out_w, out_h) = if swaps_sides(orientation) { (h, w) } else { (w, h) };
    let mut data = Vec::with_capacity(stored.data.len());
    for y in 0..out_h {
        for x in 0..out_w {
            let (sx, sy) = match orientation {
                2 => (w - 1 - x, y),
                3 => (w - 1 - x, h - 1 - y),
                4 => (x, h - 1 - y),
                5 => (y, x),
                6 => (y, h - 1 - x),
                7 => (w - 1 - y, h - 1 - x),
                _ => (w - 1 - y, x),
            };
            data.extend_from_slice(&stored.pixel(sx, sy));
        }
    }
    Image { width: out_w, height: out_h, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 x 1: red 1 then red 2.
    fn pair() -> Image {
        Image { width: 2, height: 1, data: vec![1, 0, 0, 2, 0, 0] }
    }

    #[test]
    fn all_eight_orientations() {
        let reds = |o| {
            let image = upright(pair(), o);
            (image.width, image.data.iter().step_by(3).copied().collect::<Vec<_>>())
        };
        for o in [1, 4] {
            assert_eq!(reds(o), (2, vec![1, 2]), "{o}");
        }
        for o in [2, 3] {
            assert_eq!(reds(o), (2, vec![2, 1]), "{o}");
        }
        for o in [5, 6] {
            assert_eq!(reds(o), (1, vec![1, 2]), "{o}");
        }
        for o in [7, 8] {
            assert_eq!(reds(o), (1, vec![2, 1]), "{o}");
        }
    }

    #[test]
    fn the_tag_is_read_in_both_byte_orders_and_nonsense_is_upright() {
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        assert_eq!(orientation(big), 6);
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
        assert_eq!(orientation(little), 8);
        for cut in 0..big.len() {
            assert!((1..=8).contains(&orientation(&big[..cut])));
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), 1);
    }
}
