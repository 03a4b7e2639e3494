//! What a SimVG model is made of: every size and switch, and the presets of the paper.
//!
//! Field names follow the official configuration where it has one (`simvg/models` of Dmmm1997/SimVG@29df6a4).

use serde::{Deserialize, Serialize};

/// Sizes of the BEiT-3 multiway encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// Width C of every token.
    pub embed: usize,
    /// Attention heads H; divides `embed`.
    pub heads: usize,
    /// Hidden width of the feed-forward networks.
    pub ffn: usize,
    /// Number of layers.
    pub depth: usize,
    /// Side S of the square input picture, in pixels.
    pub img_size: usize,
    /// Side of a patch, in pixels; divides `img_size`.
    pub patch_size: usize,
    /// Rows of the token table.
    pub vocab_size: usize,
    /// Rows of the text position table; two of them are never read.
    pub max_source_positions: usize,
    /// Colour channels.
    pub in_chans: usize,
    /// Epsilon of every layer norm of the encoder.
    pub layernorm_eps: f32,
    /// Drop-path rate of the last layer; it grows linearly from 0 at the first. Not every training heeds it
    /// ([`ModelConfig::encoder_in_training`]).
    pub drop_path_rate: f32,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self {
            embed: 768,
            heads: 12,
            ffn: 3072,
            depth: 12,
            img_size: 640,
            patch_size: 32,
            vocab_size: 64010,
            max_source_positions: 1024,
            in_chans: 3,
            layernorm_eps: 1e-5,
            drop_path_rate: 0.1,
        }
    }
}

impl EncoderConfig {
    /// Patches along one side of the picture.
    pub fn grid(&self) -> usize {
        self.img_size / self.patch_size
    }

    /// Number of patches N.
    pub fn patches(&self) -> usize {
        self.grid() * self.grid()
    }
}

/// Sizes and switches of the head: projections, query generation, decoder, token branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeadConfig {
    /// Queries Q: 1 for one target, 10 for gRefCOCO.
    pub num_queries: usize,
    /// Width C of the features that come in.
    pub in_channels: usize,
    /// Width D of the head.
    pub embed_dim: usize,
    /// Foreground classes; class `num_classes` is "no object".
    pub num_classes: usize,
    /// Also take the losses of every decoder layer but the last.
    pub aux_loss: bool,
    /// Layers of the optional DETR encoder.
    pub num_encoder_layers: usize,
    /// Layers of the decoder branch.
    pub num_decoder_layers: usize,
    /// Layers of text-guided query generation.
    pub num_tgqg_layers: usize,
    /// Leave out the DETR encoder.
    pub only_decoder: bool,
    /// Score below which a decoder prediction is no teacher (`score_weighted` only).
    pub as_target_query_thr: f32,
    /// Form of plain distillation.
    pub distill_type: DistillType,
    /// How teacher targets are weighted.
    pub prepare_target_mode: TargetMode,
    /// Decoder and token branch share their prediction layers.
    pub share_predicthead: bool,
    /// Linear layers of the token MLP; 0 is the identity.
    pub num_token_mlp_layers: usize,
    /// Token losses on every MLP layer, not only on the last.
    pub mlp_aux_loss: bool,
    /// Hidden width of the query generation's feed-forward networks.
    pub tgqs_mid_dim: usize,
    /// Generate the query from the text.
    pub text_guided_query_generation: bool,
    /// Which words the pooled text feature is taken of; where absent, `compat` decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_pool: Option<TextPool>,
    /// Attention heads of the head (hard-wired to 8 in the official code).
    pub num_heads: usize,
    /// Hidden width of the decoder's feed-forward networks (hard-wired to 2048 in the official code).
    pub feedforward_dim: usize,
    /// Dropout inside the head (hard-wired to 0.1 in the official code).
    pub dropout: f32,
    /// Which losses are taken, and how much each counts.
    pub branch_loss_weight: BranchLossWeight,
    /// Auxiliary guidance, used to pretrain small backbones; all zero (off) for the official recipes.
    pub guidance: Guidance,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self {
            num_queries: 1,
            in_channels: 768,
            embed_dim: 256,
            num_classes: 1,
            aux_loss: true,
            num_encoder_layers: 6,
            num_decoder_layers: 3,
            num_tgqg_layers: 2,
            only_decoder: true,
            as_target_query_thr: 0.0,
            distill_type: DistillType::HardWeighted,
            prepare_target_mode: TargetMode::ScoreIouWeighted,
            share_predicthead: false,
            num_token_mlp_layers: 1,
            mlp_aux_loss: false,
            tgqs_mid_dim: 512,
            text_guided_query_generation: true,
            text_pool: None,
            num_heads: 8,
            feedforward_dim: 2048,
            dropout: 0.1,
            branch_loss_weight: BranchLossWeight { decoder: Some(1.0), ..BranchLossWeight::default() },
            guidance: Guidance::default(),
        }
    }
}

/// Form of plain distillation (`distill_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistillType {
    /// Decoder boxes as targets.
    Hard,
    /// The same, each weighted by its confidence.
    HardWeighted,
    /// Scores as soft labels.
    Soft,
}

/// Which words take part in the pooled text feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPool {
    /// What the official data pipeline makes of an integer mask: it indexes, so that only the last word and, if there is
    /// padding, the last but one take part. Official checkpoints were trained with it.
    LastTwo,
    /// All words that are no padding, as was meant (and as happens with a boolean mask).
    MaskedMax,
}

impl From<Compat> for TextPool {
    fn from(compat: Compat) -> Self {
        match compat {
            Compat::Official => Self::LastTwo,
            Compat::Clean => Self::MaskedMax,
        }
    }
}

/// How the decoder's predictions become teacher targets (`prepare_target_mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetMode {
    /// Matched queries, weighted by score times IoU with the ground truth.
    ScoreIouWeighted,
    /// Every query above the threshold, weighted by its score.
    ScoreWeighted,
}

/// Weights of the loss terms (`branch_loss_weight`); absent terms are not computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BranchLossWeight {
    /// Decoder branch against the ground truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<f32>,
    /// Token branch against the ground truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<f32>,
    /// Token branch against the decoder's predictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distill: Option<f32>,
    /// Token branch against both together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<f32>,
    /// Every token layer against its decoder layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aux_distill: Option<f32>,
    /// Dynamic weight-balance distillation; replaces `token` and `distill`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balanced_distill: Option<BalancedDistill>,
}

impl BranchLossWeight {
    /// True if only the decoder branch is trained: the token branch is not even evaluated.
    pub fn decoder_only(&self) -> bool {
        *self == Self { decoder: self.decoder, ..Self::default() } && self.decoder.is_some()
    }
}

/// The two sides of dynamic weight-balance distillation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalancedDistill {
    /// Weight against the ground truth, times (1 - w).
    pub token: f32,
    /// Weight against the decoder's predictions, times w.
    pub distill: f32,
}

/// Auxiliary losses that need nothing but the target box; they let a small backbone learn to ground from scratch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guidance {
    /// First half of the decoder's cross-attention heads should look at the target.
    pub decoder_attention: f32,
    /// First half of the CLS token's attention heads (last encoder layers) should look at the target.
    pub cls_attention: f32,
    /// Encoder layers, counted from the last, that `cls_attention` speaks to.
    pub cls_attention_layers: usize,
    /// A linear layer on each patch predicts how much of it the target covers.
    pub patch_coverage: f32,
    /// A linear layer on each patch inside the target predicts the target's box.
    pub patch_box: f32,
    /// Share of `patch_coverage` and `patch_box` that is asked of the last but one encoder layer as well.
    pub inner: f32,
    /// Each patch of encoder layer `object_layer` predicts the box of the object on it, whatever the text says.
    pub object_box: f32,
    /// It also predicts that object's category.
    pub object_class: f32,
    /// Number of categories.
    pub object_classes: usize,
    /// Encoder layer whose output is meant, counted from one.
    pub object_layer: usize,
}

impl Guidance {
    /// Encoder layers, counted from the last, whose CLS attention is needed.
    pub fn guided_layers(&self) -> usize {
        if self.cls_attention > 0.0 { self.cls_attention_layers } else { 0 }
    }

    /// Encoder layers, counted from one, whose patches are needed besides the last one's: for objects, for the inner losses.
    pub fn hidden_layers(&self, depth: usize) -> Vec<usize> {
        let objects = (self.object_box > 0.0 || self.object_class > 0.0).then_some(self.object_layer);
        let inner = (self.inner > 0.0).then_some(depth.saturating_sub(1));
        objects.into_iter().chain(inner).collect()
    }
}

/// A whole model: encoder and head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// The BEiT-3 encoder (`vis_enc.*`).
    pub encoder: EncoderConfig,
    /// The head (`head.*`).
    pub head: HeadConfig,
    /// Which of the reference's quirks are reproduced.
    pub compat: Compat,
}

/// How fresh parameters are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitScheme {
    /// As the official code does: truncated normal in the encoder, xavier in the decoder, PyTorch defaults elsewhere.
    #[default]
    Official,
    /// For small models trained from nothing: xavier everywhere, small residual branches, sine vision positions.
    Small,
}

/// How far the quirks of the official code are reproduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compat {
    /// Everything that official checkpoints were trained with.
    #[default]
    Official,
    /// The evidently intended behaviour: real 1-D sine positions, masked maximum over the words, drop-path in large
    /// encoders too.
    Clean,
}

/// Width of the large encoder, by which it is known.
const LARGE_EMBED: usize = 1024;

/// Names of the presets, in the order of size.
pub const PRESETS: [&str; 3] = ["toy", "base", "large"];

impl ModelConfig {
    /// A preset by its name: `toy` (96 pixels, patch 16), `base` (ViT-B/32 at 640), `large` (ViT-L/32 at 640).
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "toy" => Some(Self::toy()),
            "base" => Some(Self::default()),
            "large" => Some(Self::large()),
            _ => None,
        }
    }

    /// The encoder as it trains. The official code misspells the drop-path argument of its large encoder, which
    /// therefore trains without (`beit3.py:54`, quirk E6).
    pub fn encoder_in_training(&self) -> EncoderConfig {
        let lost = self.compat == Compat::Official && self.encoder.embed == LARGE_EMBED;
        let drop_path_rate = if lost { 0.0 } else { self.encoder.drop_path_rate };
        EncoderConfig { drop_path_rate, ..self.encoder.clone() }
    }

    fn large() -> Self {
        let mut c = Self::default();
        c.encoder = EncoderConfig { embed: LARGE_EMBED, heads: 16, ffn: 4096, depth: 24, ..c.encoder };
        c.head.in_channels = LARGE_EMBED;
        c
    }

    fn toy() -> Self {
        let encoder = EncoderConfig {
            embed: 64,
            heads: 4,
            ffn: 256,
            depth: 3,
            img_size: 96,
            patch_size: 16,
            vocab_size: 200,
            max_source_positions: 64,
            drop_path_rate: 0.0,
            ..EncoderConfig::default()
        };
        let head = HeadConfig {
            in_channels: 64,
            embed_dim: 64,
            num_heads: 4,
            feedforward_dim: 128,
            tgqs_mid_dim: 128,
            dropout: 0.0,
            ..HeadConfig::default()
        };
        Self { encoder, head, compat: Compat::Clean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_large_encoder_of_the_official_code_loses_its_drop_path() {
        let rate = |preset, compat| {
            ModelConfig { compat, ..ModelConfig::preset(preset).unwrap() }.encoder_in_training().drop_path_rate
        };
        assert_eq!(rate("large", Compat::Official), 0.0);
        assert_eq!(rate("large", Compat::Clean), 0.1);
        assert_eq!(rate("base", Compat::Official), 0.1);
    }

    #[test]
    fn a_text_pool_that_was_not_chosen_is_not_written() {
        let config = ModelConfig::default();
        assert!(!serde_json::to_string(&config).unwrap().contains("text_pool"));
        let chosen: HeadConfig = serde_json::from_str(r#"{ "text_pool": "masked_max" }"#).unwrap();
        assert_eq!(chosen.text_pool, Some(TextPool::MaskedMax));
    }
}
