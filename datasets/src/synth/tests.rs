//! Checks on the drawn data: unambiguous, repeatable, countable, readable.

use std::collections::BTreeSet;
use std::path::Path;

use super::evaluate;
use super::grammar::{Group, draw};
use super::scene::Scene;
use super::{SynthConfig, generate, stream, vocabulary};

const SCENES: usize = 400;

fn scene(index: usize) -> Scene {
    Scene::draw(&mut stream(3, "scene", "train", index), 96.0)
}

fn small() -> SynthConfig {
    SynthConfig { train: 12, val: 4, test: 4, ..SynthConfig::default() }
}

#[test]
fn every_expression_means_exactly_its_targets() {
    for group in Group::ALL {
        for index in 0..SCENES {
            let scene = scene(index);
            for reference in draw(group, &scene, &mut stream(3, "words", "train", index), 3, 3) {
                let mut targets = reference.targets.clone();
                targets.sort_unstable();
                for text in &reference.texts {
                    assert_eq!(evaluate::targets(&scene, text), targets, "{group:?} scene {index}: {text}");
                }
            }
        }
    }
}

#[test]
fn groups_have_the_shares_and_lengths_that_they_are_meant_to_have() {
    for (group, least, words) in [
        (Group::Location, 0.9, 2.5..4.5),
        (Group::Attribute, 0.85, 2.5..4.0),
        (Group::Relation, 0.75, 8.0..11.0),
        (Group::General, 0.95, 2.0..5.5),
    ] {
        let texts: Vec<String> = (0..SCENES)
            .flat_map(|i| draw(group, &scene(i), &mut stream(3, "words", "train", i), 1, 1))
            .flat_map(|reference| reference.texts)
            .collect();
        assert!(texts.len() as f64 >= least * SCENES as f64, "{group:?}: {}", texts.len());
        let mean = texts.iter().map(|text| text.split(' ').count()).sum::<usize>() as f64 / texts.len() as f64;
        assert!(words.contains(&mean), "{group:?}: {mean} words");
    }
}

#[test]
fn general_expressions_have_no_one_or_several_targets() {
    let drawn = (0..SCENES).flat_map(|i| draw(Group::General, &scene(i), &mut stream(3, "words", "train", i), 2, 1));
    let counts: Vec<usize> = drawn.map(|reference| reference.targets.len()).collect();
    let share =
        |wanted: fn(usize) -> bool| counts.iter().filter(|&&count| wanted(count)).count() as f64 / counts.len() as f64;
    assert!((0.2..0.4).contains(&share(|count| count == 0)), "{}", share(|count| count == 0));
    assert!(share(|count| count == 1) > 0.15);
    assert!(share(|count| count > 1) > 0.35);
}

#[test]
fn the_vocabulary_holds_every_word_and_no_other() {
    let vocabulary: BTreeSet<String> = vocabulary().into_iter().collect();
    let mut said = BTreeSet::new();
    for group in Group::ALL {
        for index in 0..4 * SCENES {
            for reference in draw(group, &scene(index), &mut stream(3, "words", "train", index), 6, 4) {
                said.extend(reference.texts.iter().flat_map(|text| text.split(' ')).map(str::to_owned));
            }
        }
    }
    assert_eq!(said.difference(&vocabulary).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(vocabulary.difference(&said).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_shipped_tokenizer_knows_every_word() {
    for word in vocabulary() {
        assert!(crate::text::toy::WORDS.contains(&word.as_str()), "{word}");
    }
}

#[test]
fn objects_lie_inside_and_show() {
    for index in 0..SCENES {
        let scene = scene(index);
        assert!((2..=6).contains(&scene.objects.len()));
        for object in &scene.objects {
            let [x0, y0, x1, y1] = object.corners();
            assert!(x0 >= 0.0 && y0 >= 0.0 && x1 <= 96.0 && y1 <= 96.0);
        }
    }
}

/// Every file under `dir` with its bytes.
fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(contents(&path)),
            false => files.push((path.file_name().unwrap().to_string_lossy().into(), fs_err::read(&path).unwrap())),
        }
    }
    files.sort();
    files
}

fn generated(config: &SynthConfig, threads: usize) -> Vec<(String, Vec<u8>)> {
    let dir = tempfile::tempdir().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| generate(config, dir.path())).unwrap();
    contents(dir.path())
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_any_number_of_threads() {
    let files = generated(&small(), 1);
    assert!(files == generated(&small(), 3));
    assert!(files != generated(&SynthConfig { seed: 8, ..small() }, 1));
    assert_eq!(files.len(), 20 + 4 + 4);
}

#[test]
fn more_scenes_leave_the_first_ones_as_they_were() {
    let few = generated(&SynthConfig { val: 0, test: 0, ..small() }, 1);
    let many = generated(&SynthConfig { train: 20, val: 0, test: 0, ..small() }, 1);
    let pictures = few.iter().filter(|(name, _)| name.ends_with(".jpg"));
    assert!(pictures.into_iter().all(|picture| many.contains(picture)));
}

#[test]
fn what_is_out_of_range_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for config in [
        SynthConfig { canvas: 8, ..small() },
        SynthConfig { quality: 0, ..small() },
        SynthConfig { refs_per_group: 0, ..small() },
    ] {
        assert!(generate(&config, dir.path()).is_err());
    }
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
}
