//! The desk where the policy changes: bundles, approvals, activation.
