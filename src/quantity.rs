//! Sizes and times as people write and read them: `50G`, `30d`.

use std::time::Duration;

/// Bytes from a number with or without a unit of 1000 (`K`, `M`, `G`, `T`) or 1024 (`Ki`, `Mi`, `Gi`, `Ti`).
///
/// # Errors
/// What is wrong, for the command line.
pub fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text)?;
    let unit = unit.trim_end_matches(['b', 'B']);
    let (prefix, base) = unit.strip_suffix('i').map_or((unit, 1000.0_f64), |prefix| (prefix, 1024.0));
    let power = match prefix {
        "" => 0,
        "k" | "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err(format!("`{unit}` is no unit of size; use K, M, G, T, or Ki, Mi, Gi, Ti")),
    };
    // A float holds every size below 9 PB exactly enough, and `as` stops at the largest number.
    Ok((number * base.powi(power)) as u64)
}

/// A time from a number with a unit: `s`, `m`, `h`, `d` or `w`.
///
/// # Errors
/// What is wrong, for the command line.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        "w" => 7.0 * 86400.0,
        _ => return Err("it needs a unit: s, m, h, d or w, as in 30d".to_owned()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

/// A number and what stands behind it.
fn split(text: &str) -> Result<(f64, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..end].parse().map_err(|_| "it must begin with a number, as in 50G or 30d".to_owned())?;
    Ok((number, text[end..].trim()))
}

/// A time in its largest unit: `3 d`, `20 h`, `5 min`, `12 s`.
pub fn short_time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, short_time};

    #[test]
    fn sizes_and_times_are_read() {
        assert_eq!(bytes("50G"), Ok(50_000_000_000));
        assert_eq!(bytes("1.5Mi"), Ok(1_572_864));
        assert_eq!(bytes("1 kB"), Ok(1000));
        assert_eq!(bytes("7"), Ok(7));
        assert!(bytes("G").is_err() && bytes("5X").is_err() && bytes("").is_err());
        assert_eq!(duration("30d").map(|time| time.as_secs()), Ok(30 * 86400));
        assert_eq!(duration("0.5h").map(|time| time.as_secs()), Ok(1800));
        assert!(duration("30").is_err() && duration("d").is_err() && duration("1e9999w").is_err());
        assert_eq!((short_time(59), short_time(90000)), ("59 s".to_owned(), "1 d".to_owned()));
    }
}
