//! Events as lines of JSON.

use simvg_pipeline::{Event, Observer};

use super::print_json;

/// Prints every event as one JSON object a line.
pub struct JsonLines;

impl Observer for JsonLines {
    fn observe(&self, event: &Event) {
        // A run goes on when its reader has gone.
        let _ = print_json(event);
    }
}
