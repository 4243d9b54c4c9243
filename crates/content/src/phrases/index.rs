use super::filter::Filter;
use super::trie::Trie;

/// Where texts may begin in folded text, and the parts of phrases that they are.
#[derive(Debug)]
pub(crate) struct Index {
    /// What begins with a word: looked for behind spaces alone.
    words: Side,
    /// What begins anywhere.
    anywhere: Side,
    /// The longest text.
    pub(crate) longest: usize,
}

#[derive(Debug)]
struct Side {
    filter: Filter,
    trie: Trie,
    /// By the number of a text, where its parts begin in `parts`; one more at the end.
    starts: Vec<u32>,
    parts: Vec<u32>,
}

impl Index {
    /// Makes an index of folded texts, each with the part that it is.
    ///
    /// A text that begins with a word begins with the space before it.
    pub(crate) fn build(texts: Vec<(Vec<u8>, u32)>) -> Self {
        let longest = texts.iter().map(|(text, _)| text.len()).max().unwrap_or(0);
        let (words, anywhere) = texts
            .into_iter()
            .partition(|(text, _)| text.first() == Some(&b' '));
        Self {
            words: Side::build(words),
            anywhere: Side::build(anywhere),
            longest,
        }
    }

    /// Whether anything begins anywhere.
    pub(crate) fn looks_anywhere(&self) -> bool {
        !self.anywhere.parts.is_empty()
    }

    /// Calls `found` with each part that begins at `at`, and its length.
    ///
    /// A space there is the beginning of a word.
    #[inline]
    pub(crate) fn at(&self, at: &[u8], found: impl FnMut(u32, usize)) {
        if at.first() == Some(&b' ') {
            self.words.at(at, found);
        } else {
            self.anywhere.at(at, found);
        }
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.words.size() + self.anywhere.size()
    }
}

impl Side {
    fn build(mut texts: Vec<(Vec<u8>, u32)>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut distinct: Vec<Vec<u8>> = Vec::new();
        let (mut starts, mut parts) = (Vec::new(), Vec::new());
        for (text, part) in texts {
            if distinct.last() != Some(&text) {
                starts.push(parts.len() as u32);
                distinct.push(text);
            }
            parts.push(part);
        }
        starts.push(parts.len() as u32);
        // The space says nothing, so the filter looks at what is behind it.
        let behind: Vec<Vec<u8>> = distinct
            .iter()
            .map(|text| text.strip_prefix(b" ").unwrap_or(text).to_vec())
            .collect();
        Self {
            filter: Filter::build(&behind),
            trie: Trie::build(&distinct),
            starts,
            parts,
        }
    }

    #[inline]
    fn at(&self, at: &[u8], mut found: impl FnMut(u32, usize)) {
        let head = match at {
            [b' ', a, b, c, d, ..] => [*a, *b, *c, *d],
            [a, b, c, d, ..] => [*a, *b, *c, *d],
            _ => return,
        };
        if !self.filter.may_begin(head) {
            return;
        }
        self.trie.walk(at, |text, length| {
            let place = text as usize;
            let parts = self.starts[place] as usize..self.starts[place + 1] as usize;
            for part in &self.parts[parts] {
                found(*part, length);
            }
        });
    }

    fn size(&self) -> usize {
        size_of::<Filter>() + self.trie.size() + (self.starts.len() + self.parts.len()) * 4
    }
}
