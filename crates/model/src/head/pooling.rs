//! The pooled text feature: the largest value of every channel over some of the words.

use dfdx::prelude::*;

use super::tape::{Matrix, Recorder, device};
use crate::config::TextPool;

impl TextPool {
    /// Positions that take part, of a text with this padding.
    fn members(self, padding: &[u8]) -> Vec<usize> {
        let last = padding.len() - 1;
        let members: Vec<usize> = match self {
            Self::LastTwo => {
                let (some_word, some_padding) = (padding.contains(&0), padding.contains(&1));
                let pair = [(last, some_word), (last.saturating_sub(1), some_padding)];
                pair.into_iter().filter_map(|(i, used)| used.then_some(i)).collect()
            }
            Self::MaskedMax => (0..=last).filter(|&i| padding[i] == 0).collect(),
        };
        if members.is_empty() { vec![last] } else { members }
    }

    /// Words `[B*L, D]` with their padding `[B, L]` to `[B, D]`. The gradient goes to one word a channel, as PyTorch does
    /// it: padded words are often exactly equal, and dfdx's own maximum would pay each of them in full.
    pub fn forward<T: Recorder>(self, words: Matrix<T>, padding: &[u8], length: usize) -> Matrix<T> {
        let (rows, dim) = *words.shape();
        let values = words.as_vec();
        let mut chosen = vec![0.0; rows * dim];
        for (sample, padding) in padding.chunks_exact(length).enumerate() {
            let members = self.members(padding);
            for channel in 0..dim {
                let at = |&i: &usize| (sample * length + i) * dim + channel;
                let largest = members.iter().map(at).reduce(|a, b| if values[b] > values[a] { b } else { a });
                chosen[largest.expect("some word takes part")] = 1.0;
            }
        }
        let chosen = device().tensor_from_vec(chosen, (rows, dim));
        (words * chosen).reshape_like(&(rows / length, length, dim)).sum::<_, Axis<1>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_mask_picks_the_last_two_words() {
        assert_eq!(TextPool::LastTwo.members(&[0, 0, 1, 1]), [3, 2]);
        assert_eq!(TextPool::LastTwo.members(&[0, 0, 0, 0]), [3]);
        assert_eq!(TextPool::MaskedMax.members(&[0, 0, 1, 1]), [0, 1]);
    }

    #[test]
    fn equal_words_share_one_gradient() {
        let tape = super::super::tape::SharedTape::default();
        let words = Cpu::default().tensor_from_vec(vec![1.0f32, 1.0, 1.0, 1.0], (2, 2));
        let pooled = TextPool::LastTwo.forward(words.clone().put_tape(tape), &[0, 1], 2);
        assert_eq!(pooled.as_vec(), [1.0, 1.0]);
        let mut gradients = super::super::tape::backward(pooled.sum());
        let gradient = super::super::tape::take_gradient(&mut gradients, &words);
        assert_eq!(gradient.iter().sum::<f32>(), 2.0);
    }
}
