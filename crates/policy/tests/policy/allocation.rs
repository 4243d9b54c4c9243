//! Deciding allocates nothing: counted, not believed.

#![allow(
    unsafe_code,
    reason = "a counting allocator is the only way to see an allocation"
)]

use crate::school::{LESSON, School};
use model::{HostBuffer, Target};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged; counting touches a
// const-initialised thread-local that never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System.alloc` with this `layout`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn deciding_allocates_nothing() {
    let asking = School::new()
        .pack("p", &["bbc.co.uk", "example.org"])
        .ks2("packs = [\"p\"]\n[access]\ngames = { allow = \"breaks\" }\n[[rule]]\nname = \"r\"\nsites = [\"a.example/x\"]\naction = \"block\"\nhost_fallback = \"block\"\n")
        .open();
    let view = asking.view(&asking.subject("ks2"), LESSON);
    let mut buffers = [const { HostBuffer::new() }; 5];
    let texts = [
        "www.bbc.co.uk",
        "a.example",
        "http://a.example/x/y",
        "unknown.test",
        "192.0.2.1",
    ];
    let targets: Vec<Target<'_>> = texts
        .iter()
        .zip(&mut buffers)
        .map(|(text, buffer)| Target::parse(text, buffer).unwrap())
        .collect();
    let labels = [
        asking.labels(&[]),
        asking.labels(&["games", "social"]),
        asking.labels(&["illegal-csam"]),
    ];
    let before = COUNT.with(Cell::get);
    let mut open = 0;
    for target in &targets {
        for labels in labels {
            open += u32::from(asking.policy.decide(&view, target, labels).action.opens());
        }
    }
    assert_eq!(COUNT.with(Cell::get) - before, 0);
    assert_eq!(open, 2);
}
