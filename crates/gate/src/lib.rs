//! The one decision path: identify, label, decide, record.
