//! Numeric kernels over slices, forward and backward.
