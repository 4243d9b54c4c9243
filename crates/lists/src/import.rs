use crate::container::{Limits, Member, unpack};
use crate::format::Reader;
use crate::lines::Lines;
use crate::{Format, Parsed, Reason, Rules, Sink, Source};
use encoding_rs::Encoding;
use std::collections::BTreeSet;
use std::io::{self, BufRead};

/// How a published list becomes items: packed or not, of one file or of many.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// How its lines are read.
    pub rules: Rules,
    /// The encoding of lines that are no UTF-8.
    pub encoding: &'static Encoding,
    /// The folder of an archive that is meant; a name that stands for another will do.
    pub folder: Option<&'a str>,
    /// How much may come out of it.
    pub limits: Limits,
    /// Files that lines may include, by their path.
    pub library: &'a [(&'a str, &'a [u8])],
}

/// A list could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is cut off or damaged.
    #[error("the list is cut off or damaged; fetch it again")]
    Damaged(#[source] io::Error),
    /// More comes out of it than a list has.
    #[error("the list unpacks to more than its limit; see who publishes it")]
    Bomb,
    /// Packed again and again.
    #[error("the list is packed more than three times over; see who publishes it")]
    Layers,
    /// A file of the archive would leave it, or is no ordinary file.
    #[error("the archive holds `{path}`, which no list needs; see who publishes it")]
    Member {
        /// The path inside the archive.
        path: String,
    },
    /// The archive has no such folder.
    #[error("the archive has no folder `{folder}`; correct `folder` of the source")]
    Folder {
        /// The folder.
        folder: String,
    },
}

impl ImportError {
    /// An error while reading, which may be one of ours on its way through a reader.
    pub(crate) fn read(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            // An error of ours may stand below one of the archive's.
            Err(error) if is_bomb(&error) => Self::Bomb,
            Err(error) => Self::Damaged(error),
        }
    }
}

fn is_bomb(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut at = Some(error);
    while let Some(error) = at {
        if matches!(error.downcast_ref::<ImportError>(), Some(ImportError::Bomb)) {
            return true;
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        at = inner
            .map(|inner| inner as &(dyn std::error::Error + 'static))
            .or_else(|| error.source());
    }
    false
}

impl<'a> Import<'a> {
    /// A list in one file of which nothing else is said.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            encoding: encoding_rs::WINDOWS_1252,
            folder: None,
            limits: Limits::default(),
            library: &[],
        }
    }

    /// How a source is read; `None` where its encoding is not known.
    pub fn of_source(source: &'a Source, withheld: bool) -> Option<Self> {
        let encoding = match &source.charset {
            None => encoding_rs::WINDOWS_1252,
            Some(charset) => Encoding::for_label(charset.as_bytes())?,
        };
        Some(Self {
            encoding,
            folder: source.folder.as_deref(),
            ..Self::new(Rules::of_source(source, withheld))
        })
    }

    /// Reads a list of one file, unpacking it where it is packed.
    ///
    /// # Errors
    ///
    /// When it cannot be read to its end; what was given to the sink until then must not be used.
    pub fn read(&self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<Parsed, ImportError> {
        self.read_files(&[("", bytes)], sink)
    }

    /// Reads a list of several files, each by its path.
    ///
    /// # Errors
    ///
    /// As [`Import::read`].
    pub fn read_files(
        &self,
        files: &[(&str, &[u8])],
        sink: &mut Sink<'_>,
    ) -> Result<Parsed, ImportError> {
        let folder = match self.folder {
            Some(folder) => Some(self.resolve(folder, files)?),
            None => None,
        };
        let mut sink = |item: crate::Item<'_>| sink(item);
        let mut reader = Reader::new(self.rules, self.encoding, &mut sink);
        if self.rules.format.takes_back() {
            let mut failed = Ok(());
            reader.look_ahead(&mut |reader| failed = self.pass(files, folder.as_deref(), reader));
            failed?;
        }
        self.pass(files, folder.as_deref(), &mut reader)?;
        Ok(reader.finish())
    }

    fn pass(
        &self,
        files: &[(&str, &[u8])],
        folder: Option<&str>,
        reader: &mut Reader<'_>,
    ) -> Result<(), ImportError> {
        for (name, bytes) in files {
            unpack(bytes, &self.limits, &mut |member| {
                let path = match (member.path, *name) {
                    (Some(path), _) => Some(path),
                    (None, "") => None,
                    (None, name) => Some(name),
                };
                let Some(format) = self.format_of(path, folder) else {
                    reader.parsed().other_files += 1;
                    return Ok(());
                };
                reader.parsed().files += 1;
                reader.begin(path);
                reader.rules.format = format;
                let read = self.file(member, path, reader);
                reader.rules.format = self.rules.format;
                read
            })?;
        }
        Ok(())
    }

    /// How a file of a folder or archive is read; `None` where it is no part of the list.
    fn format_of(&self, path: Option<&str>, folder: Option<&str>) -> Option<Format> {
        let format = self.rules.format;
        let Some(path) = path else {
            return Some(format);
        };
        let below = match folder {
            Some(folder) => path.strip_prefix(folder)?.strip_prefix('/')?,
            None => path,
        };
        let file = below.rsplit('/').next().unwrap_or_default();
        match format {
            Format::Squidguard => match file {
                "domains" => Some(Format::Squidguard),
                "urls" => Some(Format::Urls),
                "expressions" => Some(Format::Expressions),
                _ => None,
            },
            Format::PhrasesBanned => is_kind(file, "banned").then_some(format),
            Format::PhrasesWeighted => is_kind(file, "weighted").then_some(format),
            Format::PhrasesException => is_kind(file, "exception").then_some(format),
            Format::Plain
            | Format::Wildcard
            | Format::Glob
            | Format::Hosts
            | Format::Urls
            | Format::Expressions
            | Format::Adblock
            | Format::Rpz
            | Format::Dnsmasq
            | Format::Unbound
            | Format::E2guardianSites
            | Format::E2guardianUrls
            | Format::E2guardianExpressions
            | Format::Addresses
            | Format::Doh
            | Format::TopSites
            | Format::Digests => Some(format),
        }
    }

    fn file(
        &self,
        member: Member<'_>,
        path: Option<&str>,
        reader: &mut Reader<'_>,
    ) -> Result<(), ImportError> {
        let mut open = BTreeSet::new();
        open.extend(path.map(str::to_owned));
        self.lines(member.text, reader, &mut open)
    }

    /// Reads the lines of a file, and of the files that they include where they do so.
    fn lines(
        &self,
        text: &mut dyn BufRead,
        reader: &mut Reader<'_>,
        open: &mut BTreeSet<String>,
    ) -> Result<(), ImportError> {
        let mut lines = Lines::new(text);
        loop {
            let number = lines.number() + 1;
            let line = lines.next().map_err(ImportError::read)?;
            let Some(line) = line else { return Ok(()) };
            reader.raw(number, &line);
            if let Some(wanted) = reader.include.take() {
                self.include(&wanted, reader, open)?;
            }
        }
    }

    fn include(
        &self,
        wanted: &str,
        reader: &mut Reader<'_>,
        open: &mut BTreeSet<String>,
    ) -> Result<(), ImportError> {
        let found = self.find(wanted);
        let (Some((path, bytes)), true) = (found, open.len() < MOST_INCLUDES) else {
            reader.refuse_include(wanted);
            return Ok(());
        };
        // Each file once: a second time would count its phrases twice, or never end.
        if !open.insert(path.to_owned()) {
            reader.refuse_include(wanted);
            return Ok(());
        }
        let before = reader.begin_include(path);
        reader.parsed().files += 1;
        let read = self.lines(&mut &*bytes, reader, open);
        reader.end_include(before);
        read
    }

    /// A file of the library by an absolute path of the machine where the list was written.
    ///
    /// The longest end of the path that is the end of one of the library's counts.
    fn find(&self, wanted: &str) -> Option<(&'a str, &'a [u8])> {
        let mut end = wanted.trim_start_matches('/');
        loop {
            let is = |path: &str| {
                path.strip_suffix(end)
                    .is_some_and(|before| before.is_empty() || before.ends_with('/'))
            };
            if let Some(&found) = self.library.iter().find(|(path, _)| is(path)) {
                return Some(found);
            }
            end = end.split_once('/')?.1;
            // A bare file name is in every folder of phrases.
            if !end.contains('/') {
                return None;
            }
        }
    }

    /// The path of a folder inside the archive, through a name that stands for it.
    fn resolve(&self, folder: &str, files: &[(&str, &[u8])]) -> Result<String, ImportError> {
        let folder = folder.trim_matches('/');
        let mut found: Option<String> = None;
        let mut aliases = Vec::new();
        let names = |path: &str| path == folder || path.ends_with(&format!("/{folder}"));
        for (name, bytes) in files {
            let links = unpack(bytes, &self.limits, &mut |member| {
                let path = member.path.unwrap_or(name);
                for (at, _) in path.match_indices('/') {
                    if names(&path[..at]) && found.is_none() {
                        found = Some(path[..at].to_owned());
                    }
                }
                Ok(())
            })?;
            aliases.extend(links.aliases);
        }
        let alias = || aliases.into_iter().find(|(path, _)| names(path));
        let found = found.or_else(|| alias().map(|(_, to)| to));
        found.ok_or_else(|| ImportError::Folder {
            folder: folder.to_owned(),
        })
    }
}

impl Reader<'_> {
    fn refuse_include(&mut self, wanted: &str) {
        self.recount(Reason::Include, wanted);
    }
}

/// Whether a file of phrases is of one kind: `weighted` or `weighted_french`.
fn is_kind(file: &str, kind: &str) -> bool {
    let rest = file.strip_prefix(kind);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Lists of lists have some forty.
const MOST_INCLUDES: usize = 1000;
