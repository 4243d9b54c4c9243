use crate::ImportError;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// How much a packed list may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all its files together.
    pub bytes: u64,
    /// How many times as large as the packed one the unpacked list may be.
    pub ratio: u64,
    /// How many files and folders.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 2 << 30,
            ratio: 250,
            members: 20_000,
        }
    }
}

/// A file, or a file of an archive.
pub(crate) struct Member<'a> {
    /// Its path inside the archive; nothing for a file that is none.
    pub(crate) path: Option<&'a str>,
    pub(crate) text: &'a mut dyn BufRead,
}

/// What stands in an archive and is no file.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Names that stand for other names, both as paths inside the archive.
    pub(crate) aliases: Vec<(String, String)>,
}

/// Gives each file of a list, unpacking it on the way: plain, gzip, zstd, zip, tar, one in another.
///
/// Nothing is written to a disk and no link is followed. An archive that would leave its folder,
/// or holds what no list needs, is refused whole.
pub(crate) fn unpack(
    bytes: &[u8],
    limits: &Limits,
    each: &mut dyn FnMut(Member<'_>) -> Result<(), ImportError>,
) -> Result<Links, ImportError> {
    let budget = Budget {
        limits: *limits,
        packed: bytes.len() as u64,
        unpacked: Cell::new(0),
        members: Cell::new(0),
    };
    let mut links = Links::default();
    if bytes.starts_with(b"PK\x03\x04") {
        zipped(bytes, &budget, each)?;
    } else {
        let mut whole = bytes;
        layer(&mut whole, &budget, 0, &mut links, each)?;
    }
    Ok(links)
}

fn layer(
    text: &mut dyn BufRead,
    budget: &Budget,
    depth: usize,
    links: &mut Links,
    each: &mut dyn FnMut(Member<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let head = text.fill_buf().map_err(ImportError::read)?;
    let packed = [&GZIP[..], &ZSTD, b"PK\x03\x04"];
    if depth == MOST_LAYERS && packed.iter().any(|magic| head.starts_with(magic)) {
        return Err(ImportError::Layers);
    }
    if head.starts_with(&GZIP) {
        let mut text = BufReader::with_capacity(ROOM, budget.bound(MultiGzDecoder::new(text)));
        layer(&mut text, budget, depth + 1, links, each)
    } else if head.starts_with(&ZSTD) {
        let frame = Frame::new(text)?;
        let mut text = BufReader::with_capacity(ROOM, budget.bound(frame));
        layer(&mut text, budget, depth + 1, links, each)
    } else if is_tar(head) {
        tarred(text, budget, links, each)
    } else {
        each(Member { path: None, text })
    }
}

/// Every tar of the last thirty years has this mark in its first block.
fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn tarred(
    text: &mut dyn BufRead,
    budget: &Budget,
    links: &mut Links,
    each: &mut dyn FnMut(Member<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut archive = tar::Archive::new(text);
    for entry in archive.entries().map_err(ImportError::read)? {
        budget.member()?;
        let entry = entry.map_err(ImportError::read)?;
        let path = inside(&entry.path_bytes())?;
        let kind = entry.header().entry_type();
        if kind.is_file() {
            let mut text = BufReader::with_capacity(ROOM, entry);
            let text = &mut text;
            each(Member {
                path: Some(&path),
                text,
            })?;
        } else if kind.is_symlink() {
            let to = entry.link_name_bytes().unwrap_or_default();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            // A link that leads out of its folder leads nowhere for us.
            if let Ok(to) = inside(&to) {
                let to = if folder.is_empty() {
                    to
                } else {
                    format!("{folder}/{to}")
                };
                links.aliases.push((path, to));
            }
        } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
            return Err(ImportError::Member { path });
        }
    }
    // The checksum of what the archive is packed in comes after the last file.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(ImportError::read)?;
    Ok(())
}

fn zipped(
    bytes: &[u8],
    budget: &Budget,
    each: &mut dyn FnMut(Member<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let damaged = |error: zip::result::ZipError| ImportError::read(io::Error::other(error));
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).map_err(damaged)?;
    for at in 0..archive.len() {
        budget.member()?;
        let file = archive.by_index(at).map_err(damaged)?;
        let path = inside(file.name().map_err(damaged)?.as_bytes())?;
        if file.is_symlink() || file.encrypted() {
            return Err(ImportError::Member { path });
        }
        if file.is_file() {
            let mut text = BufReader::with_capacity(ROOM, budget.bound(file));
            each(Member {
                path: Some(&path),
                text: &mut text,
            })?;
        }
    }
    Ok(())
}

/// A path that leads nowhere but down, without `./` and a last `/`.
fn inside(path: &[u8]) -> Result<String, ImportError> {
    let path = String::from_utf8_lossy(path).into_owned();
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let outside = path.starts_with('/') || path.contains(['\\', '\0']) || parts.contains(&"..");
    if outside || path.len() > MOST_PATH {
        let path = path.chars().take(80).collect();
        return Err(ImportError::Member { path });
    }
    Ok(parts.join("/"))
}

/// What unpacking may still use.
struct Budget {
    limits: Limits,
    packed: u64,
    unpacked: Cell<u64>,
    members: Cell<usize>,
}

impl Budget {
    fn bound<R: Read>(&self, inner: R) -> Bound<'_, R> {
        Bound {
            inner,
            budget: self,
        }
    }

    fn member(&self) -> Result<(), ImportError> {
        self.members.set(self.members.get() + 1);
        if self.members.get() > self.limits.members {
            return Err(ImportError::Bomb);
        }
        Ok(())
    }
}

/// Stops reading when more comes out than a list has.
struct Bound<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Bound<'_, R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(room)?;
        let unpacked = self.budget.unpacked.get() + count as u64;
        self.budget.unpacked.set(unpacked);
        let limits = &self.budget.limits;
        let most = self.budget.packed.saturating_mul(limits.ratio).max(FREE);
        if unpacked > limits.bytes.min(most) {
            return Err(io::Error::other(ImportError::Bomb));
        }
        Ok(count)
    }
}

/// One frame of zstd; its checksum is compared at the end.
struct Frame<'a> {
    decoder: StreamingDecoder<&'a mut dyn BufRead, ruzstd::decoding::FrameDecoder>,
    over: bool,
}

impl<'a> Frame<'a> {
    fn new(text: &'a mut dyn BufRead) -> Result<Self, ImportError> {
        let decoder = StreamingDecoder::new(text)
            .map_err(|error| ImportError::read(io::Error::other(error)))?;
        Ok(Self {
            decoder,
            over: false,
        })
    }
}

impl Read for Frame<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(room)?;
        if count == 0 && !room.is_empty() && !self.over {
            self.over = true;
            let told = self.decoder.decoder.get_checksum_from_data();
            let found = self.decoder.decoder.get_calculated_checksum();
            if told.is_some() && told != found {
                return Err(io::Error::other("the checksum is wrong"));
            }
            if !self.decoder.get_mut().fill_buf()?.is_empty() {
                return Err(io::Error::other("something follows the end"));
            }
        }
        Ok(count)
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A tar in gzip in gzip is still somebody's mistake; beyond that it is malice.
const MOST_LAYERS: usize = 3;

/// What may come out of anything, however small it is packed.
const FREE: u64 = 16 << 20;

const MOST_PATH: usize = 1024;
const ROOM: usize = 64 << 10;
