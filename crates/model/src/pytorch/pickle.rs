//! Writes the few kinds of values that a checkpoint consists of, in pickle protocol 2.

/// A pickle that grows; values are written in the order in which Python's stack wants them.
pub(super) struct Pickle(Vec<u8>);

impl Pickle {
    pub fn new() -> Self {
        Self(vec![0x80, 2])
    }

    /// A dictionary: `entries` writes keys and values in turn.
    pub fn dict(&mut self, entries: impl FnOnce(&mut Self)) {
        self.0.extend(b"}(");
        entries(self);
        self.0.push(b'u');
    }

    pub fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    /// LONG1 in eight bytes, which holds any size.
    fn int(&mut self, value: usize) {
        self.0.extend([0x8a, 8]);
        self.0.extend((value as i64).to_le_bytes());
    }

    fn ints(&mut self, values: &[usize]) {
        self.0.push(b'(');
        values.iter().for_each(|&value| self.int(value));
        self.0.push(b't');
    }

    fn global(&mut self, module: &str, name: &str) {
        self.0.extend(format!("c{module}\n{name}\n").as_bytes());
    }

    /// A contiguous f32 tensor, all of the storage `key`:
    /// `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`.
    pub fn tensor(&mut self, key: &str, shape: &[usize]) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.0.extend(b"((");
        self.text("storage");
        self.global("torch", "FloatStorage");
        self.text(key);
        self.text("cpu");
        self.int(shape.iter().product());
        self.0.extend(b"tQ");
        self.int(0);
        self.ints(shape);
        self.ints(&strides(shape));
        self.0.push(0x89);
        self.global("collections", "OrderedDict");
        self.0.extend(b")RtR");
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.0.push(b'.');
        self.0
    }
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|i| shape[i + 1..].iter().product()).collect()
}
