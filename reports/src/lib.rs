//! Leaderboards from measurements.
