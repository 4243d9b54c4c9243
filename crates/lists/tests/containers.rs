//! Packed lists are unpacked within limits, and nothing in them leads elsewhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use lists::{Entry, Format, Import, ImportError, Item, Limits, Parsed, Rules};
use std::io::{Cursor, Write};
use tar::EntryType;

fn read(import: &Import<'_>, bytes: &[u8]) -> Result<(Vec<String>, Parsed), ImportError> {
    let mut names = Vec::new();
    let parsed = import.read(bytes, &mut |item| {
        if let Item::Entry(Entry::Name { name, .. }) = item {
            names.push(name.to_string());
        }
        item.not_enforced()
    })?;
    assert!(parsed.adds_up(), "{parsed:?}");
    Ok((names, parsed))
}

fn plain() -> Import<'static> {
    Import::new(Rules::third_party(Format::Plain))
}

fn tree(folder: Option<&'static str>) -> Import<'static> {
    Import {
        folder,
        ..Import::new(Rules::third_party(Format::Squidguard))
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*path, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A member of a tar: its path, its kind, and its bytes or what it links to.
type Written<'a> = (&'a str, EntryType, &'a str);

fn tar(members: &[Written<'_>]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, kind, content) in members {
        let mut header = tar::Header::new_ustar();
        // Written as it is: the library would refuse to make what we must refuse to read.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        let is_file = kind.is_file();
        if !is_file && !content.is_empty() {
            header.set_link_name(content).unwrap();
        }
        header.set_size(if is_file { content.len() as u64 } else { 0 });
        header.set_cksum();
        let bytes = if is_file { content.as_bytes() } else { b"" };
        archive.append(&header, bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

const FILE: EntryType = EntryType::Regular;

fn blacklists() -> Vec<u8> {
    tar(&[
        ("blacklists/", EntryType::Directory, ""),
        ("blacklists/README", FILE, "read.test\n"),
        ("blacklists/ads", EntryType::Symlink, "publicite"),
        ("blacklists/games/domains", FILE, "play.test\n203.0.113.7\n"),
        ("blacklists/games/urls", FILE, "fun.test/Game#1\n"),
        ("blacklists/games/expressions", FILE, "(casino|poker)\n"),
        ("blacklists/games/usage", FILE, "black\n"),
        ("blacklists/publicite/domains", FILE, "ads.test"),
    ])
}

#[test]
fn every_container_gives_the_same_list() {
    let list = b"a.test\nb.test\n";
    for packed in [
        list.to_vec(),
        gzip(list),
        zstd(list),
        zip(&[("list.txt", list)]),
        gzip(&zstd(list)),
        tar(&[("list.txt", FILE, "a.test\nb.test\n")]),
        gzip(&tar(&[("x/list.txt", FILE, "a.test\nb.test\n")])),
    ] {
        let (names, parsed) = read(&plain(), &packed).unwrap();
        assert_eq!(names, ["a.test", "b.test"]);
        assert_eq!((parsed.lines, parsed.files), (2, 1));
    }
}

#[test]
fn a_tree_gives_domains_urls_and_expressions() {
    let packed = gzip(&blacklists());
    let (names, parsed) = read(&tree(None), &packed).unwrap();
    assert_eq!(names, ["play.test", "ads.test"]);
    assert_eq!((parsed.lines, parsed.files, parsed.other_files), (5, 4, 2));
    assert_eq!(parsed.refused.not_enforced(), 2);
    assert_eq!(
        parsed.refused.first[0].file.as_deref(),
        Some("blacklists/games/urls")
    );
}

#[test]
fn a_folder_of_a_tree_is_found_by_its_own_name_and_by_its_other() {
    let packed = gzip(&blacklists());
    assert_eq!(
        read(&tree(Some("games")), &packed).unwrap().0,
        ["play.test"]
    );
    assert_eq!(
        read(&tree(Some("publicite")), &packed).unwrap().0,
        ["ads.test"]
    );
    assert_eq!(read(&tree(Some("ads")), &packed).unwrap().0, ["ads.test"]);
    let error = read(&tree(Some("adult")), &packed).unwrap_err();
    assert!(matches!(error, ImportError::Folder { folder } if folder == "adult"));
}

#[test]
fn a_folder_without_domains_is_a_list_all_the_same() {
    let packed = tar(&[
        ("adult/urls", FILE, "a.test/x\n"),
        ("adult/usage", FILE, "black\n"),
    ]);
    let (_, parsed) = read(&tree(Some("adult")), &packed).unwrap();
    assert_eq!(parsed.lines, 1);
}

#[test]
fn an_archive_that_leads_elsewhere_is_refused_whole() {
    for member in [
        ("../../etc/domains", FILE, "a.test\n"),
        ("/etc/domains", FILE, "a.test\n"),
        ("a\\..\\domains", FILE, "a.test\n"),
        ("x/domains", EntryType::Link, "/etc/passwd"),
        ("x/domains", EntryType::Char, ""),
        ("x/domains", EntryType::Fifo, ""),
    ] {
        let error = read(&tree(None), &gzip(&tar(&[member]))).unwrap_err();
        assert!(
            matches!(error, ImportError::Member { .. }),
            "{member:?}: {error}"
        );
    }
    let error = read(&plain(), &zip(&[("../list", b"a.test\n")])).unwrap_err();
    assert!(matches!(error, ImportError::Member { .. }), "{error}");
}

#[test]
fn a_link_is_never_followed() {
    let packed = tar(&[
        ("x/domains", EntryType::Symlink, "/etc/hostname"),
        ("y/domains", FILE, "a.test\n"),
    ]);
    assert_eq!(read(&tree(None), &packed).unwrap().0, ["a.test"]);
}

#[test]
fn a_bomb_is_not_unpacked() {
    let import = Import {
        limits: Limits {
            bytes: 1 << 20,
            members: 3,
            ..Limits::default()
        },
        ..plain()
    };
    let large = vec![b'a'; 2 << 20];
    for packed in [
        gzip(&large),
        zstd(&large),
        zip(&[("x", &large)]),
        gzip(&gzip(&large)),
    ] {
        let error = read(&import, &packed).unwrap_err();
        assert!(matches!(error, ImportError::Bomb), "{error}");
    }
    let many: Vec<Written<'_>> = (0..5).map(|_| ("x", FILE, "a.test\n")).collect();
    assert!(matches!(
        read(&import, &tar(&many)).unwrap_err(),
        ImportError::Bomb
    ));
    // Far beyond what a list packs to, although below the limit of bytes.
    let zeros = gzip(&vec![b'\n'; 40 << 20]);
    assert!(matches!(
        read(&plain(), &zeros).unwrap_err(),
        ImportError::Bomb
    ));
    let deep = gzip(&gzip(&gzip(&gzip(b"a.test\n"))));
    assert!(matches!(
        read(&plain(), &deep).unwrap_err(),
        ImportError::Layers
    ));
}

#[test]
fn what_is_cut_off_or_damaged_is_an_error_and_not_a_shorter_list() {
    let list: String = (0..5000)
        .map(|number| format!("n{number}.test\n"))
        .collect();
    let tarred = tar(&[("x/domains", FILE, &list)]);
    for packed in [
        gzip(list.as_bytes()),
        zstd(list.as_bytes()),
        zip(&[("x", list.as_bytes())]),
        gzip(&tarred),
    ] {
        let cut = &packed[..packed.len() * 2 / 3];
        assert!(matches!(read(&plain(), cut), Err(ImportError::Damaged(_))));
        // Our writer of zstd makes no checksum; those of publishers do.
        if packed.starts_with(&[0x28, 0xb5]) {
            continue;
        }
        let mut flipped = packed.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 0x55;
        // A zip whose directory is whole may name a member that is not: either way no list.
        assert!(read(&plain(), &flipped).is_err());
    }
    assert!(matches!(
        read(&tree(None), &tarred[..4000]),
        Err(ImportError::Damaged(_))
    ));
}

#[test]
fn a_long_line_uses_no_memory_and_is_refused() {
    let mut list = vec![b'a'; 3 << 20];
    list.extend_from_slice(b"\nb.test\n");
    let (names, parsed) = read(&plain(), &list).unwrap();
    assert_eq!(names, ["b.test"]);
    assert_eq!((parsed.lines, parsed.refused_lines), (2, 1));
}
