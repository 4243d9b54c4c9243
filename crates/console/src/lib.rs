//! The management listener: health and metrics.
