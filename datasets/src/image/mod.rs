//! Pictures: decoding, OpenCV-compatible resizing, large-scale jitter, normalisation, drawing.
//!
//! Everything works on 8-bit RGB until [`PixelNorm`] turns a picture into the planes that a model takes.

mod decode;
mod draw;
mod exif;
mod jitter;
mod jpeg;
mod normalize;
mod png;
mod resize;
mod rows;
mod shuffle;
mod taps;

pub use decode::{decode, size};
pub use draw::draw_box;
pub use jitter::{Jitter, Jittered, clip_box, jitter};
pub use jpeg::encode_jpeg;
pub use normalize::PixelNorm;
pub use png::{encode_png, write_png};
pub use resize::{Window, fit_factors, resize, resize_window};

use std::path::{Path, PathBuf};

/// An 8-bit RGB picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height, width, 3]`, red first.
    pub data: Vec<u8>,
}

/// Errors of reading and writing picture files.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file system said no; the message names the file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The bytes are not a whole picture.
    #[error("{path}: {reason}. The file may be damaged or only half copied: fetch it again")]
    Damaged {
        /// The picture file.
        path: PathBuf,
        /// What the decoder met.
        reason: String,
    },
}

impl Image {
    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; width * height * 3] }
    }

    /// Reads a JPEG or PNG file.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, cut short, or of another format.
    pub fn load(path: &Path) -> Result<Self, ImageError> {
        let bytes = fs_err::read(path)?;
        decode(&bytes).map_err(|reason| ImageError::Damaged { path: path.into(), reason })
    }

    /// The bytes of row `y`.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.width * 3..][..self.width * 3]
    }

    /// The colour at column `x`, row `y`.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }
}
