//! Budgets measured on the example school, over all parts at once.
//!
//! Each crate measures its own part in its own `benches`: `matcher` a look-up, `policy` a
//! decision, `audit` the journal and the ledger, `resolver` the wire path, `proxy` a request.
//! Here the parts are joined as the binary joins them: the shipped lists and policy, and a
//! journal on a disk.
//!
//! | Budget | Bench |
//! |---|---|
//! | decision, labels known: at most 50 ns | `decision/judge` has identity and labels on top |
//! | DNS, blocked or cached: echo server + 0.3 µs | `dns_wire`; an echo has its system calls on top |
//! | a page of the console, for each role | `pages` |
//! | `explain`: 50,000 a second on one core, 20 µs each | `decision/explain` |
//!
//! Run with `cargo bench -p schoolgate-benches`, on a machine that does nothing else.
