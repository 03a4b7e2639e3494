//! bf16 tiles by AMX: 32 x 32, four registers of 16 x 16 sums.
//!
//! One instruction multiplies 16 x 32 numbers with 32 x 16. A step of 32 numbers of the inner dimension loads four
//! registers for four of them; of what fits into eight registers that is the fewest loads for a product.

use super::mat::Mat;
use super::pairs;
use super::tile::Lanes;

/// Rows and columns of a tile.
const SIDE: usize = 32;
/// Elements of a row in a register: pairs of numbers, or sums.
pub(super) const LANES: usize = 16;
/// Elements of a strip that are loaded at once.
const CHUNK: usize = LANES * SIDE;
/// Chunks that tiles below each other read in turn, so that those of B (16 KB) stay in the first-level cache.
const CHUNKS: usize = 8;

/// Tiles by AMX.
pub(crate) struct Amx;

impl Amx {
    /// Whether this processor has it, with the instructions that round to bf16, and the operating system lets this process
    /// use it.
    pub(super) fn is_there() -> bool {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        return instructions::are_there();
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        false
    }
}

impl Lanes for Amx {
    const ROWS: usize = SIDE;
    const COLS: usize = SIDE;
    const NUMBERS: usize = 2;
    const STEPS: usize = LANES;
    const DEPTH: usize = 1024;
    const TALL: usize = 4;
    // Processors with AMX have 2 MiB of second-level cache.
    const BLOCK: usize = 98_304;
    const TASK_COLS: [usize; 2] = [192, 192];

    fn pack_rows(dst: &mut [u32], a: Mat) {
        pairs::rows(dst, a);
    }

    fn pack_cols(dst: &mut [u32], b: Mat) {
        pairs::cols(dst, b);
    }

    fn tiles(tiles: &mut [f32], a: &[u32], b: &[u32]) {
        assert!(b.len().is_multiple_of(CHUNK) && Self::is_there(), "whole chunks, on a processor with AMX");
        assert!(tiles.len().is_multiple_of(SIDE * SIDE), "whole tiles");
        assert_eq!(tiles.len() * b.len(), a.len() * SIDE * SIDE, "a tile for every strip");
        if b.is_empty() {
            return tiles.fill(0.0);
        }
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        // SAFETY: the process may use AMX, and there is a strip of whole chunks for every tile, as just checked.
        unsafe {
            instructions::tiles(tiles, a, b);
        }
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod instructions {
    use std::arch::asm;
    use std::arch::x86_64::__cpuid_count;
    use std::sync::LazyLock;

    use super::{CHUNK, CHUNKS, LANES, SIDE};

    /// Bytes of a row in a register, and in a tile or in a strip of B.
    const ROW: usize = LANES * size_of::<f32>();
    const WIDE_ROW: usize = SIDE * size_of::<f32>();

    /// Asks the operating system once; without its permission the first instruction would end the process.
    pub(super) fn are_there() -> bool {
        static ARE_THERE: LazyLock<bool> = LazyLock::new(|| processor_has_them() && is_permitted());
        *ARE_THERE
    }

    fn processor_has_them() -> bool {
        /// AMX-BF16 and AMX-TILE in EDX of leaf 7.
        const NEEDED: u32 = 1 << 22 | 1 << 24;
        let rounds = is_x86_feature_detected!("avx512bf16") && crate::simd::has_avx512();
        rounds && __cpuid_count(7, 0).edx & NEEDED == NEEDED
    }

    /// Asks for the state of tiles, which a process has to before it uses them (Linux, Documentation/arch/x86/xstate.rst).
    fn is_permitted() -> bool {
        const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
        const XFEATURE_XTILEDATA: libc::c_long = 18;
        // SAFETY: the call takes two numbers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
    }

    /// What the instruction that sets tiles up reads.
    #[repr(C, align(64))]
    struct Config {
        palette: u8,
        start_row: u8,
        reserved: [u8; 14],
        /// Bytes of a row of each register.
        row_bytes: [u16; 16],
        rows: [u8; 16],
    }

    /// Eight registers of 16 rows of 64 bytes.
    static CONFIG: Config = Config {
        palette: 1,
        start_row: 0,
        reserved: [0; 14],
        row_bytes: [
            ROW as u16, ROW as u16, ROW as u16, ROW as u16, ROW as u16, ROW as u16, ROW as u16, ROW as u16, 0, 0, 0, 0,
            0, 0, 0, 0,
        ],
        rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
    };

    /// `tiles [strips, SIDE, SIDE] = a b`.
    ///
    /// Registers keep their content from one block of instructions to the next: compilers make no use of them.
    ///
    /// # Safety
    /// The process may use AMX; b holds whole chunks, at least one, and a as many for every tile.
    pub(super) unsafe fn tiles(tiles: &mut [f32], a: &[u32], b: &[u32]) {
        // SAFETY: the configuration is a valid one.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const CONFIG, options(readonly, nostack)) };
        for (part, right) in b.chunks(CHUNKS * CHUNK).enumerate() {
            let strips = a.chunks_exact(b.len()).map(|strip| &strip[part * CHUNKS * CHUNK..][..right.len()]);
            for (c, left) in tiles.as_chunks_mut::<{ SIDE * SIDE }>().0.iter_mut().zip(strips) {
                // SAFETY: registers are set up; both slices are of the same whole chunks.
                unsafe {
                    if part == 0 {
                        clear()
                    } else {
                        load(c)
                    }
                    add(left, right);
                    store(c);
                }
            }
        }
        // SAFETY: as above. Afterwards the thread has no registers to be saved.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }

    /// Makes all sums zero.
    unsafe fn clear() {
        // SAFETY: registers are set up.
        unsafe {
            asm!(
                "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                options(nostack, nomem),
            );
        }
    }

    /// Loads the sums.
    unsafe fn load(c: &[f32; SIDE * SIDE]) {
        // SAFETY: four quarters of the tile, each of 16 rows of 64 bytes, 128 bytes apart.
        unsafe {
            asm!(
                "tileloadd tmm0, [{c} + {row}]",
                "tileloadd tmm1, [{c} + {row} + 64]",
                "tileloadd tmm2, [{c} + {row} + 2048]",
                "tileloadd tmm3, [{c} + {row} + 2112]",
                c = in(reg) c.as_ptr(), row = in(reg) WIDE_ROW,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                options(nostack, readonly),
            );
        }
    }

    /// Stores the sums.
    unsafe fn store(c: &mut [f32; SIDE * SIDE]) {
        // SAFETY: as in `load`.
        unsafe {
            asm!(
                "tilestored [{c} + {row}], tmm0",
                "tilestored [{c} + {row} + 64], tmm1",
                "tilestored [{c} + {row} + 2048], tmm2",
                "tilestored [{c} + {row} + 2112], tmm3",
                c = in(reg) c.as_mut_ptr(), row = in(reg) WIDE_ROW,
                options(nostack),
            );
        }
    }

    /// Adds the product of two parts of strips to the sums.
    unsafe fn add(a: &[u32], b: &[u32]) {
        // SAFETY: every round reads a chunk of each, two times 16 rows of 64 bytes, and there are as many as rounds.
        unsafe {
            asm!(
                "2:",
                "tileloadd tmm4, [{a} + {row}]",
                "tileloadd tmm6, [{b} + {wide}]",
                "tileloadd tmm7, [{b} + {wide} + 64]",
                "tileloadd tmm5, [{a} + {row} + 1024]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {a}, 2048",
                "add {b}, 2048",
                "dec {rounds}",
                "jnz 2b",
                a = inout(reg) a.as_ptr() => _, b = inout(reg) b.as_ptr() => _,
                rounds = inout(reg) b.len() / CHUNK => _,
                row = in(reg) ROW, wide = in(reg) WIDE_ROW,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, readonly),
            );
        }
    }
}
