//! Input tokens of the encoder: CLS and patches, and words, each with its learned position.
//!
//! Shapes: B samples of P pictures, N patches, L words, C width. Vision rows `[B, 1 + N, C]`, text rows `[B, L, C]`.

use rayon::prelude::*;

/// `x[b, 0] = cls + positions[0]`, `x[b, 1 + n] = patches[shown[b], n] + positions[1 + n]`.
/// patches `[P, N, C]`, shown `[B]`, cls `[C]`, positions `[1 + N, C]`.
pub fn vision_forward(x: &mut [f32], patches: &[f32], shown: &[usize], cls: &[f32], positions: &[f32]) {
    let (width, sample) = (cls.len(), positions.len());
    x.par_chunks_mut(sample).zip_eq(shown).for_each(|(x, &picture)| {
        let tokens = cls.iter().chain(row(patches, picture, sample - width));
        x.iter_mut().zip(tokens).zip(positions).for_each(|((x, token), position)| *x = token + position);
    });
}

/// `dpatches =` gradient of the patches, a sum over the samples that show them; `dcls`, `dpositions` `+=` theirs.
pub fn vision_backward(dpatches: &mut [f32], shown: &[usize], dcls: &mut [f32], dpositions: &mut [f32], dx: &[f32]) {
    let (width, sample) = (dcls.len(), dpositions.len());
    dpatches.fill(0.0);
    for (dx, &picture) in dx.chunks_exact(sample).zip(shown) {
        add(dpositions, dx);
        add(dcls, &dx[..width]);
        add(&mut dpatches[picture * (sample - width)..][..sample - width], &dx[width..]);
    }
}

/// `x[b, l] = table[ids[b, l]] + positions[l]`, and exactly 0 where the word is padding.
/// ids, padding `[B, L]`; positions `[L, C]`. Panics if an id is outside the table.
pub fn text_forward(x: &mut [f32], ids: &[u32], padding: &[u8], table: &[f32], positions: &[f32], width: usize) {
    assert_eq!(ids.len(), padding.len(), "one padding flag a token");
    let length = positions.len() / width;
    for (i, (x, (&id, &pad))) in x.chunks_exact_mut(width).zip(ids.iter().zip(padding)).enumerate() {
        if pad != 0 {
            x.fill(0.0);
            continue;
        }
        let (word, position) = (row(table, id as usize, width), row(positions, i % length, width));
        x.iter_mut().zip(word).zip(position).for_each(|((x, word), position)| *x = word + position);
    }
}

/// `dtable`, `dpositions` `+=` the gradients of the rows that were read; padding gets none.
pub fn text_backward(
    dtable: &mut [f32],
    dpositions: &mut [f32],
    dx: &[f32],
    ids: &[u32],
    padding: &[u8],
    width: usize,
) {
    let length = dpositions.len() / width;
    for (i, (dx, (&id, &pad))) in dx.chunks_exact(width).zip(ids.iter().zip(padding)).enumerate() {
        if pad == 0 {
            add(&mut dtable[id as usize * width..][..width], dx);
            add(&mut dpositions[i % length * width..][..width], dx);
        }
    }
}

fn row(table: &[f32], index: usize, width: usize) -> &[f32] {
    &table[index * width..][..width]
}

fn add(sum: &mut [f32], x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vision_tokens_have_their_positions() {
        let mut x = [0.0; 6];
        vision_forward(&mut x, &[1.0, 2.0, 3.0, 4.0], &[0, 1], &[9.0], &[10.0, 20.0, 30.0]);
        assert_eq!(x, [19.0, 21.0, 32.0, 19.0, 23.0, 34.0]);
        let (mut dpatches, mut dcls, mut dpositions) = ([0.0; 4], [1.0], [1.0; 3]);
        vision_backward(&mut dpatches, &[0, 1], &mut dcls, &mut dpositions, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((dpatches, dcls, dpositions), ([2.0, 3.0, 5.0, 6.0], [6.0], [6.0, 8.0, 10.0]));
    }

    #[test]
    fn samples_of_one_picture_share_its_patches() {
        let mut x = [0.0; 6];
        vision_forward(&mut x, &[1.0, 3.0], &[1, 1, 0], &[9.0], &[10.0, 20.0]);
        assert_eq!(x, [19.0, 23.0, 19.0, 23.0, 19.0, 21.0]);
        let (mut dpatches, mut dcls, mut dpositions) = ([7.0; 3], [0.0], [0.0; 2]);
        vision_backward(&mut dpatches, &[1, 1, 0], &mut dcls, &mut dpositions, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((dpatches, dcls, dpositions), ([6.0, 6.0, 0.0], [9.0], [9.0, 12.0]), "one picture is not shown");
    }

    #[test]
    fn padding_enters_as_zero_and_gets_no_gradient() {
        let (ids, padding) = ([2, 0, 2, 1], [0, 0, 0, 1]);
        let mut x = [f32::NAN; 4];
        text_forward(&mut x, &ids, &padding, &[1.0, 2.0, 3.0], &[10.0, 20.0], 1);
        assert_eq!(x, [13.0, 21.0, 13.0, 0.0]);
        let (mut dtable, mut dpositions) = ([0.0; 3], [0.0; 2]);
        text_backward(&mut dtable, &mut dpositions, &[1.0, 2.0, 3.0, 4.0], &ids, &padding, 1);
        assert_eq!((dtable, dpositions), ([2.0, 0.0, 4.0], [4.0, 2.0]));
    }

    #[test]
    fn no_words_are_fine() {
        text_forward(&mut [], &[], &[], &[1.0], &[1.0], 1);
        text_backward(&mut [0.0], &mut [0.0], &[], &[], &[], 1);
    }
}
