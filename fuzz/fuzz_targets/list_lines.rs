//! No bytes make the parser of any format panic; every line is counted once, and nothing that
//! covers a top-level domain comes out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lists::{Entry, Format, Import, Item, Rules};

const FORMATS: [Format; 18] = [
    Format::Glob,
    Format::Squidguard,
    Format::Urls,
    Format::Expressions,
    Format::Adblock,
    Format::Rpz,
    Format::Dnsmasq,
    Format::Unbound,
    Format::E2guardianSites,
    Format::E2guardianUrls,
    Format::E2guardianExpressions,
    Format::PhrasesBanned,
    Format::PhrasesWeighted,
    Format::PhrasesException,
    Format::Addresses,
    Format::Doh,
    Format::TopSites,
    Format::Digests,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    // A container is the business of another target.
    if text.starts_with(&[0x1f, 0x8b]) || text.starts_with(b"PK") || text.starts_with(&[0x28, 0xb5])
    {
        return;
    }
    let format = FORMATS[usize::from(*first) % FORMATS.len()];
    let library = [("lists/phrases/self", text)];
    let import = Import {
        library: &library,
        ..Import::new(Rules::third_party(format))
    };
    let mut items = 0;
    let read = import.read(text, &mut |item| {
        if let Item::Entry(Entry::Name { name, .. }) = item {
            assert!(
                name.as_str().contains('.'),
                "a single label would close a top-level domain"
            );
        }
        items += 1;
        None
    });
    if let Ok(parsed) = read {
        assert!(parsed.adds_up(), "{parsed:?}");
        assert_eq!(parsed.entries(), items);
    }
});
