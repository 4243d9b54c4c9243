//! What a person adds to a list or takes from it is in force without compiling anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use matcher::{AmendError, Amendment, Artefact, Compiler, Coverage, ListMeta, Secret};
use model::{Category, CategoryClass, Host, HostBuffer, Name, Vocabulary};

fn vocabulary() -> Vocabulary {
    let category = |id: &str, class| Category {
        id: id.into(),
        title: id.into(),
        words: id.into(),
        theme: id.into(),
        theme_2023: None,
        offence: None,
        class,
        default: None,
        locked: false,
        alert: false,
        minimum_age: None,
    };
    Vocabulary::new(vec![
        category("games", CategoryClass::Against),
        category("proxy", CategoryClass::Against),
        category("education", CategoryClass::Allow),
    ])
    .unwrap()
}

fn name<'a>(text: &'a str, room: &'a mut HostBuffer) -> Name<'a> {
    Host::normalise(text, room).unwrap().name().unwrap()
}

fn artefact() -> Artefact {
    let vocabulary = vocabulary();
    let mut compiler = Compiler::new(&vocabulary);
    let mut room = HostBuffer::new();
    for (id, category, names) in [
        ("games", "games", &["games.test", "arcade.test"][..]),
        ("proxy", "proxy", &["arcade.test"]),
        ("learning", "education", &["school.test"]),
        ("police", "illegal-fraud", &["forbidden.test"]),
    ] {
        let meta = ListMeta::new(id, vocabulary.find(category)).third_party();
        let list = compiler.list(meta);
        for text in names {
            compiler.entry(list, name(text, &mut room), Coverage::NameAndBelow);
        }
    }
    compiler.exception(name("lessons.test", &mut room), None, "lessons");
    let secret = Secret::new([2; 32]);
    let compiled = compiler.compile(&secret).unwrap();
    Artefact::from_bytes(compiled.into_bytes(), &secret).unwrap()
}

fn words(artefact: &Artefact, text: &str) -> String {
    let vocabulary = vocabulary();
    let mut room = HostBuffer::new();
    let host = Host::normalise(text, &mut room).unwrap();
    let labels = artefact.label(&host);
    let words: Vec<_> = labels
        .categories
        .iter()
        .map(|id| vocabulary.word(id))
        .collect();
    words.join(" ")
}

fn add<'a>(list: &'a str, name: Name<'a>) -> Amendment<'a> {
    Amendment::Add {
        list,
        name,
        coverage: Coverage::NameAndBelow,
    }
}

// CAT-33
#[test]
fn an_added_name_is_closed_at_once_and_a_removed_one_open() {
    let before = artefact();
    let (mut one, mut two, mut three) = (HostBuffer::new(), HostBuffer::new(), HostBuffer::new());
    let after = before
        .amend([
            add("games", name("new.test", &mut one)),
            Amendment::Remove {
                list: "games",
                name: name("arcade.test", &mut two),
            },
            add("games", name("below.lessons.test", &mut three)),
        ])
        .unwrap();
    assert_eq!(after.amendments(), 3);
    for (host, old, new) in [
        ("new.test", "", "games"),
        ("www.new.test", "", "games"),
        ("anew.test", "", ""),
        ("arcade.test", "games proxy", "proxy"),
        ("www.arcade.test", "games proxy", "proxy"),
        ("games.test", "games", "games"),
        // An exception holds against what is added.
        ("below.lessons.test", "", ""),
    ] {
        assert_eq!(words(&before, host), old, "{host}");
        assert_eq!(words(&after, host), new, "{host}");
    }
    let mut room = HostBuffer::new();
    let host = Host::normalise("www.new.test", &mut room).unwrap();
    let told: Vec<_> = after.sources(after.label(&host).set).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1.id, "games");
    let why = after.why(&host);
    assert_eq!(
        (&*why.labels[0].list, &*why.labels[0].entry),
        ("games", "new.test")
    );
    let mut room = HostBuffer::new();
    let host = Host::normalise("below.lessons.test", &mut room).unwrap();
    assert!(after.label(&host).excepted);
}

#[test]
fn an_amended_artefact_has_a_name_of_its_own_and_may_be_amended_again() {
    let before = artefact();
    let (mut one, mut two) = (HostBuffer::new(), HostBuffer::new());
    let (first, second) = (name("new.test", &mut one), name("newer.test", &mut two));
    let after = before.amend([add("games", first)]).unwrap();
    assert_ne!(after.digest(), before.digest());
    assert_eq!(
        before.amend([add("games", first)]).unwrap().digest(),
        after.digest()
    );
    let later = after.amend([add("proxy", second)]).unwrap();
    assert_eq!(words(&later, "new.test"), "games");
    assert_eq!(words(&later, "newer.test"), "proxy");
    let list = "games";
    let undone = later
        .amend([Amendment::Remove { list, name: first }])
        .unwrap();
    assert_eq!(words(&undone, "new.test"), "");
}

// ILL-03
#[test]
fn nothing_is_taken_from_the_floor_and_nothing_opens_in_passing() {
    let artefact = artefact();
    let mut room = HostBuffer::new();
    let name = name("forbidden.test", &mut room);
    let list = "police";
    let refused = artefact.amend([Amendment::Remove { list, name }]);
    assert!(matches!(refused, Err(AmendError::Floor { .. })));
    let refused = artefact.amend([add("learning", name)]);
    assert!(matches!(refused, Err(AmendError::Opens { .. })));
    let refused = artefact.amend([add("none", name)]);
    assert!(matches!(refused, Err(AmendError::List { .. })));
    // What is added to the floor is closed whatever else is said.
    let mut room = HostBuffer::new();
    let name = Host::normalise("worse.lessons.test", &mut room).unwrap();
    let after = artefact
        .amend([add("police", name.name().unwrap())])
        .unwrap();
    assert_eq!(words(&after, "worse.lessons.test"), "illegal-fraud");
}
