//! The pages, a file each.

pub(crate) mod ask;
pub(crate) mod fixed;
pub(crate) mod tell;
pub(crate) mod why;
