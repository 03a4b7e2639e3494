//! What the machine has that decides how fast, and whether, a pipeline runs.

use std::path::Path;

use serde::Serialize;

/// A disk with less room than this, in bytes, is worth a word: a checkpoint of the base model takes 0.7 GB.
const LEAST_DISK: u64 = 5_000_000_000;

/// What the program runs on. What the system does not tell is `None`.
#[derive(Serialize)]
pub struct Machine {
    /// Operating system and processor family.
    pub system: String,
    /// Name of the processor.
    pub cpu: Option<String>,
    /// Threads that stages use.
    pub threads: usize,
    /// Instructions on many numbers at once that the kernels can use.
    pub simd: Vec<&'static str>,
    /// The NVIDIA driver, if there is one.
    pub cuda: Option<String>,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Memory that is free for use, in bytes.
    pub memory_free: Option<u64>,
    /// Room on the disk of the store, in bytes.
    pub disk_free: Option<u64>,
}

impl Machine {
    /// Looks at the machine, and at the disk of `store`.
    pub fn look(store: &Path) -> Self {
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: line("/proc/cpuinfo", "model name"),
            threads: rayon::current_num_threads(),
            simd: simd(),
            cuda: line("/proc/driver/nvidia/version", "NVRM version"),
            memory: line("/proc/meminfo", "MemTotal").and_then(|text| kilobytes(&text)),
            memory_free: line("/proc/meminfo", "MemAvailable").and_then(|text| kilobytes(&text)),
            disk_free: disk_free(store),
        }
    }

    /// What could stand in the way.
    pub fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        if self.disk_free.is_some_and(|free| free < LEAST_DISK) {
            advice.push(
                "the disk of the store is nearly full: make room, or give another folder with --store".to_owned(),
            );
        }
        if self.simd.is_empty() {
            advice.push("the processor lacks AVX2: training will be several times slower than it could be".to_owned());
        }
        advice
    }
}

/// The value behind `name:` in a file of the system.
fn line(path: &str, name: &str) -> Option<String> {
    let text = fs_err::read_to_string(path).ok()?;
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    found.map(|value| value.trim().to_owned())
}

fn kilobytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Room on the disk of the folder, or of the first folder above it that is there.
fn disk_free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_bavail * disk.f_frsize)
}

#[cfg(target_arch = "x86_64")]
fn simd() -> Vec<&'static str> {
    let has = [
        ("AVX2", std::is_x86_feature_detected!("avx2")),
        ("FMA", std::is_x86_feature_detected!("fma")),
        ("AVX-512", std::is_x86_feature_detected!("avx512f")),
    ];
    has.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "aarch64")]
fn simd() -> Vec<&'static str> {
    vec!["NEON"]
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn simd() -> Vec<&'static str> {
    Vec::new()
}
