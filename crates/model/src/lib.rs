//! The Go memory model by its definition: the oracle for tests.
