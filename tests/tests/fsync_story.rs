//! Nothing is acknowledged before it is on the disk: seen from outside, in the system calls of a
//! running gateway.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Person, School};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const FILES: [&str; 3] = ["ledger.payloads", "ledger.leaves", "ledger.checkpoints"];

/// Watches the system calls of a gateway that runs.
fn watch(demo: &Demo, into: &Path) -> Child {
    let mut strace = Command::new("strace")
        .args(["-f", "-y", "-s", "48", "-e"])
        .arg("trace=write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync")
        .arg("-o")
        .arg(into)
        .args(["-p", &demo.process().to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("`strace` is needed: {error}; `tests/run` installs it"));
    let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines();
    let attached = lines.find(|line| {
        let line = line.as_ref().unwrap();
        assert!(!line.contains("ptrace"), "it may not look: {line}");
        line.contains("attached")
    });
    assert!(attached.is_some(), "`strace` ended by itself");
    // It stops when nobody reads.
    std::thread::spawn(move || lines.count());
    strace
}

/// What a finished call did that matters here.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Wrote(&'static str),
    Synced(&'static str),
    Answered,
}

/// What one thread wrote since its last answer: an act is written and answered by the same one,
/// while others write of their own.
#[derive(Debug, Default)]
struct Pending {
    unsynced: BTreeSet<&'static str>,
    heads: usize,
}

/// The calls of the trace in the order in which they mattered: a write from its beginning, a sync
/// from its end, an answer from its beginning.
fn calls(trace: &str) -> Vec<(&str, Call)> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((thread, line)) = line.split_once(' ') else {
            continue;
        };
        let line = line.trim_start();
        let resumed = line.starts_with("<...");
        let whole = if resumed {
            begun.remove(thread).unwrap_or_default()
        } else {
            line
        };
        let unfinished = line.contains("<unfinished");
        if unfinished {
            begun.insert(thread, line);
        }
        let name = whole.split('(').next().unwrap_or_default();
        let file = FILES
            .into_iter()
            .find(|file| whole.contains(&format!("/{file}>")));
        match (name.contains("sync"), file) {
            (true, Some(file)) if !unfinished => {
                assert!(line.ends_with("= 0"), "a sync failed: {line}");
                calls.push((thread, Call::Synced(file)));
            }
            (false, Some(file)) if !resumed => calls.push((thread, Call::Wrote(file))),
            (false, None) if !resumed && line.contains(r#""{\"answer\":\"found\""#) => {
                calls.push((thread, Call::Answered));
            }
            (true | false, Some(_) | None) => {}
        }
    }
    calls
}

// Every act is written and synced, payload and leaf before the head that covers them, and all of
// it before the answer.
#[test]
fn every_acknowledgement_stands_behind_a_finished_sync() {
    let demo = Demo::of(&School::small());
    let technician = Person::found(&demo, "technician", "technician", &[]);
    let coordinator = Person::found(&demo, "coordinator", "coordinator", &[]);
    let trace = demo.path("trace");
    let mut strace = watch(&demo, &trace);

    let words = ["override", "request", "--site", "museum.test", "--for"];
    let more = ["group:ks2", "--until", "2026-11-24T15:15:00Z"];
    let why = ["--reason", "a lesson", "--json"];
    let said = technician.command(&demo, &[&words[..], &more, &why].concat());
    let matter: serde_json::Value = serde_json::from_str(&said.done()).unwrap();
    let id = matter["id"].as_str().unwrap();
    let approve = ["override", "approve", id, "--reason", "agreed"];
    coordinator.command(&demo, &approve).done();
    let block = ["block", "--site", "rumours.test", "--reason", "a parent"];
    technician.command(&demo, &block).done();

    let number = rustix::process::Pid::from_child(&strace);
    rustix::process::kill_process(number, rustix::process::Signal::INT).unwrap();
    strace.wait().unwrap();
    let trace = std::fs::read_to_string(trace).unwrap();
    let (mut threads, mut acknowledged) = (BTreeMap::<&str, Pending>::new(), 0);
    for (thread, call) in calls(&trace) {
        let pending = threads.entry(thread).or_default();
        let unsynced = &mut pending.unsynced;
        match call {
            Call::Wrote(file) => {
                let head = file == "ledger.checkpoints";
                assert!(!head || unsynced.is_empty(), "a head before {unsynced:?}");
                unsynced.insert(file);
                pending.heads += usize::from(head);
            }
            Call::Synced(file) => {
                unsynced.remove(file);
            }
            Call::Answered => {
                assert!(
                    unsynced.is_empty(),
                    "answered before {unsynced:?}:\n{trace}"
                );
                acknowledged += usize::from(std::mem::take(&mut pending.heads) > 0);
            }
        }
    }
    assert!(
        acknowledged >= 3,
        "three acts, each written before its answer:\n{trace}"
    );
}
