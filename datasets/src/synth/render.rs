//! Scenes as pictures: a light background with a gradient, grey clutter lines, and the objects over them.

use anyhow::Result;
use rand::Rng;
use rand::seq::IndexedRandom;

use super::attributes::Key;
use super::paint::{Canvas, Color};
use super::scene::{Object, Scene};
use crate::image::{Image, encode_jpeg};

/// Colours in the order of [`Key::Color`]'s words.
const COLORS: [Color; 6] = [
    [220.0, 40.0, 40.0],
    [40.0, 165.0, 60.0],
    [45.0, 80.0, 220.0],
    [240.0, 205.0, 30.0],
    [150.0, 50.0, 180.0],
    [30.0, 30.0, 30.0],
];

/// The scene as a JPEG file without chroma subsampling.
///
/// # Errors
/// Where the encoder refuses the picture's size.
pub(super) fn jpeg(scene: &Scene, rng: &mut impl Rng, quality: u8) -> Result<Vec<u8>> {
    let side = scene.canvas as usize;
    encode_jpeg(&Image { width: side, height: side, data: picture(scene, rng) }, quality)
}

/// The scene as RGB bytes, row by row.
pub(super) fn picture(scene: &Scene, rng: &mut impl Rng) -> Vec<u8> {
    let mut canvas = background(rng, scene.canvas);
    for _ in 0..rng.random_range(0..=3) {
        draw_line(&mut canvas, rng, scene.canvas);
    }
    for object in &scene.objects {
        draw_object(&mut canvas, rng, object, scene.canvas);
    }
    let sigma = rng.random_range(1.0..6.0);
    canvas.picture(rng, sigma)
}

/// A light, muted colour that shifts from one side to the other.
fn background(rng: &mut impl Rng, side: f64) -> Canvas {
    let color: Color = [(); 3].map(|()| rng.random_range(195.0..235.0));
    let mean = color.iter().sum::<f64>() / 3.0;
    let shift = rng.random_range(-20.0..20.0);
    let (sine, cosine) = rng.random_range(0.0..std::f64::consts::TAU).sin_cos();
    Canvas::new(side as usize, |x, y| {
        let along = ((x / side - 0.5) * cosine + (y / side - 0.5) * sine) / std::f64::consts::SQRT_2 + 0.5;
        color.map(|channel| mean + (channel - mean) * 0.5 + shift * along.clamp(0.0, 1.0))
    })
}

/// A grey line, which no expression ever speaks of.
fn draw_line(canvas: &mut Canvas, rng: &mut impl Rng, side: f64) {
    let grey = [rng.random_range(150.0..190.0); 3];
    let [x0, y0, x1, y1] = [(); 4].map(|()| rng.random_range(0.0..side));
    let half = [0.5, 0.75, 1.25].choose(rng).copied().unwrap_or(0.5);
    let (dx, dy) = (x1 - x0, y1 - y0);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    let bounds = [x0.min(x1) - half, y0.min(y1) - half, x0.max(x1) + half, y0.max(y1) + half];
    canvas.fill(bounds, |x, y| {
        let across = ((x - x0) * dy - (y - y0) * dx) / length;
        (across.abs() <= half).then_some(grey)
    });
}

fn draw_object(canvas: &mut Canvas, rng: &mut impl Rng, object: &Object, side: f64) {
    let color = COLORS[object.attributes.get(Key::Color)].map(|channel| channel + rng.random_range(-14.0..14.0));
    let period = side * 7.0 / 128.0;
    let phase = rng.random_range(0.0..period);
    let striped = object.attributes.word(Key::Texture) == "striped";
    let (stripe, bounds) = (if striped { stripe_color(color) } else { color }, object.corners());
    let covers = outline(object.attributes.word(Key::Shape));
    canvas.fill(bounds, |x, y| {
        let periods = (x - bounds[0] + phase) / period;
        let on_stripe = periods - f64::from(periods as i32) < 0.45;
        let inside = covers((x - object.cx) / object.w, (y - object.cy) / object.h);
        inside.then_some(if on_stripe { stripe } else { color })
    });
}

/// A darker tone of light colours, a lighter one of dark colours.
fn stripe_color(color: Color) -> Color {
    let luminance = 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2];
    color.map(|channel| if luminance > 110.0 { channel * 0.45 } else { channel + (255.0 - channel) * 0.5 })
}

/// Tells whether a shape that fills the square from -0.5 to 0.5 covers a point of it.
fn outline(shape: &str) -> fn(f64, f64) -> bool {
    match shape {
        "circle" => |x, y| x * x + y * y <= 0.25,
        "triangle" => |x, y| x.abs() <= (y + 0.5) / 2.0,
        "cross" => |x, y| x.abs() <= 0.17 || y.abs() <= 0.17,
        _ => |_, _| true,
    }
}
