//! A stage as the file writes it, and the drafts that it stands for.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    convert::{Converter, Reference},
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
    pub kind: String,
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
    pub fn new(name: &Node, body: &Node, findings: &mut Findings) -> Option<Self> {
        let Shape::Str(template) = &name.shape else {
            let message = format!("a stage's name must be a Str, found {}", name.describe());
            findings.report(name.span, message, "expected Str", Some("put it in quotes".to_owned()));
            return None;
        };
        let (kind, entries) = match &body.shape {
            Shape::Record(Some(kind), entries) => (kind, entries.clone()),
            Shape::Tuple(Some(kind), items) if items.is_empty() => (kind, Vec::new()),
            Shape::Word(kind) => (kind, Vec::new()),
            _ => {
                let message =
                    format!("stage `{template}` must be a Kind(field: value, ...), found {}", body.describe());
                findings.report(body.span, message, "expected a stage", None);
                return None;
            }
        };
        let (foreach, fields): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.name == "foreach");
        Some(Self {
            template: template.clone(),
            name_span: name.span,
            kind: kind.clone(),
            kind_span: Span { len: kind.len(), ..body.span },
            fields,
            foreach: foreach.into_iter().next().map(|entry| entry.value),
        })
    }

    /// The kind that it names.
    pub fn find_kind(&self, registry: &Registry, findings: &mut Findings) -> Option<Arc<dyn StageKind>> {
        registry.get(&self.kind).cloned().or_else(|| {
            let help = did_you_mean(&self.kind, registry.kinds().map(StageKind::name));
            let message = format!("there is no stage kind `{}`", self.kind);
            findings.report(self.kind_span, message, "unknown stage kind", help);
            None
        })
    }
}

impl Draft<'_> {
    /// The canonical parameters and the terms of the stage (`None` after a mistake), and the places where it refers to
    /// others.
    pub fn convert(
        &self,
        kind: &dyn StageKind,
        scope: Scope,
        findings: &mut Findings,
    ) -> (Option<(Value, Terms)>, Vec<Reference>) {
        let Written { template, fields, kind_span, .. } = self.written;
        let what = format!("stage `{template}`");
        let table: Vec<Field> = kind.fields().iter().chain(COMMON_FIELDS).copied().collect();
        let mut converter = Converter { scope, findings, references: Vec::new() };
        let values = record(&mut converter, &table, fields, *kind_span, &what);
        let references = converter.references;
        (values.and_then(|values| self.split(kind, values, &what, findings)), references)
    }

    /// Parts the fields of the kind from the common ones and asks both for what types do not catch.
    fn split(
        &self,
        kind: &dyn StageKind,
        values: Map<String, Value>,
        what: &str,
        findings: &mut Findings,
    ) -> Option<(Value, Terms)> {
        let mut params = values;
        let terms = Terms::take_from(&mut params);
        let params = Value::Object(params);
        let problems = kind.check(&params);
        let sensible = problems.is_empty();
        self.report(problems, what, findings);
        match terms {
            Ok(terms) => sensible.then_some((params, terms)),
            Err(problems) => {
                self.report(problems, what, findings);
                None
            }
        }
    }

    /// Reports problems at the places of their fields.
    fn report(&self, problems: Vec<Problem>, what: &str, findings: &mut Findings) {
        for problem in problems {
            let entry = self.written.fields.iter().find(|entry| entry.name == problem.field);
            let span = entry.map_or(self.written.kind_span, |entry| entry.value.span);
            let message = format!("`{}` of {what}: {}", problem.field, problem.message);
            findings.report(span, message, "here", problem.help);
        }
    }
}
