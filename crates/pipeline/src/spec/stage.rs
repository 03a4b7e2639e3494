//! A stage as the file writes it, and the drafts that it stands for.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Stage,
    convert::{Converter, Defaults, Reference},
    findings::{Findings, Span},
    node::{Entry, Node, Shape},
    record::record,
    scope::{Each, Scope},
    suggest::did_you_mean,
    terms::{COMMON_FIELDS, Terms},
};
use crate::{Field, Problem, Registry, StageKind};

/// `"name": Kind(field: value, foreach: {...})`, before anything is looked up.
pub(crate) struct Written {
    pub template: String,
    pub name_span: Span,
    /// `None` after a mistake.
    pub kind: Option<Arc<dyn StageKind>>,
    pub kind_span: Span,
    pub fields: Vec<Entry>,
    pub foreach: Option<Node>,
}

/// One of the stages that a [`Written`] stands for.
pub(crate) struct Draft<'w> {
    pub id: String,
    pub each: Each,
    pub written: &'w Written,
}

impl Written {
    /// Takes a stage apart; `None` after a mistake.
    pub fn new(name: Node, body: Node, registry: &Registry, findings: &mut Findings) -> Option<Self> {
        let Shape::Str(template) = name.shape else {
            let message = format!("a stage's name must be a Str, found {}", name.describe());
            findings.report(name.span, message, "expected Str", Some("put it in quotes".to_owned()));
            return None;
        };
        let (kind, mut fields) = match body.shape {
            Shape::Record(Some(kind), entries) => (kind, entries),
            Shape::Tuple(Some(kind), items) if items.is_empty() => (kind, Vec::new()),
            Shape::Word(kind) => (kind, Vec::new()),
            _ => {
                let message =
                    format!("stage `{template}` must be a Kind(field: value, ...), found {}", body.describe());
                findings.report(body.span, message, "expected a stage", None);
                return None;
            }
        };
        let foreach = fields.iter().position(|field| field.name == "foreach").map(|at| fields.remove(at).value);
        let kind_span = Span { len: kind.len(), ..body.span };
        Some(Self {
            template,
            name_span: name.span,
            kind: find_kind(&kind, kind_span, registry, findings),
            kind_span,
            fields,
            foreach,
        })
    }
}

fn find_kind(name: &str, span: Span, registry: &Registry, findings: &mut Findings) -> Option<Arc<dyn StageKind>> {
    registry.get(name).cloned().or_else(|| {
        let help = did_you_mean(name, registry.kinds().map(StageKind::name));
        findings.report(span, format!("there is no stage kind `{name}`"), "unknown stage kind", help);
        None
    })
}

impl Draft<'_> {
    /// The stage, whose `needs` are not known yet (`None` after a mistake), and the places where it refers to others.
    pub fn stage(
        &self,
        scope: Scope,
        defaults: &mut Defaults,
        findings: &mut Findings,
    ) -> (Option<Stage>, Vec<Reference>) {
        let Written { template, fields, kind_span, kind, .. } = self.written;
        let Some(kind) = kind else { return (None, Vec::new()) };
        let table: Vec<Field> = kind.fields().iter().chain(COMMON_FIELDS).copied().collect();
        let mut converter = Converter { scope, findings, defaults, references: Vec::new() };
        let values = record(&mut converter, &table, fields, *kind_span, format_args!("stage `{template}`"));
        let references = converter.references;
        let split = values.and_then(|values| self.split(kind.as_ref(), values, findings));
        let stage =
            |(params, terms)| Stage { id: self.id.clone(), kind: kind.clone(), params, terms, needs: Vec::new() };
        (split.map(stage), references)
    }

    /// Parts the fields of the kind from the common ones and asks both for what types do not catch.
    fn split(
        &self,
        kind: &dyn StageKind,
        values: Map<String, Value>,
        findings: &mut Findings,
    ) -> Option<(Value, Terms)> {
        let mut params = values;
        let terms = Terms::take_from(&mut params);
        let params = Value::Object(params);
        let problems = kind.check(&params);
        let sensible = problems.is_empty();
        self.report(problems, findings);
        match terms {
            Ok(terms) => sensible.then_some((params, terms)),
            Err(problems) => {
                self.report(problems, findings);
                None
            }
        }
    }

    /// Reports problems at the places of their fields.
    fn report(&self, problems: Vec<Problem>, findings: &mut Findings) {
        for problem in problems {
            let entry = self.written.fields.iter().find(|entry| entry.name == problem.field);
            let span = entry.map_or(self.written.kind_span, |entry| entry.value.span);
            let message = format!("`{}` of stage `{}`: {}", problem.field, self.written.template, problem.message);
            findings.report(span, message, "here", problem.help);
        }
    }
}
