//! The golden reader itself: shapes, counts and targets of a case come out as they are on disk.

mod common;

#[test]
fn a_case_is_read_whole() {
    let golden = common::Golden::load("onestage");
    let batch = golden.batch();
    let encoder = &golden.config.encoder;
    assert_eq!(batch.len(), 3);
    assert_eq!(batch.text_len(), 10);
    assert_eq!(batch.img.len(), 3 * encoder.in_chans * encoder.img_size * encoder.img_size);
    assert!(batch.targets.iter().all(|t| t.boxes.len() == 1 && t.is_object == [true]));
    assert_eq!(golden.step3_mask.len(), golden.grads.values().map(|t| t.data.len()).sum::<usize>());
    assert!(golden.loss("loss_total") > 0.0);
}
