//! JPEG out.

use anyhow::{Context, Result};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::Image;

/// `image` as the bytes of a JPEG file without chroma subsampling; `quality` is 1 to 100.
///
/// # Errors
/// Where a side is zero or has more than 65,535 pixels.
pub fn encode_jpeg(image: &Image, quality: u8) -> Result<Vec<u8>> {
    let side =
        |pixels: usize| u16::try_from(pixels).with_context(|| format!("a JPEG cannot have {pixels} pixels a side"));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder.encode(&image.data, side(image.width)?, side(image.height)?, ColorType::Rgb)?;
    Ok(bytes)
}
