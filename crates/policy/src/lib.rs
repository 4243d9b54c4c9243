//! Parses and compiles the policy of each group, and decides a verdict.
mod settings;
pub use settings::*;
