//! No pattern that a list brings panics, and what was compiled can be opened and asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matcher::{Artefact, Compiler, ListMeta, Pattern, Place, Secret, Syntax};
use model::{Category, CategoryClass, HostBuffer, Target, Vocabulary};
use std::sync::LazyLock;

static SECRET: LazyLock<Secret> = LazyLock::new(|| Secret::new([7; 32]));
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
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
    Vocabulary::new(vec![games]).expect("one category")
});

// The first byte is the kind, the rest of the first line the pattern, what follows a URL.
fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let (pattern, url) = text.split_once('\n').unwrap_or((&*text, ""));
    let (place, syntax) = match kind % 5 {
        0 => (Place::Host, Syntax::Text),
        1 => (Place::Host, Syntax::Glob),
        2 => (Place::Url, Syntax::Text),
        3 => (Place::Url, Syntax::Glob),
        _ => (Place::Url, Syntax::Expression),
    };
    let games = VOCABULARY.find("games").expect("it is there");
    let mut compiler = Compiler::new(&VOCABULARY);
    let list = compiler.list(ListMeta::new("starter-games", [games]));
    let text = pattern.to_owned();
    let pattern = Pattern {
        place,
        syntax,
        text,
    };
    // What cannot be run is refused; that is an answer too.
    if compiler.pattern(list, pattern).is_err() {
        return;
    }
    let compiled = compiler.compile(&SECRET).expect("one entry");
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &SECRET).expect("just made");
    for text in [url, &format!("https://ads.example/slots/{url}")] {
        let mut room = HostBuffer::new();
        if let Ok(target) = Target::parse(text, &mut room) {
            let labels = artefact.label_target(&target);
            let why = artefact.why_target(&target);
            let bears = labels.categories.contains(games);
            assert_eq!(bears, !why.labels.is_empty(), "a label without its reason");
        }
    }
});
