//! The embedded data set: drawn scenes with referring expressions, written in the raw layout of REFER.
//!
//! Pictures show two to six shapes of several colours, textures and sizes. Three groups of expressions follow the
//! data sets that they are named after (location words; attributes only; long relations), a fourth follows
//! gRefCOCO (no, one or several targets). Everything is a pure function of the seed, the split and the number of
//! the scene: independent streams draw scene, pixels and words, so that a change of one leaves the others alone.

pub mod attributes;
#[cfg(test)]
mod evaluate;
pub mod grammar;
mod layout;
mod paint;
mod render;
pub mod scene;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Result, ensure};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

pub use grammar::vocabulary;

use grammar::{Group, Reference};
use scene::Scene;

/// How much to draw, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct SynthConfig {
    /// Seed of everything.
    pub seed: u64,
    /// Number of training scenes.
    pub train: usize,
    /// Number of validation scenes.
    pub val: usize,
    /// Number of test scenes.
    pub test: usize,
    /// Side of the square pictures in pixels, 48 to 512.
    pub canvas: u32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Training objects spoken of per scene and group, where the grammar finds as many; evaluation has one.
    pub refs_per_group: usize,
    /// Different expressions for each of them; evaluation has one.
    pub sentences_per_ref: usize,
}

impl Default for SynthConfig {
    fn default() -> Self {
        Self {
            seed: 7,
            train: 6000,
            val: 400,
            test: 900,
            canvas: 96,
            quality: 90,
            refs_per_group: 2,
            sentences_per_ref: 2,
        }
    }
}

impl SynthConfig {
    /// Splits with their numbers of scenes.
    fn splits(&self) -> [(&'static str, usize); 3] {
        [("train", self.train), ("val", self.val), ("test", self.test)]
    }

    fn check(&self) -> Result<()> {
        ensure!((48..=512).contains(&self.canvas), "canvas is {} pixels, it must be 48 to 512", self.canvas);
        ensure!((1..=100).contains(&self.quality), "quality is {}, it must be 1 to 100", self.quality);
        ensure!(self.refs_per_group > 0 && self.sentences_per_ref > 0, "each group needs at least one expression");
        Ok(())
    }
}

/// One scene with its expressions, by group in the order of [`Group::ALL`].
struct Sample {
    split: &'static str,
    file_name: String,
    scene: Scene,
    references: [Vec<Reference>; 4],
}

/// Draws the data set into `dir`: `images/` and one REFER folder a group, each with `instances.json` and the
/// references split by `synthetic`.
///
/// # Errors
/// Where a number of `config` is out of range, or the folder cannot be written to.
pub fn generate(config: &SynthConfig, dir: &Path) -> Result<()> {
    config.check()?;
    let images = dir.join("images");
    fs_err::create_dir_all(&images)?;
    let numbered = config.splits().into_iter().flat_map(|(split, count)| (0..count).map(move |index| (split, index)));
    let numbered: Vec<_> = numbered.collect();
    let draw = |&(split, index): &(&'static str, usize)| draw_sample(config, &images, split, index);
    let samples = numbered.par_iter().map(draw).collect::<Result<Vec<_>>>()?;
    layout::write(config, &samples, dir)
}

fn draw_sample(config: &SynthConfig, images: &Path, split: &'static str, index: usize) -> Result<Sample> {
    let stream = |purpose| stream(config.seed, purpose, split, index);
    let scene = Scene::draw(&mut stream("scene"), f64::from(config.canvas));
    let file_name = format!("{split}_{index:06}.jpg");
    let jpeg = render::jpeg(&scene, &mut stream("pixels"), config.quality)?;
    fs_err::write(images.join(&file_name), jpeg)?;
    let is_train = split == "train";
    let (refs, sentences) = if is_train { (config.refs_per_group, config.sentences_per_ref) } else { (1, 1) };
    let references = Group::ALL.map(|group| grammar::draw(group, &scene, &mut stream(group.folder()), refs, sentences));
    Ok(Sample { split, file_name, scene, references })
}

/// The random numbers of one purpose for one scene.
fn stream(seed: u64, purpose: &str, split: &str, index: usize) -> ChaCha8Rng {
    let key = blake3::hash(format!("simvg synthetic/{seed}/{purpose}/{split}/{index}").as_bytes());
    ChaCha8Rng::from_seed(*key.as_bytes())
}
