//! Somebody with every key writes the change log anew: it verifies by itself, and a head that was
//! kept elsewhere tells.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Person, School, gateway_command};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn block(demo: &Demo, technician: &Person, site: &str) {
    let words = ["block", "--site", site, "--minutes", "60", "--reason"];
    let said = technician.command(demo, &[&words[..], &["seen by a parent"]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
}

/// Writes head and export of the log as it stands now.
fn keep(demo: &Demo, elsewhere: &TempDir, name: &str) -> (PathBuf, PathBuf) {
    let head = elsewhere.path().join(format!("{name}.head"));
    std::fs::write(&head, demo.command(&["audit", "head"]).done()).unwrap();
    let file = elsewhere.path().join(format!("{name}.log"));
    let path = file.to_str().unwrap();
    demo.command(&["audit", "export", path]).done();
    (head, file)
}

fn verify(file: &Path, head: Option<&Path>) -> (Option<i32>, String) {
    let mut words = vec!["audit", "verify", "--file", file.to_str().unwrap()];
    if let Some(head) = head {
        words.extend(["--checkpoint", head.to_str().unwrap()]);
    }
    let said = gateway_command(&words);
    (said.code, said.out + &said.err)
}

// CHG-11, CHG-12
#[test]
fn a_history_that_was_written_anew_is_caught_by_a_head_kept_elsewhere() {
    let mut demo = Demo::of(&School::small());
    let technician = Person::found(&demo, "technician", "technician", &[]);
    demo.kill();
    let (yesterday, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    copy(&demo.path("state"), yesterday.path());

    // What happened, and what the governor keeps of it.
    demo.resume();
    block(&demo, &technician, "rumours.test");
    let (kept, honest) = keep(&demo, &elsewhere, "honest");
    assert_eq!(verify(&honest, Some(&kept)).0, Some(0));
    demo.kill();

    // What somebody with all rights on the machine would rather have happened.
    std::fs::remove_dir_all(demo.path("state")).unwrap();
    copy(yesterday.path(), &demo.path("state"));
    demo.resume();
    let (_, shorter) = keep(&demo, &elsewhere, "shorter");
    for site in ["one.test", "two.test", "three.test"] {
        block(&demo, &technician, site);
    }
    let (_, longer) = keep(&demo, &elsewhere, "longer");

    for (log, told) in [(&shorter, "cut"), (&longer, "another history")] {
        let (code, said) = verify(log, None);
        assert_eq!(code, Some(0), "every key is right: {said}");
        assert!(said.contains("unwitnessed"), "{said}");
        let (code, said) = verify(log, Some(&kept));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("does not verify"), "{said}");
        println!("{told}: {said}");
    }
}
