//! Expands `foreach`: one stage in the file, several in the pipeline.

use std::borrow::Cow;

use bumpalo::Bump;

use super::{
    findings::Findings,
    names::is_usable,
    node::{Node, Shape},
    scope::{Each, Params, Scope, StageNames, fill_in},
    stage::{Draft, Written},
};

/// Every stage that the written ones stand for, with the names of all of them.
pub(crate) fn expand<'w, 't>(
    arena: &'t Bump,
    written: &'w [Written<'t>],
    params: &Params<'t>,
    findings: &mut Findings,
) -> (Vec<Draft<'w, 't>>, StageNames<'t>) {
    let mut drafts: Vec<Draft> = Vec::with_capacity(written.len());
    let mut names = StageNames::default();
    for stage in written {
        for each in combinations(stage, params, findings).unwrap_or_default() {
            let id = match fill_in(stage.template, stage.name_span, &each, findings) {
                Some(Cow::Borrowed(template)) => template,
                Some(Cow::Owned(id)) => arena.alloc_str(&id),
                None => break,
            };
            if !is_usable("stage", id, stage.name_span, findings) {
                break;
            }
            if let Some(&first) = names.position.get(id) {
                report_duplicate(id, stage, drafts[first].written, findings);
                continue;
            }
            names.position.insert(id, drafts.len());
            names.in_order.push(id);
            drafts.push(Draft { id, each, written: stage });
        }
    }
    (drafts, names)
}

/// The product of the lists of a `foreach`, the first list varying slowest; one empty combination without `foreach`.
fn combinations<'t>(stage: &Written<'t>, params: &Params<'t>, findings: &mut Findings) -> Option<Vec<Each<'t>>> {
    let mut all: Vec<Each> = vec![Vec::new()];
    let Some(foreach) = &stage.foreach else { return Some(all) };
    let Shape::Map(pairs) = foreach.shape else { return wrong_shape(foreach, findings) };
    let empty = (Each::new(), StageNames::default());
    let scope = Scope { params, each: &empty.0, stages: &empty.1, own_id: "" };
    for (key, list) in pairs {
        let list = scope.resolve(list, findings)?;
        let (Shape::Str(name), Shape::List(items)) = (key.shape, list.shape) else {
            return wrong_shape(&list, findings);
        };
        if items.is_empty() {
            findings.report(list.span, format!("foreach `{name}` has no values"), "an empty list", None);
            return None;
        }
        let extended = |each: &Each<'t>, item: &Node<'t>| {
            let mut each = each.clone();
            each.push((name, *item));
            each
        };
        all = all.iter().flat_map(|each| items.iter().map(move |item| extended(each, item))).collect();
    }
    Some(all)
}

fn wrong_shape<T>(node: &Node, findings: &mut Findings) -> Option<T> {
    let message = format!("foreach must be a map of lists, found {}", node.describe());
    findings.report(node.span, message, "expected lists", Some("foreach: {\"seed\": [1, 2, 3]}".to_owned()));
    None
}

fn report_duplicate(id: &str, stage: &Written, first: &Written, findings: &mut Findings) {
    let help = (stage.name_span == first.name_span)
        .then(|| "put every foreach value that differs into the name, as in \"train_{seed}\"".to_owned());
    let second = help.is_none().then_some((first.name_span, "first here"));
    findings.report_with(stage.name_span, format!("two stages are called `{id}`"), "the name is taken", help, second);
}
