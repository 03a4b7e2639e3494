//! Number formats of the operands of a product, and what the processor makes of a wish for one.

use super::amx::Amx;
use super::avx2::Avx2;
use super::avx512::Avx512;
use super::avx512_bf16::Avx512Bf16;

/// Number format that the operands of matrix products are rounded to. Sums and everything stored are f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Not rounded.
    #[default]
    F32,
    /// bf16, where the processor multiplies it (AMX, AVX512-BF16); f32 elsewhere.
    Bf16,
}

/// How products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In f32, by the `gemm` crate.
    Library,
    /// In f32, by AVX2.
    Avx2,
    /// In f32, by AVX-512.
    Avx512,
    /// In bf16, by AVX-512.
    Avx512Bf16,
    /// In bf16, by AMX.
    Amx,
    /// In bf16, by plain code.
    Emulated,
}

impl Way {
    pub(super) fn is_f32(self) -> bool {
        matches!(self, Self::Library | Self::Avx2 | Self::Avx512)
    }
}

/// `$do` with `$lanes` naming the tiles of a way, or `$other` where it has none of ours.
macro_rules! with_lanes {
    ($way:expr, $lanes:ident => $do:expr) => {
        $crate::matmul::strips::with_lanes!($way, $lanes => $do, else unreachable!("chosen only where there are tiles"))
    };
    ($way:expr, $lanes:ident => $do:expr, else $other:expr) => {{
        use $crate::matmul::{Amx, Avx2, Avx512, Avx512Bf16, Emulated, Way};
        macro_rules! with {
            ($of_way:ident) => {{
                type $lanes = $of_way;
                $do
            }};
        }
        match $way {
            Way::Library => $other,
            Way::Avx2 => with!(Avx2),
            Way::Avx512 => with!(Avx512),
            Way::Avx512Bf16 => with!(Avx512Bf16),
            Way::Amx => with!(Amx),
            Way::Emulated => with!(Emulated),
        }
    }};
}
pub(crate) use with_lanes;

impl Precision {
    /// What is really computed with on this processor: `f32`, `bf16`, or `bf16-emulated` in a build with the feature
    /// `emulate-bf16`.
    pub fn in_effect(self) -> &'static str {
        match self.way() {
            Way::Emulated => "bf16-emulated",
            way if way.is_f32() => "f32",
            _ => "bf16",
        }
    }

    pub(super) fn way(self) -> Way {
        match self {
            Self::Bf16 if Amx::is_there() => Way::Amx,
            Self::Bf16 if Avx512Bf16::is_there() => Way::Avx512Bf16,
            Self::Bf16 if cfg!(feature = "emulate-bf16") => Way::Emulated,
            _ if Avx512::is_there() => Way::Avx512,
            _ if Avx2::is_there() => Way::Avx2,
            _ => Way::Library,
        }
    }
}
