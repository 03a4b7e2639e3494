//! Pipeline files, plans, fingerprints, the store and the runner.
