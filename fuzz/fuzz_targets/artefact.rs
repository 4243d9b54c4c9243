//! No bytes pass for an artefact but those that the compiler wrote, and none make it panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret};
use model::{Category, CategoryClass, Host, HostBuffer, Vocabulary};
use std::sync::LazyLock;

static SECRET: LazyLock<Secret> = LazyLock::new(|| Secret::new([7; 32]));
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(compile);

fn compile() -> Vec<u8> {
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
    let vocabulary = Vocabulary::new(vec![games]).expect("one category");
    let games = vocabulary.find("games").expect("it is there");
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("starter-games", [games]));
    for text in ["games.test", "play.example.org", "toys.example.com"] {
        let mut room = HostBuffer::new();
        let name = Host::normalise(text, &mut room)
            .ok()
            .and_then(Host::name)
            .expect("a name");
        compiler.entry(list, name, Coverage::NameAndBelow);
    }
    compiler
        .compile(&SECRET)
        .expect("three names")
        .bytes()
        .to_vec()
}

fn look(artefact: &Artefact) {
    for text in [
        "www.games.test",
        "example.org",
        "a.b.c.d.play.example.org",
        "10.0.0.1",
    ] {
        let mut room = HostBuffer::new();
        if let Ok(host) = Host::normalise(text, &mut room) {
            let _ = artefact.label(&host);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(artefact) = Artefact::from_bytes(bytes.to_vec(), &SECRET) {
        look(&artefact);
    }
    // Threes of bytes say where a whole artefact is altered, and how.
    let mut altered = WHOLE.clone();
    for patch in bytes.chunks_exact(3).take(16) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % altered.len();
        altered[at] ^= patch[2];
    }
    match Artefact::from_bytes(altered.clone(), &SECRET) {
        Ok(artefact) => {
            assert!(altered == *WHOLE, "an altered artefact was taken for whole");
            look(&artefact);
        }
        Err(_) => assert!(altered != *WHOLE, "a whole artefact was refused"),
    }
});
