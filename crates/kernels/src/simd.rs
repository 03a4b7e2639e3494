//! Compiles a function three times, for AVX-512, for AVX2 with FMA and for any processor, and picks one at run time.
//!
//! The binary is built for the plain x86-64 baseline, so that it runs everywhere; without this, loops would use
//! 4 lanes and no fused multiply-add. The body sees a constant `FMA` and hands it to the functions of [`crate::math`].
//! The first two give the same bits: what a lane computes does not depend on how many there are.

/// Wraps a function whose body is a loop over slices that the compiler can vectorise. It may have constant parameters.
macro_rules! simd {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident$(<$(const $n:ident: $n_ty:ty),+>)?($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?
        $body:block
    ) => {
        $(#[$meta])*
        $vis fn $name$(<$(const $n: $n_ty),+>)?($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body<const FMA: bool $($(, const $n: $n_ty)+)?>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                fn widest$(<$(const $n: $n_ty),+>)?($($arg: $ty),*) $(-> $ret)? {
                    body::<true $($(, $n)+)?>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn wide$(<$(const $n: $n_ty),+>)?($($arg: $ty),*) $(-> $ret)? {
                    body::<true $($(, $n)+)?>($($arg),*)
                }
                if crate::simd::has_avx512() {
                    // SAFETY: the processor has all of these features, as just checked.
                    return unsafe { widest$(::<$($n),+>)?($($arg),*) };
                }
                if crate::simd::has_avx2() {
                    // SAFETY: the processor has both features, as just checked.
                    return unsafe { wide$(::<$($n),+>)?($($arg),*) };
                }
            }
            body::<{ cfg!(target_arch = "aarch64") } $($(, $n)+)?>($($arg),*)
        }
    };
}

pub(crate) use simd;

/// Whether the processor has AVX2 with FMA.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Whether the processor has AVX-512 with the extensions that compilers make use of, and what came before.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && has_avx2()
}
