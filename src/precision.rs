//! The option `--precision` of commands that run the model.

use clap::ValueEnum;
use simvg_model::Precision;

/// Number format that the encoder's matrix products round to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionArg {
    /// f32
    F32,
    /// bf16 where the processor has AMX or AVX512-BF16, f32 elsewhere
    Bf16,
}

impl From<PrecisionArg> for Precision {
    fn from(arg: PrecisionArg) -> Self {
        match arg {
            PrecisionArg::F32 => Self::F32,
            PrecisionArg::Bf16 => Self::Bf16,
        }
    }
}
