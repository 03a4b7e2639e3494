//! The fields that every stage may have besides those of its kind: on what terms it is run.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use crate::{Field, Problem, Type};

/// More than this is a mistake and not patience: a year.
const LONGEST_TIMEOUT: f64 = 365.0 * 24.0 * 3600.0;

/// On what terms a stage is run. None of it can change the result, so none of it is in the fingerprint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// What it takes of the run's named limits while it runs, such as `gpu: 1`.
    pub resources: BTreeMap<String, u64>,
    /// How often it is tried again after a failure.
    pub retries: u32,
    /// How long one attempt may take; `None`: as long as it likes.
    pub timeout: Option<Duration>,
}

/// The fields as the file writes them.
struct Written {
    resources: BTreeMap<String, i64>,
    retries: i64,
    timeout: Option<f64>,
}

/// Fields that every kind has, in the order in which they are documented.
pub const COMMON_FIELDS: &[Field] = &[
    Field::optional(
        "resources",
        Type::Map(&Type::Int),
        "{}",
        "what the stage takes of the run's limits while it runs, such as {\"cpus\": 2, \"gpu\": 1}; any name will do",
    )
    .not_in_key(),
    Field::optional(
        "retries",
        Type::Int,
        "0",
        "how often it is tried again after a failure, first after 1 s, then after twice as long each time",
    )
    .not_in_key(),
    Field::optional(
        "timeout",
        Type::Optional(&Type::Float),
        "None",
        "seconds that one attempt may take; a training stops at a checkpoint then, a Command with all its processes",
    )
    .not_in_key(),
];

impl Terms {
    /// The terms that the canonical common fields of a stage say; those that are left out have their defaults.
    pub(crate) fn of(fields: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        // The fields have just been converted to the types of the table.
        let resources = fields.get("resources").and_then(Value::as_object).into_iter().flatten();
        let written = Written {
            resources: resources.filter_map(|(name, amount)| Some((name.clone(), amount.as_i64()?))).collect(),
            retries: fields.get("retries").and_then(Value::as_i64).unwrap_or(0),
            timeout: fields.get("timeout").and_then(Value::as_f64),
        };
        let problems = written.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            resources: written.resources.into_iter().map(|(name, amount)| (name, amount.unsigned_abs())).collect(),
            retries: u32::try_from(written.retries).unwrap_or(u32::MAX),
            timeout: written.timeout.map(Duration::from_secs_f64),
        })
    }
}

impl Written {
    fn problems(&self) -> Vec<Problem> {
        let negative = self.resources.iter().filter(|(_, amount)| **amount < 0);
        let mut problems: Vec<Problem> =
            negative.map(|(name, _)| Problem::new("resources", format!("`{name}` cannot be negative"))).collect();
        if self.retries < 0 {
            problems.push(Problem::new("retries", "it cannot be negative").with_help("0 means a single attempt"));
        }
        if self.timeout.is_some_and(|seconds| !(seconds > 0.0 && seconds <= LONGEST_TIMEOUT)) {
            let help = "in seconds; leave it out for a stage that may take as long as it likes";
            problems.push(Problem::new("timeout", "it must be more than 0 and at most a year").with_help(help));
        }
        problems
    }
}
