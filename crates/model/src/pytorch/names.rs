//! Which tensors of a PyTorch file are the model, and what they are called.
//!
//! The reader gives every tensor the path to it, `state_dict.vis_enc.beit3.text_embed.weight`. The model may lie in a
//! dictionary or two (BEiT-3: `model` or `module`; SimVG: `state_dict`, `ema_state_dict`), and distributed training puts
//! `module.` before each name. As no tensor of the model is called so, all of these are cut off alike.

use std::collections::{BTreeMap, HashMap};

use pytorch_reader::Tensor;

use crate::checkpoint::EMA;

/// Dictionaries and prefixes around the weights.
const AROUND: [&str; 3] = ["state_dict.", "model.", "module."];
/// The dictionary of moving averages.
const AVERAGES: &str = "ema_state_dict.";
/// What a training keeps beside the model.
const BESIDE: [&str; 4] = ["optimizer.", "scheduler.", "lr_scheduler.", "scaler."];

/// The model's tensors under their official names. A file of moving averages alone is a model as well.
///
/// # Errors
/// Where two tensors claim one name, or there is none at all.
pub(super) fn choose(all: HashMap<String, Tensor>) -> Result<BTreeMap<String, Tensor>, String> {
    let all: BTreeMap<String, Tensor> = all.into_iter().collect();
    let only_averages = all.keys().filter_map(|path| official(path)).all(|(is_average, _)| is_average);
    let mut chosen = BTreeMap::new();
    for (path, tensor) in all {
        let Some((is_average, name)) = official(&path) else { continue };
        let prefix = if is_average && !only_averages { EMA } else { "" };
        let name = format!("{prefix}{name}");
        if chosen.insert(name.clone(), tensor).is_some() {
            return Err(format!("it holds {name} more than once"));
        }
    }
    if chosen.is_empty() { Err("it holds no tensors".into()) } else { Ok(chosen) }
}

/// Whether it is a moving average, and the name; `None` for what is not of the model.
fn official(path: &str) -> Option<(bool, &str)> {
    let (mut name, mut is_average) = (path, false);
    loop {
        if let Some(rest) = AROUND.iter().find_map(|prefix| name.strip_prefix(prefix)) {
            name = rest;
        } else if let Some(rest) = name.strip_prefix(AVERAGES) {
            (name, is_average) = (rest, true);
        } else {
            return BESIDE.iter().all(|prefix| !name.starts_with(prefix)).then_some((is_average, name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::official;

    #[test]
    fn dictionaries_and_prefixes_are_cut_off() {
        for path in ["head.x", "module.head.x", "model.head.x", "state_dict.module.head.x", "module.state_dict.head.x"]
        {
            assert_eq!(official(path), Some((false, "head.x")), "{path}");
        }
        for path in ["ema_state_dict.head.x", "ema_state_dict.module.head.x", "model.ema_state_dict.head.x"] {
            assert_eq!(official(path), Some((true, "head.x")), "{path}");
        }
        assert_eq!(official("optimizer.state.0.exp_avg"), None);
        assert_eq!(official("beit3.text_embed.weight"), Some((false, "beit3.text_embed.weight")));
    }
}
