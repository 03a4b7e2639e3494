use simvg_datasets::refer;
fn main() {
    let arg = std::env::args().nth(1).unwrap();
    let start = std::time::Instant::now();
    if arg == "gen" {
        simvg_datasets::synth::generate(&Default::default(), std::path::Path::new("/tmp/synth")).unwrap();
        eprintln!("{:?}", start.elapsed());
        return;
    }
    let refs = refer::raw::read_refs(std::path::Path::new(&arg)).unwrap();
    let mut h = 0usize;
    for r in &refs { for s in &r.sentences { h += s.sent.len() * 7 + s.sent_id as usize; } }
    eprintln!("{:?} {} {h} {:?}", start.elapsed(), refs.len(), refs[0].sentences);
}
