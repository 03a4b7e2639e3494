//! What the backbone hands to the head, and the gradients that come back.

/// Features after the final multiway layer norm; gradients with respect to them have the same form.
/// Shapes: B batch, N patches, L text tokens, C encoder width, H heads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// CLS token `[B, C]`.
    pub cls: Vec<f32>,
    /// Patches `[B, N, C]`.
    pub img: Vec<f32>,
    /// Text tokens `[B, L, C]`.
    pub text: Vec<f32>,
    /// Attention logits of the CLS row over the patches `[B, H, N]`, one entry for each guided layer, in layer order.
    pub cls_attention: Vec<Vec<f32>>,
    /// Patches `[B, N, C]` of earlier layers through the same final norm, one entry for each layer asked for.
    pub hidden: Vec<Vec<f32>>,
}
