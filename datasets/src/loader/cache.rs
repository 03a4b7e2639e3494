//! Decoded pictures kept in memory, up to a limit.
//!
//! Epochs read every picture once in a new order, so evicting one to keep another gains nothing: the cache
//! fills up and then stays as it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::image::{Image, ImageError};

#[derive(Debug)]
pub(super) struct PictureCache {
    limit: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    pictures: HashMap<PathBuf, Arc<Image>>,
}

impl PictureCache {
    /// Keeps up to `limit` bytes of pixels.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, held: Mutex::default() }
    }

    /// The picture at `path`, decoded if it is not held.
    pub(super) fn load(&self, path: &Path) -> Result<Arc<Image>, ImageError> {
        if let Some(image) = self.lock().pictures.get(path) {
            return Ok(Arc::clone(image));
        }
        let image = Arc::new(Image::load(path)?);
        let mut held = self.lock();
        if held.bytes + image.data.len() <= self.limit
            && held.pictures.insert(path.to_owned(), Arc::clone(&image)).is_none()
        {
            held.bytes += image.data.len();
        }
        Ok(image)
    }

    /// A panic elsewhere cannot leave the map half-changed, so a poisoned lock is still good.
    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
