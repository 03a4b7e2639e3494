//! Number formats of the operands of a product, and what the processor makes of a wish for one.

use super::avx2::Avx2;
use super::avx512::Avx512;
use super::avx512_bf16::Avx512Bf16;

/// Number format that the operands of matrix products are rounded to. Sums and everything stored are f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Not rounded.
    #[default]
    F32,
    /// bf16, where the processor multiplies it (AVX512-BF16); f32 elsewhere.
    Bf16,
}

/// How products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// In f32, by the `gemm` crate.
    Library,
    /// In f32, by AVX2.
    Avx2,
    /// In f32, by AVX-512.
    Avx512,
    /// In bf16, by AVX-512.
    Bf16,
    /// In bf16, by plain code.
    Bf16Emulated,
}

impl Precision {
    /// What is really computed with on this processor: `f32`, `bf16`, or `bf16-emulated` in a build with the feature
    /// `emulate-bf16`.
    pub fn in_effect(self) -> &'static str {
        match self.way() {
            Way::Library | Way::Avx2 | Way::Avx512 => "f32",
            Way::Bf16 => "bf16",
            Way::Bf16Emulated => "bf16-emulated",
        }
    }

    pub(super) fn way(self) -> Way {
        if self == Self::Bf16 && Avx512Bf16::is_there() {
            Way::Bf16
        } else if self == Self::Bf16 && cfg!(feature = "emulate-bf16") {
            Way::Bf16Emulated
        } else if Avx512::is_there() {
            Way::Avx512
        } else if Avx2::is_there() {
            Way::Avx2
        } else {
            Way::Library
        }
    }
}
