//! A stage as the file writes it, and the drafts that it stands for.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value};

use super::{
    Stage,
    convert::{Converter, Defaults, Reference},
    findings::{Findings, Span},
    node::{Entry, Node, Shape},
    record::{Table, record},
    scope::{Each, Scope},
    suggest::did_you_mean,
    terms::{COMMON_FIELDS, Terms},
};
use crate::{Problem, Registry, StageKind};

/// `"name": Kind(field: value, foreach: {...})`, before anything is looked up.
pub(crate) struct Written<'t> {
    pub template: &'t str,
    pub name_span: Span,
    /// `None` after a mistake.
    pub kind: Option<Arc<dyn StageKind>>,
    pub kind_span: Span,
    pub fields: Cow<'t, [Entry<'t>]>,
    pub foreach: Option<Node<'t>>,
}

/// One of the stages that a [`Written`] stands for.
pub(crate) struct Draft<'w, 't> {
    pub id: &'t str,
    pub each: Each<'t>,
    pub written: &'w Written<'t>,
}

impl<'t> Written<'t> {
    /// Takes a stage apart; `None` after a mistake.
    pub fn new(name: &Node<'t>, body: &Node<'t>, registry: &Registry, findings: &mut Findings) -> Option<Self> {
        let Shape::Str(template) = name.shape else {
            let message = format!("a stage's name must be a Str, found {}", name.describe());
            findings.report(name.span, message, "expected Str", Some("put it in quotes".to_owned()));
            return None;
        };
        let (kind, all) = match body.shape {
            Shape::Record(Some(kind), entries) => (kind, entries),
            Shape::Tuple(Some(kind), []) | Shape::Word(kind) => (kind, [].as_slice()),
            _ => {
                let message =
                    format!("stage `{template}` must be a Kind(field: value, ...), found {}", body.describe());
                findings.report(body.span, message, "expected a stage", None);
                return None;
            }
        };
        let (mut fields, mut foreach) = (Cow::Borrowed(all), None);
        if let Some(at) = all.iter().position(|field| field.name == "foreach") {
            foreach = Some(fields.to_mut().remove(at).value);
        }
        let kind_span = Span { len: kind.len(), ..body.span };
        Some(Self {
            template,
            name_span: name.span,
            kind: find_kind(kind, kind_span, registry, findings),
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

impl Draft<'_, '_> {
    /// The stage, whose `needs` are not known yet (`None` after a mistake), and the places where it refers to others.
    pub fn stage(
        &self,
        scope: Scope,
        defaults: &mut Defaults,
        findings: &mut Findings,
    ) -> (Option<Stage>, Vec<Reference>) {
        let Written { template, fields, kind_span, kind, .. } = self.written;
        let Some(kind) = kind else { return (None, Vec::new()) };
        let mut converter = Converter { scope, findings, defaults, references: Vec::new() };
        let own = Table { fields: kind.fields(), others: COMMON_FIELDS };
        let mut read =
            |table: Table| record(&mut converter, table, fields, *kind_span, format_args!("stage `{template}`"));
        let params = read(own);
        // Few stages have any of these: the others need no table of defaults.
        let has_terms = fields.iter().any(|entry| COMMON_FIELDS.iter().any(|field| field.name == entry.name));
        let terms = if has_terms { read(Table { fields: own.others, others: own.fields }) } else { Some(Map::new()) };
        let references = converter.references;
        let checked = params.zip(terms).and_then(|(params, terms)| self.check(kind.as_ref(), params, &terms, findings));
        let stage =
            |(params, terms)| Stage { id: self.id.to_owned(), kind: kind.clone(), params, terms, needs: Vec::new() };
        (checked.map(stage), references)
    }

    /// Asks the fields of the kind and the common ones for what types do not catch.
    fn check(
        &self,
        kind: &dyn StageKind,
        params: Map<String, Value>,
        terms: &Map<String, Value>,
        findings: &mut Findings,
    ) -> Option<(Value, Terms)> {
        let params = Value::Object(params);
        let problems = kind.check(&params);
        let sensible = problems.is_empty();
        self.report(problems, findings);
        match Terms::of(terms) {
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
