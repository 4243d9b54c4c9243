//! What the UDP doors answer by themselves, they answer without allocating (DESIGN, section 6).
#![allow(
    clippy::unwrap_used,
    reason = "a fault of the stage is a fault of the test"
)]
#![allow(unsafe_code, reason = "a counting allocator cannot be written without")]

#[allow(dead_code, reason = "shared with the tests of the doors")]
#[path = "stage/school.rs"]
mod school;
#[path = "stage/wire.rs"]
mod wire;

use model::{Clock, ManualClock};
use resolver::probe::Probe;
use resolver::{Protocol, Settings, Upstream};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged; the counter is a plain cell
// of this thread, made without allocating.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn probe() -> Probe {
    let clock = Arc::new(ManualClock::new("2026-11-23T12:00:00Z".parse().unwrap()));
    let gate = school::gate(clock as Arc<dyn Clock>, &school::LABELLED);
    let settings = Settings {
        upstreams: vec![Upstream {
            protocol: Protocol::Udp,
            address: "192.0.2.53".to_owned(),
            name: None,
            path: None,
        }],
        client_rate: 100_000,
        ..Settings::default()
    };
    Probe::new(&gate, &settings).unwrap()
}

/// Asks a thousand times after the first; gives back how often anything was allocated.
fn allocations(probe: &mut Probe, packet: &[u8], from: IpAddr) -> u64 {
    assert!(!probe.answer(packet, from).is_empty());
    let before = COUNT.with(Cell::get);
    for _ in 0..1000 {
        assert!(!probe.answer(packet, from).is_empty());
    }
    COUNT.with(Cell::get) - before
}

#[test]
fn a_closed_answer_allocates_nothing() {
    let mut probe = probe();
    let packet = wire::question("www.Bets.test");
    assert_eq!(allocations(&mut probe, &packet, school::PUPIL), 0);
}

#[test]
fn a_remembered_answer_allocates_nothing() {
    let mut probe = probe();
    let packet = wire::question("www.site.test");
    assert!(
        probe.answer(&packet, school::PUPIL).is_empty(),
        "nothing is known yet"
    );
    probe
        .teach(&packet, school::PUPIL, &wire::answer(&packet))
        .unwrap();
    assert_eq!(allocations(&mut probe, &packet, school::PUPIL), 0);
}

#[test]
fn a_refusal_allocates_nothing() {
    let mut probe = probe();
    let packet = wire::question("www.site.test");
    assert_eq!(allocations(&mut probe, &packet, school::STRANGER), 0);
}
