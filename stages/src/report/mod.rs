//! `Report`: the numbers of some evaluations as a leaderboard, beside the published results.

mod examples;

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use simvg_pipeline::{Field, StageContext, StageKind, Type};
use simvg_reports::{Pair, ReportOptions, ShowPublished, Sort};

use crate::evaluate::MEASUREMENTS;

const PAIR: &[Field] = &[
    Field::required("with", Type::Str, "label of the run of interest, such as the one with distillation"),
    Field::required("without", Type::Str, "label of the run it is compared with"),
];

const FIELDS: &[Field] = &[
    Field::required("evaluations", Type::List(&Type::Stage), "Evaluate stages whose numbers are shown"),
    Field::optional("title", Type::Str, "\"Leaderboard\"", "heading"),
    Field::optional("datasets", Type::List(&Type::Str), "[]", "data sets shown, in this order; empty for all"),
    Field::optional("metrics", Type::List(&Type::Str), "[]", "metrics shown, in this order; empty for all"),
    Field::optional("digits", Type::Int, "2", "digits behind the point"),
    Field::optional("sort", Type::OneOf(&["Value", "Method"]), "Value", "order of the lines"),
    Field::optional(
        "published",
        Type::OneOf(&["None", "Best", "All"]),
        "Best",
        "published results beside one's own: none, the best and SimVG's own, or all",
    ),
    Field::optional("compare", Type::List(&Type::Record(PAIR)), "[]", "runs to be set against each other"),
    Field::optional("examples", Type::Int, "12", "pictures with boxes on the HTML page"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    evaluations: Vec<Value>,
    title: String,
    datasets: Vec<String>,
    metrics: Vec<String>,
    digits: usize,
    sort: String,
    published: String,
    compare: Vec<Compare>,
    examples: usize,
}

#[derive(Debug, Deserialize)]
struct Compare {
    with: String,
    without: String,
}

/// The kind.
pub struct Report;

impl StageKind for Report {
    fn name(&self) -> &'static str {
        "Report"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Aggregates evaluations into a leaderboard: terminal table, Markdown, CSV, JSON and an HTML page."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let options: Options = context.read_params()?;
        let mut measurements = Vec::new();
        let mut folders = Vec::new();
        for evaluation in &options.evaluations {
            let folder = context.input(evaluation)?;
            measurements.extend(simvg_reports::read_lines(&folder.join(MEASUREMENTS))?);
            folders.push(folder);
        }
        let shown =
            ReportOptions { examples: examples::choose(&folders, options.examples)?, ..options.into_report_options() };
        simvg_reports::write_report(&context.out, &measurements, &shown)
    }
}

impl Options {
    fn into_report_options(self) -> ReportOptions {
        let published = match self.published.as_str() {
            "None" => ShowPublished::None,
            "All" => ShowPublished::All,
            _ => ShowPublished::Best,
        };
        ReportOptions {
            title: self.title,
            datasets: self.datasets,
            metrics: self.metrics,
            digits: self.digits,
            sort: if self.sort == "Method" { Sort::Method } else { Sort::Value },
            published,
            compare: self.compare.into_iter().map(|c| Pair { with: c.with, without: c.without }).collect(),
            examples: Vec::new(),
        }
    }
}
