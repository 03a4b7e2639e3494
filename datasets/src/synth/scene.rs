//! Scenes: which objects there are and where they lie.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::attributes::{Attributes, Description, KEYS, Key, weighted};

/// One drawn object. Lengths are in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What it looks like.
    pub attributes: Attributes,
    /// Centre, from the left.
    pub cx: f64,
    /// Centre, from the top.
    pub cy: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Object {
    /// Tight box `[x0, y0, x1, y1]`, parts hidden by other objects included.
    pub fn corners(&self) -> [f64; 4] {
        let (w, h) = (self.w / 2.0, self.h / 2.0);
        [self.cx - w, self.cy - h, self.cx + w, self.cy + h]
    }

    fn overlap(&self, other: &Self) -> f64 {
        let ([a0, b0, a1, b1], [c0, d0, c1, d1]) = (self.corners(), other.corners());
        (a1.min(c1) - a0.max(c0)).max(0.0) * (b1.min(d1) - b0.max(d0)).max(0.0)
    }

    /// At most 15 % of the smaller of two objects may be hidden.
    fn crowds(&self, other: &Self) -> bool {
        self.overlap(other) > 0.15 * (self.w * self.h).min(other.w * other.h)
    }
}

/// Objects on a square canvas; later ones lie over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Side of the canvas in pixels.
    pub canvas: f64,
    /// The objects, two to six.
    pub objects: Vec<Object>,
}

impl Scene {
    /// Draws a scene. More than half of the objects are near-twins of another, so that one word rarely decides.
    pub fn draw(rng: &mut impl Rng, canvas: f64) -> Self {
        loop {
            let mut scene = Self { canvas, objects: Vec::new() };
            for _ in 0..2 + weighted(rng, &[15.0, 30.0, 30.0, 15.0, 10.0]) {
                let attributes = scene.attributes(rng);
                scene.place(rng, attributes);
            }
            if scene.objects.len() >= 2 {
                return scene;
            }
        }
    }

    /// Positions of the objects that `description` fits.
    pub fn matching(&self, description: &Description) -> Vec<usize> {
        (0..self.objects.len()).filter(|&i| description.matches(&self.objects[i].attributes)).collect()
    }

    fn attributes(&self, rng: &mut impl Rng) -> Attributes {
        let drawn = Attributes::draw(rng);
        match self.objects.choose(rng) {
            Some(other) if rng.random_bool(0.6) => twin(rng, other.attributes, drawn),
            _ => drawn,
        }
    }

    /// Adds an object where one fits within 40 tries.
    fn place(&mut self, rng: &mut impl Rng, attributes: Attributes) {
        for _ in 0..40 {
            let object = draw_object(rng, attributes, self.canvas);
            if !self.objects.iter().any(|other| object.crowds(other)) {
                self.objects.push(object);
                return;
            }
        }
    }
}

/// `original` with one or two attributes taken from `drawn`.
fn twin(rng: &mut impl Rng, original: Attributes, drawn: Attributes) -> Attributes {
    let mut keys = KEYS;
    keys.shuffle(rng);
    let mut twin = original;
    for &key in &keys[..rng.random_range(1..=2)] {
        twin.set(key, drawn.get(key));
    }
    twin
}

fn draw_object(rng: &mut impl Rng, attributes: Attributes, canvas: f64) -> Object {
    // Sides in parts of the canvas: 24 to 30 and 42 to 52 pixels of 128.
    let sides = [0.1875..0.234375, 0.328125..0.40625];
    let side = rng.random_range(sides[attributes.get(Key::Size)].clone()) * canvas;
    let (w, h) = (side * rng.random_range(0.92..1.08), side * rng.random_range(0.92..1.08));
    let mut centre = |length: f64| rng.random_range(length / 2.0 + 1.0..canvas - length / 2.0 - 1.0);
    Object { attributes, cx: centre(w), cy: centre(h), w, h }
}
