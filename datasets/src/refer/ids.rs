//! Sets and maps of ids. Annotation files have millions of them, and the standard library's hash takes a good part of the
//! time that reading takes; this one is keyed at random too, so that no file can make all ids collide.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

/// Values by id.
pub type IdMap<V> = HashMap<i64, V, RandomState>;

/// Ids.
pub type IdSet = HashSet<i64, RandomState>;
