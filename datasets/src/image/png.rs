//! PNG in and out.

use std::io::Cursor;
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Encoder, Transformations};

use super::{Image, ImageError};

/// A PNG header may claim any size; this many pixels are believed.
const MAX_PIXELS: usize = 1 << 28;

/// Decodes to RGB; palettes and grey are expanded, transparency is dropped as OpenCV does.
pub(super) fn decode_png(bytes: &[u8]) -> Result<Image, String> {
    let broken = |e: png::DecodingError| format!("not a whole PNG: {e}");
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(format!("a PNG of {width} x {height} pixels is too large"));
    }
    let size = reader.output_buffer_size().ok_or("the PNG has no size")?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(broken)?;
    reader.finish().map_err(broken)?;
    samples.truncate(frame.buffer_size());
    Ok(Image { width, height, data: to_rgb(samples, frame.color_type) })
}

fn to_rgb(samples: Vec<u8>, color: ColorType) -> Vec<u8> {
    match color {
        ColorType::Grayscale => samples.iter().flat_map(|&v| [v; 3]).collect(),
        ColorType::GrayscaleAlpha => samples.chunks_exact(2).flat_map(|p| [p[0]; 3]).collect(),
        ColorType::Rgba => samples.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect(),
        ColorType::Rgb | ColorType::Indexed => samples,
    }
}

/// `image` as the bytes of a PNG file.
///
/// # Errors
/// When the encoder refuses the picture, as one without pixels.
pub fn encode_png(image: &Image) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, image.width as u32, image.height as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image.data)?;
    writer.finish()?;
    Ok(bytes)
}

/// Writes `image` as a PNG; the file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written; the message names it.
pub fn write_png(image: &Image, path: &Path) -> Result<(), ImageError> {
    let damaged = |e: png::EncodingError| ImageError::Damaged { path: path.into(), reason: e.to_string() };
    let bytes = encode_png(image).map_err(damaged)?;
    let partial = path.with_extension("png.partial");
    let written = fs_err::write(&partial, &bytes).and_then(|()| fs_err::rename(&partial, path));
    written.inspect_err(|_| drop(fs_err::remove_file(&partial)))?;
    Ok(())
}
