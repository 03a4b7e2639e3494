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
    use std::collections::BTreeMap;

    use super::*;
    use crate::checkpoint::{self, Checkpoint, Which};
    use crate::config::{Compat, ModelConfig};
    use crate::parity::Tensors;
    use crate::state::TrainState;
    use crate::trainer::{Optim, Trainer};

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

    /// A trainer whose averages have moved on from where they were.
    fn averaging(compat: Compat) -> Trainer {
        let mut config = ModelConfig { compat, ..ModelConfig::preset("toy").unwrap() };
        config.head.share_predicthead = true;
        let layout = crate::model::layout(&config);
        let state = TrainState::new(vec![1.0; layout.len()], &layout, true);
        let optim = Optim { betas: [0.9, 0.98], eps: 1e-9, clip: 0.15, ema: Some(0.999) };
        let mut trainer = Trainer::new(config, state, optim);
        trainer.state.ema.as_mut().unwrap().fill(2.0);
        trainer
    }

    #[test]
    fn files_list_both_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        for (compat, stale) in [(Compat::Official, 1.0), (Compat::Clean, 2.0)] {
            let trainer = averaging(compat);
            checkpoint::save(&path, &trainer.weights(&BTreeMap::new())).unwrap();
            let file = Tensors::read(&path).unwrap();
            assert_eq!(file.get("head.class_embed_token.bias").unwrap().data, [1.0, 1.0]);
            assert_eq!(file.get("ema.head.class_embed_decoder.bias").unwrap().data, [2.0, 2.0]);
            assert_eq!(file.get("ema.head.class_embed_token.bias").unwrap().data, [stale, stale]);
        }
    }

    #[test]
    fn either_name_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        let bytes: Vec<u8> = [3.0f32, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![2], &bytes).unwrap();
        let only_second = safetensors::serialize([("head.class_embed_token.bias", view)], None).unwrap();
        fs_err::write(&path, only_second).unwrap();
        let trainer = averaging(Compat::Clean);
        let mut params = vec![0.0; trainer.layout.len()];
        Checkpoint::load(&path).unwrap().copy_into(&trainer.layout, &mut params, Which::Live, true).unwrap();
        assert_eq!(params[trainer.layout.range("head.class_embed_decoder.bias")], [3.0, 4.0]);
    }
}
