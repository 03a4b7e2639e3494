//! Pipelines that a program puts together from the stages of a file, such as one that evaluates checkpoints as they come.

use std::collections::HashMap;

use serde_json::Value;

use super::{Pipeline, Stage};
use crate::{Error, context::stage_reference};

impl Pipeline {
    /// This pipeline with another name and other stages, each of which may refer to those before it. What their `needs`
    /// say does not count: it is found anew from their parameters.
    ///
    /// # Errors
    /// [`Error::UnknownStage`] if a stage refers to one that does not come before it.
    pub fn with_stages(&self, name: String, stages: Vec<Stage>) -> Result<Self, Error> {
        let mut positions: HashMap<String, usize> = HashMap::new();
        let mut linked = Vec::with_capacity(stages.len());
        for stage in stages {
            let mut needs = Vec::new();
            let mut open = vec![&stage.params];
            while let Some(value) = open.pop() {
                match (stage_reference(value), value) {
                    (Some(id), _) => {
                        let unknown = || Error::UnknownStage { name: id.to_owned(), help: None };
                        needs.push(*positions.get(id).ok_or_else(unknown)?);
                    }
                    (None, Value::Array(items)) => open.extend(items),
                    (None, Value::Object(fields)) => open.extend(fields.values()),
                    _ => {}
                }
            }
            needs.sort_unstable();
            needs.dedup();
            positions.insert(stage.id.clone(), linked.len());
            linked.push(Stage { needs, ..stage });
        }
        Ok(Self { name, stages: linked, ..self.clone() })
    }
}
