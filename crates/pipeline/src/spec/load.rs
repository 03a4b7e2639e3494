//! Reads a pipeline file from its first bracket to its checked stages.

use std::path::{Path, PathBuf};

use bumpalo::Bump;
use rayon::prelude::*;

use super::{
    Pipeline, Stage,
    base::{Fields, read_with_bases},
    convert::Defaults,
    expand::expand,
    findings::{Findings, Span},
    links::Links,
    mistake::Mistakes,
    names::is_usable,
    node::{Node, Shape},
    scope::{Params, Scope},
    settings::{Setting, apply},
    stage::{Draft, Written},
};
use crate::{Error, Registry};

/// Reads and checks the pipeline file at `path`.
///
/// # Errors
/// [`Error::Unreadable`] if the file cannot be read, [`Error::Mistakes`] with everything that is wrong in it and in
/// the files that it is based on.
pub fn load(path: &Path, settings: &[Setting], registry: &Registry) -> Result<Pipeline, Error> {
    let text = fs_err::read_to_string(path).map_err(Error::Unreadable)?;
    Ok(parse(&path.display().to_string(), &text, settings, registry)?)
}

/// Checks the text of a pipeline file; `file` names it in messages, and a `base` lies beside it.
///
/// # Errors
/// Everything that is wrong in the text or in `settings`.
pub fn parse(file: &str, text: &str, settings: &[Setting], registry: &Registry) -> Result<Pipeline, Mistakes> {
    let (arena, mut findings) = (Bump::new(), Findings::default());
    let fields = read_with_bases(&arena, Path::new(file), text, &mut findings);
    match fields.and_then(|fields| pipeline(&arena, &fields, settings, registry, &mut findings)) {
        Some(pipeline) if findings.is_clean() => Ok(pipeline),
        _ => Err(findings.into_mistakes()),
    }
}

fn pipeline<'t>(
    arena: &'t Bump,
    fields: &Fields<'t>,
    settings: &'t [Setting],
    registry: &Registry,
    findings: &mut Findings,
) -> Option<Pipeline> {
    let place = fields.place;
    let field = |name: &str| fields.entries.iter().find(|entry| entry.name == name).map(|entry| &entry.value);
    let name = match field("name") {
        Some(node) => text("name", node, findings).filter(|name| is_usable("pipeline", name, node.span, findings)),
        None => missing("name", place, findings),
    };
    let description = field("description").and_then(|node| text("description", node, findings));
    let mut params = field("params").map(|node| params(node, findings)).unwrap_or_default();
    apply(arena, settings, &mut params, findings);
    let written = written(field("stages").or_else(|| missing("stages", place, findings))?, registry, findings);
    let stages = stages(arena, &written, &params, findings)?;
    let plain = params.iter().filter_map(|(name, node)| Some(((*name).to_owned(), node.plain()?)));
    Some(Pipeline {
        name: name?,
        description: description.unwrap_or_default(),
        files: findings.files().map(PathBuf::from).collect(),
        params: plain.collect(),
        stages,
    })
}

/// Stages that a thread converts at a time.
const SHARE: usize = 128;

/// Checks every stage and puts them in order. `None` after a mistake in any of them.
fn stages<'t>(
    arena: &'t Bump,
    written: &[Written<'t>],
    params: &Params<'t>,
    findings: &mut Findings,
) -> Option<Vec<Stage>> {
    let (drafts, names) = expand(arena, written, params, findings);
    let convert = |share: &[Draft]| {
        let (mut found, mut defaults) = (findings.clone(), Defaults::new());
        let stage = |draft: &Draft| {
            let scope = Scope { params, each: &draft.each, stages: &names, own_id: draft.id };
            draft.stage(scope, &mut defaults, &mut found)
        };
        let converted: Vec<_> = share.iter().map(stage).collect();
        (converted, found)
    };
    let shares: Vec<_> = drafts.par_chunks(SHARE).map(convert).collect();
    let mut stages = Vec::with_capacity(drafts.len());
    let mut references = Vec::with_capacity(drafts.len());
    for (converted, found) in shares {
        findings.absorb(found);
        for (stage, uses) in converted {
            stages.push(stage);
            references.push(uses);
        }
    }
    let links = Links::new(&names.in_order, &references);
    arrange(stages, &links, &links.order(findings)?)
}

/// The stages in the given order, each with the new positions of what it needs.
fn arrange(mut stages: Vec<Option<Stage>>, links: &Links, order: &[usize]) -> Option<Vec<Stage>> {
    let mut position = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        position[old] = new;
    }
    let arranged = order.iter().map(|&old| {
        let mut needs: Vec<usize> = links.needs(old).iter().map(|&needed| position[needed]).collect();
        needs.sort_unstable();
        Some(Stage { needs, ..stages[old].take()? })
    });
    arranged.collect()
}

fn params<'t>(node: &Node<'t>, findings: &mut Findings) -> Params<'t> {
    let mut params = Params::new();
    let Shape::Map(pairs) = node.shape else {
        let message = format!("`params` must be a map, found {}", node.describe());
        findings.report(node.span, message, "expected a map", Some("params: {\"seed\": 1}".to_owned()));
        return params;
    };
    for (key, value) in pairs {
        let Shape::Str(name) = key.shape else {
            findings.report(key.span, "a parameter's name must be a Str".to_owned(), "expected Str", None);
            continue;
        };
        if params.insert(name, *value).is_some() {
            findings.report(key.span, format!("two parameters are called `{name}`"), "the name is taken", None);
        }
    }
    params
}

fn text(name: &str, node: &Node, findings: &mut Findings) -> Option<String> {
    match node.shape {
        Shape::Str(text) => Some(text.to_owned()),
        _ => {
            let message = format!("`{name}` of the pipeline must be a Str, found {}", node.describe());
            findings.report(node.span, message, "expected Str", None);
            None
        }
    }
}

fn written<'t>(node: &Node<'t>, registry: &Registry, findings: &mut Findings) -> Vec<Written<'t>> {
    let Shape::Map(pairs) = node.shape else {
        let message = format!("`stages` must be a map, found {}", node.describe());
        findings.report(node.span, message, "expected a map", Some("stages: {\"first\": Kind(...)}".to_owned()));
        return Vec::new();
    };
    pairs.iter().filter_map(|(name, body)| Written::new(name, body, registry, findings)).collect()
}

/// Reports a required field of the pipeline that is not there.
fn missing<T>(name: &str, place: Span, findings: &mut Findings) -> Option<T> {
    let help = "a pipeline begins with Pipeline(name: \"...\", stages: {\"first\": Kind(...)})";
    findings.report(place, format!("the pipeline needs `{name}`"), "lacks it", Some(help.to_owned()));
    None
}
