//! Raw data sets in, samples, pictures and tokens out.
