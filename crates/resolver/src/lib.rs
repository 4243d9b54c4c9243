//! DNS listeners, upstreams and answer shaping.
