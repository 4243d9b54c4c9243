//! Parses and compiles the policy of each group, and decides a verdict.
