//! Notices and their queue.
