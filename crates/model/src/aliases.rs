//! Tensors that go by two names: with shared prediction layers (`share_predicthead`) the official state dict lists the
//! decoder's layers a second time under the names of the token branch.
//!
//! A [`Layout`] holds such a tensor once, under its first name. Files list both names, and either will do to read it.

use crate::params::{Entry, Layout};

const FIRST: &str = "_embed_decoder.";
const SECOND: &str = "_embed_token.";

/// The second name of a tensor of this layout, if it has one.
pub fn second_name(layout: &Layout, name: &str) -> Option<String> {
    let second = name.starts_with("head.").then(|| name.replacen(FIRST, SECOND, 1))?;
    (second != name && layout.get(&second).is_none()).then_some(second)
}

/// Second names and their tensors, in buffer order.
pub fn all(layout: &Layout) -> impl Iterator<Item = (String, &Entry)> {
    layout.entries().iter().filter_map(|e| Some((second_name(layout, &e.name)?, e)))
}

/// The values of all tensors with a second name, one after the other.
pub fn gather(layout: &Layout, values: &[f32]) -> Vec<f32> {
    all(layout).flat_map(|(_, e)| &values[e.range()]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelConfig;

    #[test]
    fn only_shared_layers_have_two_names() {
        let mut config = ModelConfig::preset("toy").unwrap();
        assert_eq!(all(&crate::model::layout(&config)).count(), 0);
        config.head.share_predicthead = true;
        let layout = crate::model::layout(&config);
        let names: Vec<String> = all(&layout).map(|(second, _)| second).collect();
        assert_eq!(names.len(), 8, "weight and bias of one class layer and three box layers");
        assert_eq!(names[0], "head.class_embed_token.weight");
        let values: Vec<f32> = (0..layout.len()).map(|i| i as f32).collect();
        let first = layout.range("head.class_embed_decoder.weight").start;
        assert_eq!(gather(&layout, &values)[0], first as f32);
    }
}
