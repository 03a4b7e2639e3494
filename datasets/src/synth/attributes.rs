//! What shapes look like, and partial descriptions of that.

/// One kind of attribute. The order is that of the words in a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// How large.
    Size,
    /// Plain or striped.
    Texture,
    /// Which colour.
    Color,
    /// Which shape, the noun.
    Shape,
}

/// All attributes, in the order of a phrase.
pub const KEYS: [Key; 4] = [Key::Size, Key::Texture, Key::Color, Key::Shape];

impl Key {
    /// The values that the attribute may take, as words.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Key::Size => &["small", "large"],
            Key::Texture => &["plain", "striped"],
            Key::Color => &["red", "green", "blue", "yellow", "purple", "black"],
            Key::Shape => &["circle", "square", "triangle", "cross"],
        }
    }

    fn weights(self) -> &'static [f64] {
        match self {
            Key::Size => &[1.0; 2],
            Key::Texture => &[0.65, 0.35],
            Key::Color => &[1.0; 6],
            Key::Shape => &[1.0; 4],
        }
    }
}

/// Value of each attribute of an object, as a position in [`Key::words`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes([usize; 4]);

impl Attributes {
    /// Draws all four.
    pub fn draw(rng: &mut impl rand::Rng) -> Self {
        Self(KEYS.map(|key| weighted(rng, key.weights())))
    }

    /// The value of one attribute.
    pub fn get(&self, key: Key) -> usize {
        self.0[key as usize]
    }

    /// The value of one attribute, as a word.
    pub fn word(&self, key: Key) -> &'static str {
        key.words()[self.get(key)]
    }

    /// Sets one attribute.
    pub fn set(&mut self, key: Key, value: usize) {
        self.0[key as usize] = value;
    }

    /// The description that names `keys` and no more.
    pub fn described_by(&self, keys: &[Key]) -> Description {
        let mut description = Description::default();
        for &key in keys {
            description.0[key as usize] = Some(self.get(key));
        }
        description
    }
}

/// Some attributes; the others may be anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Description([Option<usize>; 4]);

impl Description {
    /// The value that is asked for, if any.
    pub fn get(&self, key: Key) -> Option<usize> {
        self.0[key as usize]
    }

    /// The word that is asked for, if any.
    pub fn word(&self, key: Key) -> Option<&'static str> {
        Some(key.words()[self.get(key)?])
    }

    /// Asks for another value.
    pub fn set(&mut self, key: Key, value: usize) {
        self.0[key as usize] = Some(value);
    }

    /// Whether an object with `attributes` is meant.
    pub fn matches(&self, attributes: &Attributes) -> bool {
        KEYS.iter().all(|&key| self.get(key).is_none_or(|value| value == attributes.get(key)))
    }
}

/// Draws a position of `weights`, each with a probability in proportion.
pub fn weighted(rng: &mut impl rand::Rng, weights: &[f64]) -> usize {
    let mut left = rng.random_range(0.0..weights.iter().sum());
    let chosen = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    chosen.unwrap_or(weights.len() - 1)
}
