//! The pipelines have the settings of the official configurations: `tests/recipes.csv` holds one of these a row.

use std::collections::BTreeMap;

use serde_json::Value;
use simvg_model::config::ModelConfig;
use simvg_pipeline::{Pipeline, Registry, load};

use super::assert_none;
use super::files::root;

/// One official configuration, by the names of the columns.
type Row = BTreeMap<String, String>;

#[test]
fn every_official_configuration_is_a_stage_with_its_settings() {
    let (mut wrong, mut pipelines) = (Vec::new(), BTreeMap::new());
    for row in rows() {
        let (file, stage) = place(&row["config"]);
        let pipeline = pipelines.entry(file.clone()).or_insert_with(|| open(&file));
        let at = pipeline.position(&stage).unwrap_or_else(|| panic!("{file} has no stage {stage}"));
        let settings = settings(&pipeline.stages[at].params);
        let differs = |(name, ours): &(&str, String)| row[*name] != *ours;
        let line = |(name, ours): (&str, String)| format!("{file}, {stage}: {name} {ours}, official {}", row[name]);
        wrong.extend(settings.into_iter().filter(differs).map(line));
    }
    assert_none("recipes are as official", wrong);
}

#[test]
fn the_recipes_say_how_many_they_are() {
    assert_eq!(rows().len(), 53);
}

/// The rows of the CSV, whose cells are quoted where they hold commas.
fn rows() -> Vec<Row> {
    let text = fs_err::read_to_string(root().join("tests/recipes.csv")).unwrap();
    let mut lines = text.lines().map(cells);
    let header = lines.next().unwrap();
    lines.map(|line| header.iter().cloned().zip(line).collect()).collect()
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

fn open(file: &str) -> Pipeline {
    let path = root().join("pipelines").join(file);
    load(&path, &[], &Registry::new(simvg_stages::registry())).unwrap_or_else(|error| panic!("{file}: {error:?}"))
}

/// The pipeline file and the stage that stand for an official configuration.
fn place(config: &str) -> (String, String) {
    let parts: Vec<&str> = config.trim_end_matches(".py").split('/').collect();
    match parts[..] {
        ["mix", _, "pretrain-cocoall"] => ("pretrain_cocoall.ron".into(), "pretrain".into()),
        ["mix", _, "pretrian-mixed"] => ("pretrain_mixed.ron".into(), "pretrain".into()),
        ["mix", _, recipe, set] => {
            let file = if recipe.ends_with("mix") { "pretrain_mixed.ron" } else { "pretrain_cocoall.ron" };
            let verb = if recipe.starts_with("finetune") { "finetune" } else { "distill" };
            (file.into(), format!("{verb}_{}", data_set(set.rsplit('#').next().unwrap())))
        }
        ["single", vit, folder, name] => {
            let (_, recipe) = name.split_once('_').unwrap();
            let (recipe, stage) = match recipe {
                "twostage_1" => ("twostage", "stage1"),
                "twostage_2" => ("twostage", "stage2"),
                other => (other, "train"),
            };
            let size = if vit == "ViT-large" { "_large" } else { "" };
            (format!("{}_{recipe}{size}.ron", data_set(folder)), stage.into())
        }
        _ => panic!("{config} is not the name of an official configuration"),
    }
}

/// Our name of a data set.
fn data_set(official: &str) -> &str {
    match official {
        "refcocoplus" => "refcoco+",
        "refcocoggoogle" => "refcocog_google",
        "refcocog-umd" => "refcocog",
        same => same,
    }
}

/// What the canonical parameters of a training stage say, written as the CSV writes it.
fn settings(params: &Value) -> Vec<(&'static str, String)> {
    let preset = params["model"]["preset"].as_str().unwrap();
    let config = ModelConfig::preset(preset).unwrap();
    let (encoder, head) = (&params["model"]["encoder"], &params["model"]["head"]);
    let or = |value: &Value, default: String| if value.is_null() { default } else { value.to_string() };
    let number = |name: &str| format!("{}", params[name].as_f64().unwrap());
    vec![
        ("vit", preset.to_owned()),
        ("image", or(&encoder["img_size"], config.encoder.img_size.to_string())),
        ("max_token", number("max_token")),
        ("batch", number("batch")),
        ("lr", number("lr")),
        ("warmup_epochs", number("warmup_epochs")),
        ("decay_epochs", list(&params["decay_epochs"])),
        ("epochs", number("epochs")),
        ("ema", if params["ema"].is_null() { "False" } else { "True" }.to_owned()),
        ("queries", or(&head["num_queries"], config.head.num_queries.to_string())),
        ("branch_loss_weight", weights(&params["branch_loss_weight"])),
        ("large_scale_jitter", if params["jitter"].is_null() { "no" } else { "yes" }.to_owned()),
        ("drop_path", or(&encoder["drop_path_rate"], config.encoder.drop_path_rate.to_string())),
        ("clip", number("clip")),
        ("start_evaluate_epoch", number("evaluate_from")),
    ]
}

fn list(values: &Value) -> String {
    let texts: Vec<String> = values.as_array().unwrap().iter().map(ToString::to_string).collect();
    texts.join(";")
}

/// Weights without those that are not set, `{decoder:1.0}`: the CSV's quotes are dropped with those around its cells.
fn weights(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            // The official files name the decoder first and the ground truth before the distillation.
            let order = ["decoder", "balanced_distill", "token", "distill"];
            let set = order.iter().filter_map(|name| Some((name, fields.get(*name).filter(|v| !v.is_null())?)));
            let texts: Vec<String> = set.map(|(name, value)| format!("{name}:{}", weights(value))).collect();
            format!("{{{}}}", texts.join(","))
        }
        number => format!("{:?}", number.as_f64().unwrap()),
    }
}
