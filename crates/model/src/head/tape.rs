//! The tape that the head is recorded on.
//!
//! dfdx moves its tape along with each tensor, which suits chains; the head is full of branches (a memory that every
//! layer reads, outputs of every layer), so here all tensors share one tape. `NoneTape` in its place records nothing.

use std::cell::RefCell;
use std::rc::Rc;

use dfdx::prelude::*;

/// Something the head can run on: a shared tape, or none for inference.
pub trait Recorder: Tape<f32, Cpu> + Clone + 'static {}

impl Recorder for NoneTape {}
impl Recorder for SharedTape {}

/// A single number.
pub type Scalar<T = NoneTape> = Tensor<(), f32, Cpu, T>;
/// A vector.
pub type Vector<T = NoneTape> = Tensor<(usize,), f32, Cpu, T>;
/// A matrix; in the head its rows are tokens or queries of all samples.
pub type Matrix<T = NoneTape> = Tensor<(usize, usize), f32, Cpu, T>;
/// A batch of matrices.
pub type Cube<T = NoneTape> = Tensor<(usize, usize, usize), f32, Cpu, T>;

/// A tape that clones share. It stays on the thread that made it.
#[derive(Clone, Default)]
pub struct SharedTape(Rc<RefCell<OwnedTape<f32, Cpu>>>);

impl SharedTape {
    fn take(&self) -> OwnedTape<f32, Cpu> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl Tape<f32, Cpu> for SharedTape {
    const OWNS_TAPE: bool = true;

    fn add_backward_op<F>(&mut self, operation: F)
    where
        F: 'static + FnOnce(&mut Gradients<f32, Cpu>) -> Result<(), CpuError>,
    {
        self.0.borrow_mut().add_backward_op(operation);
    }
}

impl Merge<NoneTape> for SharedTape {
    fn merge(self, _: NoneTape) -> Self {
        self
    }
}

impl Merge<SharedTape> for SharedTape {
    /// dfdx starts fresh tapes inside some operations (`softmax`, `normalize`) and merges them back at once.
    fn merge(self, other: SharedTape) -> Self {
        if !Rc::ptr_eq(&self.0, &other.0) {
            let merged = self.take().merge(other.take());
            *self.0.borrow_mut() = merged;
        }
        self
    }
}

/// Gradients of a number with respect to everything recorded on its tape.
pub fn backward(number: Scalar<SharedTape>) -> Gradients<f32, Cpu> {
    let (value, tape) = number.split_tape();
    value.put_tape(tape.take()).backward()
}

/// Takes the gradient of a tensor out of `gradients`; zeros if nothing reached it.
pub fn take_gradient<S: Shape>(gradients: &mut Gradients<f32, Cpu>, tensor: &Tensor<S, f32, Cpu>) -> Vec<f32> {
    let gradient = gradients.get_or_alloc_mut(tensor).expect("the host allocator aborts instead of failing");
    std::mem::take(&mut **gradient)
}

/// The host. A new dfdx device seeds a random generator, which costs more than most operations of the head.
pub fn device() -> Cpu {
    thread_local!(static DEVICE: Cpu = Cpu::default());
    DEVICE.with(Cpu::clone)
}

/// A matrix that is given, not computed.
pub fn matrix<T: Recorder>(tape: &T, data: Vec<f32>, rows: usize, cols: usize) -> Matrix<T> {
    device().tensor_from_vec(data, (rows, cols)).put_tape(tape.clone())
}

/// A vector that is given, not computed.
pub fn vector<T: Recorder>(tape: &T, data: Vec<f32>) -> Vector<T> {
    let len = data.len();
    device().tensor_from_vec(data, (len,)).put_tape(tape.clone())
}

/// Column `index` of a matrix.
pub fn column<T: Recorder>(matrix: &Matrix<T>, index: usize) -> Vector<T> {
    let transposed = matrix.clone().permute::<(usize, usize), Axes2<1, 0>>();
    transposed.select(device().tensor(index))
}

/// The value of a number.
pub fn value<T>(number: &Scalar<T>) -> f32 {
    number.as_vec()[0]
}
