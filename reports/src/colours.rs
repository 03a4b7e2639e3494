//! Colours of the boxes in example pictures, RGB. The page explains them, whoever draws must use them.

/// What the expression means.
pub const TARGET: [u8; 3] = [30, 170, 80];
/// What the decoder branch says.
pub const DECODER: [u8; 3] = [40, 90, 230];
/// What the token branch says.
pub const TOKEN: [u8; 3] = [240, 130, 20];
/// The same in words.
pub const LEGEND: &str = "Boxes: green the target, blue the decoder branch, orange the token branch.";
