//! Turns a source address into a subject.
