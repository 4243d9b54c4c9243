//! No bytes pass for an artefact but those that the compiler wrote, and none make it panic; nor
//! does any URL that people bring. What patterns do is another target's: compiling them is slow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matcher::{
    Artefact, Compiler, Coverage, DigestKind, DigestSalt, ListMeta, Pattern, Place, SaltedDigest,
    Secret, Syntax, UrlEnd, UrlRule,
};
use model::{Category, CategoryClass, Host, HostBuffer, Target, Vocabulary};
use std::sync::LazyLock;

static SECRET: LazyLock<Secret> = LazyLock::new(|| Secret::new([7; 32]));
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(vocabulary);
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(compile);
static OPEN: LazyLock<Artefact> =
    LazyLock::new(|| Artefact::from_bytes(WHOLE.clone(), &SECRET).expect("it is whole"));

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
    Vocabulary::new(vec![games]).expect("one category")
}

/// An artefact with some of everything.
fn compile() -> Vec<u8> {
    let games = VOCABULARY.find("games").expect("it is there");
    let mut compiler = Compiler::new(&VOCABULARY);
    let list = compiler.list(ListMeta::new("starter-games", [games]).of_answers());
    for text in ["games.test", "play.example.org", "toys.example.com"] {
        let mut room = HostBuffer::new();
        let host = Host::normalise(text, &mut room).expect("a host");
        let rule = UrlRule {
            host,
            coverage: Coverage::NameAndBelow,
            path: "/toys?for=sale",
            end: UrlEnd::Segment,
        };
        compiler.url(list, &rule).expect("a short path");
        compiler.entry(list, host.name().expect("a name"), Coverage::NameAndBelow);
    }
    compiler.network(list, "198.51.100.0".parse().expect("an address"), 24);
    compiler.network(list, "2001:db8::".parse().expect("an address"), 33);
    let salt = DigestSalt::parse("00112233445566778899aabbccddeeff").expect("a salt");
    let digest = SaltedDigest::of(&salt, DigestKind::Url, "toys.example.com/a");
    compiler.digest(list, &salt, &digest);
    for (place, syntax, text) in [
        (Place::Host, Syntax::Text, "casino"),
        (Place::Url, Syntax::Glob, "||ads.*/slot^"),
        (Place::Url, Syntax::Expression, "poker[0-9]/"),
    ] {
        let text = text.to_owned();
        let pattern = Pattern {
            place,
            syntax,
            text,
        };
        compiler.pattern(list, pattern).expect("a plain pattern");
    }
    let compiled = compiler.compile(&SECRET).expect("few entries");
    compiled.into_bytes()
}

fn look(artefact: &Artefact, text: &str) {
    let mut room = HostBuffer::new();
    if let Ok(target) = Target::parse(text, &mut room) {
        let leads = ["198.51.100.7", "2001:db8::1"].map(|text| text.parse().expect("an address"));
        let labels = artefact.label_reached(&target, &leads);
        let _ = artefact.sources(labels.set).count();
        let _ = artefact.why_reached(&target, &leads);
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(artefact) = Artefact::from_bytes(bytes.to_vec(), &SECRET) {
        look(&artefact, "www.games.test");
    }
    // Threes of bytes say where a whole artefact is altered, and how.
    let mut altered = WHOLE.clone();
    for patch in bytes.chunks_exact(3).take(16) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % altered.len();
        altered[at] ^= patch[2];
    }
    let same = altered == *WHOLE;
    if !same {
        let taken = Artefact::from_bytes(altered, &SECRET).is_ok();
        assert!(!taken, "an altered artefact was taken for whole");
    }
    let text = String::from_utf8_lossy(bytes);
    look(&OPEN, &text);
    look(&OPEN, &format!("https://toys.example.com/{text}"));
});
