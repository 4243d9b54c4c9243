//! HTTP and CONNECT listeners, tunnels and the block page.
