//! How an artefact is built: the same bytes for the same lists, stopped when asked, every section
//! guarded.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use matcher::{
    Artefact, CompileError, Compiler, Coverage, DigestKind, DigestSalt, ListMeta, OpenError,
    Pattern, Place, Progress, SaltedDigest, Secret, Stage, Syntax, UrlEnd, UrlRule,
};
use model::{Category, CategoryClass, Host, HostBuffer, Vocabulary};
use std::ops::ControlFlow;

fn vocabulary() -> Vocabulary {
    let games = Category {
        id: "games".into(),
        title: "Games".into(),
        words: "Games.".into(),
        theme: "School policy".into(),
        theme_2023: None,
        offence: None,
        class: CategoryClass::Against,
        default: None,
        locked: false,
        alert: false,
        minimum_age: None,
    };
    Vocabulary::new(vec![games]).unwrap()
}

fn secret() -> Secret {
    Secret::new([9; 32])
}

/// One list with some of everything.
fn add(compiler: &mut Compiler, vocabulary: &Vocabulary, number: u32) {
    let category = if number == 3 {
        "illegal-fraud"
    } else {
        "games"
    };
    let meta = ListMeta::new(format!("list-{number}"), vocabulary.find(category));
    let list = compiler.list(meta.third_party());
    let mut room = HostBuffer::new();
    for name in 0..50 {
        let text = format!("n{}.test", name * number);
        let name = Host::normalise(&text, &mut room).unwrap().name().unwrap();
        compiler.entry(list, name, Coverage::NameAndBelow);
    }
    let network = format!("198.51.{number}.0").parse().unwrap();
    compiler.network(list, network, 24);
    let network = "2001:db8::".parse().unwrap();
    compiler.network(list, network, 32 + number as u8);
    let rule = UrlRule {
        host: Host::normalise("pages.test", &mut room).unwrap(),
        coverage: Coverage::NameAndBelow,
        path: "/games",
        end: UrlEnd::Segment,
    };
    compiler.url(list, &rule).unwrap();
    let salt = DigestSalt::parse("00112233445566778899aabbccddeeff").unwrap();
    let digest = SaltedDigest::of(&salt, DigestKind::Name, &format!("d{number}.test"));
    compiler.digest(list, &salt, &digest);
    if category == "games" {
        let pattern = Pattern {
            place: Place::Host,
            syntax: Syntax::Text,
            text: format!("word{number}"),
        };
        compiler.pattern(list, pattern).unwrap();
    }
}

fn compile(order: &[u32]) -> Vec<u8> {
    let vocabulary = vocabulary();
    let mut compiler = Compiler::new(&vocabulary);
    for &number in order {
        add(&mut compiler, &vocabulary, number);
    }
    let mut room = HostBuffer::new();
    let name = Host::normalise("n0.test", &mut room).unwrap();
    compiler.exception(name.name().unwrap(), None, "lessons");
    compiler.compile(&secret()).unwrap().into_bytes()
}

#[test]
fn the_order_of_the_lists_changes_no_byte() {
    let bytes = compile(&[1, 2, 3, 4]);
    assert_eq!(bytes, compile(&[4, 2, 3, 1]));
    assert_eq!(bytes, compile(&[3, 4, 1, 2]));
    assert_ne!(bytes, compile(&[1, 2, 3]));
}

#[test]
fn a_fault_in_any_section_refuses_the_artefact() {
    let bytes = compile(&[1, 2, 3]);
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let mut filled = 0;
    for section in 0..22 {
        let at = 288 + 16 * section;
        let (start, length) = (number(at), number(at + 8));
        for place in [
            start,
            start + length / 2,
            (start + length).saturating_sub(1),
        ] {
            if length == 0 {
                continue;
            }
            let mut flipped = bytes.clone();
            flipped[place] ^= 0x10;
            let opened = Artefact::from_bytes(flipped, &secret());
            assert!(
                matches!(opened, Err(OpenError::Damaged { .. })),
                "section {section}"
            );
        }
        filled += usize::from(length > 0);
    }
    // All but the side table of sets past 65,534 and the automaton of URLs.
    assert_eq!(filled, 20);
}

#[test]
fn an_artefact_of_an_older_layout_is_refused_by_its_version() {
    let mut bytes = compile(&[1]);
    bytes[8] -= 1;
    let opened = Artefact::from_bytes(bytes, &secret());
    assert!(matches!(opened, Err(OpenError::Version { .. })));
}

#[test]
fn compiling_tells_how_far_it_is_and_stops_when_asked() {
    let vocabulary = vocabulary();
    let compiler = || {
        let mut compiler = Compiler::new(&vocabulary);
        add(&mut compiler, &vocabulary, 1);
        compiler
    };
    let mut told: Vec<Progress> = Vec::new();
    let compiled = compiler().compile_watched(&secret(), &mut |progress| {
        told.push(progress);
        ControlFlow::Continue(())
    });
    assert!(compiled.is_ok());
    let stages: Vec<Stage> = told.iter().map(|progress| progress.stage).collect();
    assert_eq!(stages, [Stage::Hash, Stage::Label, Stage::Inherit]);
    assert!(told.iter().all(|progress| progress.done == progress.total));
    let stopped = compiler().compile_watched(&secret(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(CompileError::Stopped)));
}

#[test]
fn it_is_told_what_each_list_gained_and_lost() {
    let of = |lists: &[(&str, &str, &[&str])]| {
        let vocabulary = vocabulary();
        let mut compiler = Compiler::new(&vocabulary);
        let mut room = HostBuffer::new();
        for (id, category, names) in lists {
            let list = compiler.list(ListMeta::new(*id, vocabulary.find(category)));
            for text in *names {
                let name = Host::normalise(text, &mut room).unwrap().name().unwrap();
                compiler.entry(list, name, Coverage::NameAndBelow);
            }
        }
        let compiled = compiler.compile(&secret()).unwrap();
        Artefact::from_bytes(compiled.into_bytes(), &secret()).unwrap()
    };
    let before = of(&[
        ("games", "games", &["a.test", "b.test", "c.test"]),
        ("same", "games", &["a.test"]),
        ("police", "illegal-fraud", &["x.test", "y.test"]),
    ]);
    let after = of(&[
        ("games", "games", &["a.test", "d.test"]),
        ("new", "games", &["a.test"]),
        ("police", "illegal-fraud", &["x.test"]),
        ("same", "games", &["a.test"]),
    ]);
    let changes = after.changes_since(&before);
    let told: Vec<_> = changes
        .iter()
        .map(|change| (&*change.list, change.new, change.lost))
        .collect();
    assert_eq!(told, [("games", 1, 2), ("new", 1, 0), ("police", 0, 1)]);
    assert!(after.changes_since(&after).is_empty());
}
