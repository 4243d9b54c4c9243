use crate::fold::Folder;

/// A character reference as far as it was read, without its `&`.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    bytes: [u8; 16],
    length: usize,
}

/// What became of a byte behind `&`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It belongs to the reference, which goes on.
    More,
    /// It ends the reference and belongs to it.
    Last,
    /// It does not belong to it.
    Behind,
}

impl Reference {
    pub(crate) fn begin(&mut self) {
        self.length = 0;
    }

    pub(crate) fn take(&mut self, byte: u8) -> Taken {
        let belongs = byte.is_ascii_alphanumeric() || (byte == b'#' && self.length == 0);
        match byte {
            b';' => Taken::Last,
            _ if belongs && self.fits(byte) => {
                // Noughts at the front say nothing and may be many.
                let nought = byte == b'0' && matches!(&self.bytes[..self.length], b"#" | b"#x");
                if !nought {
                    self.bytes[self.length] = byte.to_ascii_lowercase();
                    if self.is_named() {
                        self.bytes[self.length] = byte;
                    }
                    self.length += 1;
                }
                Taken::More
            }
            _ => Taken::Behind,
        }
    }

    fn is_named(&self) -> bool {
        self.length == 0 || self.bytes[0] != b'#'
    }

    fn fits(&self, byte: u8) -> bool {
        let digits = match &self.bytes[..self.length] {
            [b'#'] => byte.is_ascii_digit() || byte.eq_ignore_ascii_case(&b'x'),
            [b'#', b'x', ..] => byte.is_ascii_hexdigit(),
            [b'#', ..] => byte.is_ascii_digit(),
            _ => true,
        };
        digits && self.length < self.bytes.len()
    }

    /// Writes the character that is meant, or what was read where none is.
    pub(crate) fn write(&self, out: &mut Folder) {
        match &self.bytes[..self.length] {
            [b'#', b'x', digits @ ..] => number(digits, 16, out),
            [b'#', digits @ ..] => number(digits, 10, out),
            name => named(name, out),
        }
    }
}

fn number(digits: &[u8], radix: u32, out: &mut Folder) {
    let character = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, radix).ok())
        .and_then(char::from_u32);
    match character {
        Some(character) => out.character(character),
        None => out.space(),
    }
}

fn named(name: &[u8], out: &mut Folder) {
    if let Some(character) = find(name) {
        out.character(character);
        return;
    }
    // Letters in other dress: `&Aopf;`, `&bscr;`, `&cfr;`.
    if let [letter, b'o', b'p', b'f'] | [letter, b's', b'c', b'r'] | [letter, b'f', b'r'] = name {
        out.text(&[*letter]);
        return;
    }
    // Browsers take the old names without a semicolon, whatever follows.
    let old = (2..name.len())
        .rev()
        .find_map(|length| Some((length, find(&name[..length]).filter(|c| *c <= '\u{ff}')?)));
    match old {
        Some((length, character)) => {
            out.character(character);
            out.text(&name[length..]);
        }
        None => {
            out.space();
            out.text(name);
        }
    }
}

fn find(name: &[u8]) -> Option<char> {
    NAMED
        .binary_search_by(|(held, _)| held.as_bytes().cmp(name))
        .ok()
        .map(|place| NAMED[place].1)
}

/// The references that texts use, in order of their bytes.
const NAMED: [(&str, char); 248] = [
    ("AElig", '\u{c6}'),
    ("AMP", '\u{26}'),
    ("Aacute", '\u{c1}'),
    ("Abreve", '\u{102}'),
    ("Acirc", '\u{c2}'),
    ("Agrave", '\u{c0}'),
    ("Alpha", '\u{391}'),
    ("ApplyFunction", '\u{2061}'),
    ("Aring", '\u{c5}'),
    ("Atilde", '\u{c3}'),
    ("Auml", '\u{c4}'),
    ("Beta", '\u{392}'),
    ("Ccedil", '\u{c7}'),
    ("Chi", '\u{3a7}'),
    ("Delta", '\u{394}'),
    ("ETH", '\u{d0}'),
    ("Eacute", '\u{c9}'),
    ("Ecirc", '\u{ca}'),
    ("Egrave", '\u{c8}'),
    ("Epsilon", '\u{395}'),
    ("Eta", '\u{397}'),
    ("Euml", '\u{cb}'),
    ("GT", '\u{3e}'),
    ("Gamma", '\u{393}'),
    ("Hat", '\u{5e}'),
    ("Iacute", '\u{cd}'),
    ("Icirc", '\u{ce}'),
    ("Igrave", '\u{cc}'),
    ("InvisibleComma", '\u{2063}'),
    ("InvisibleTimes", '\u{2062}'),
    ("Iota", '\u{399}'),
    ("Iuml", '\u{cf}'),
    ("Kappa", '\u{39a}'),
    ("LT", '\u{3c}'),
    ("Lambda", '\u{39b}'),
    ("Lstrok", '\u{141}'),
    ("Mu", '\u{39c}'),
    ("NewLine", '\u{a}'),
    ("NoBreak", '\u{2060}'),
    ("NonBreakingSpace", '\u{a0}'),
    ("Ntilde", '\u{d1}'),
    ("Nu", '\u{39d}'),
    ("OElig", '\u{152}'),
    ("Oacute", '\u{d3}'),
    ("Ocirc", '\u{d4}'),
    ("Ograve", '\u{d2}'),
    ("Omega", '\u{3a9}'),
    ("Omicron", '\u{39f}'),
    ("Oslash", '\u{d8}'),
    ("Otilde", '\u{d5}'),
    ("Ouml", '\u{d6}'),
    ("Phi", '\u{3a6}'),
    ("Pi", '\u{3a0}'),
    ("Psi", '\u{3a8}'),
    ("QUOT", '\u{22}'),
    ("Rho", '\u{3a1}'),
    ("Sacute", '\u{15a}'),
    ("Scaron", '\u{160}'),
    ("Sigma", '\u{3a3}'),
    ("THORN", '\u{de}'),
    ("Tab", '\u{9}'),
    ("Tau", '\u{3a4}'),
    ("Theta", '\u{398}'),
    ("Uacute", '\u{da}'),
    ("Ucirc", '\u{db}'),
    ("Ugrave", '\u{d9}'),
    ("Upsilon", '\u{3a5}'),
    ("Uuml", '\u{dc}'),
    ("Wcirc", '\u{174}'),
    ("Xi", '\u{39e}'),
    ("Yacute", '\u{dd}'),
    ("Ycirc", '\u{176}'),
    ("Yuml", '\u{178}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("Zeta", '\u{396}'),
    ("aacute", '\u{e1}'),
    ("abreve", '\u{103}'),
    ("acirc", '\u{e2}'),
    ("acute", '\u{b4}'),
    ("acy", '\u{430}'),
    ("aelig", '\u{e6}'),
    ("agrave", '\u{e0}'),
    ("alpha", '\u{3b1}'),
    ("amp", '\u{26}'),
    ("aogon", '\u{105}'),
    ("apos", '\u{27}'),
    ("aring", '\u{e5}'),
    ("ast", '\u{2a}'),
    ("atilde", '\u{e3}'),
    ("auml", '\u{e4}'),
    ("bdquo", '\u{201e}'),
    ("beta", '\u{3b2}'),
    ("brvbar", '\u{a6}'),
    ("bsol", '\u{5c}'),
    ("bull", '\u{2022}'),
    ("cacute", '\u{107}'),
    ("ccedil", '\u{e7}'),
    ("cedil", '\u{b8}'),
    ("cent", '\u{a2}'),
    ("chi", '\u{3c7}'),
    ("circ", '\u{2c6}'),
    ("colon", '\u{3a}'),
    ("comma", '\u{2c}'),
    ("commat", '\u{40}'),
    ("copy", '\u{a9}'),
    ("curren", '\u{a4}'),
    ("dash", '\u{2010}'),
    ("deg", '\u{b0}'),
    ("delta", '\u{3b4}'),
    ("divide", '\u{f7}'),
    ("dollar", '\u{24}'),
    ("dscy", '\u{455}'),
    ("eacute", '\u{e9}'),
    ("ecirc", '\u{ea}'),
    ("ecy", '\u{44d}'),
    ("egrave", '\u{e8}'),
    ("emsp", '\u{2003}'),
    ("ensp", '\u{2002}'),
    ("eogon", '\u{119}'),
    ("epsilon", '\u{3b5}'),
    ("equals", '\u{3d}'),
    ("eta", '\u{3b7}'),
    ("eth", '\u{f0}'),
    ("euml", '\u{eb}'),
    ("excl", '\u{21}'),
    ("fflig", '\u{fb00}'),
    ("filig", '\u{fb01}'),
    ("fllig", '\u{fb02}'),
    ("fnof", '\u{192}'),
    ("frac12", '\u{bd}'),
    ("frac14", '\u{bc}'),
    ("frac34", '\u{be}'),
    ("gamma", '\u{3b3}'),
    ("grave", '\u{60}'),
    ("gt", '\u{3e}'),
    ("hellip", '\u{2026}'),
    ("hyphen", '\u{2010}'),
    ("iacute", '\u{ed}'),
    ("icirc", '\u{ee}'),
    ("iexcl", '\u{a1}'),
    ("igrave", '\u{ec}'),
    ("imath", '\u{131}'),
    ("inodot", '\u{131}'),
    ("iota", '\u{3b9}'),
    ("iquest", '\u{bf}'),
    ("iukcy", '\u{456}'),
    ("iuml", '\u{ef}'),
    ("jsercy", '\u{458}'),
    ("kappa", '\u{3ba}'),
    ("lambda", '\u{3bb}'),
    ("laquo", '\u{ab}'),
    ("lbrack", '\u{5b}'),
    ("lcub", '\u{7b}'),
    ("ldquo", '\u{201c}'),
    ("lowbar", '\u{5f}'),
    ("lpar", '\u{28}'),
    ("lrm", '\u{200e}'),
    ("lsquo", '\u{2018}'),
    ("lstrok", '\u{142}'),
    ("lt", '\u{3c}'),
    ("macr", '\u{af}'),
    ("mdash", '\u{2014}'),
    ("micro", '\u{b5}'),
    ("middot", '\u{b7}'),
    ("mu", '\u{3bc}'),
    ("nacute", '\u{144}'),
    ("nbsp", '\u{a0}'),
    ("ndash", '\u{2013}'),
    ("not", '\u{ac}'),
    ("ntilde", '\u{f1}'),
    ("nu", '\u{3bd}'),
    ("num", '\u{23}'),
    ("oacute", '\u{f3}'),
    ("ocirc", '\u{f4}'),
    ("ocy", '\u{43e}'),
    ("oelig", '\u{153}'),
    ("ograve", '\u{f2}'),
    ("omega", '\u{3c9}'),
    ("omicron", '\u{3bf}'),
    ("ordf", '\u{aa}'),
    ("ordm", '\u{ba}'),
    ("oslash", '\u{f8}'),
    ("otilde", '\u{f5}'),
    ("ouml", '\u{f6}'),
    ("para", '\u{b6}'),
    ("pcy", '\u{43f}'),
    ("percnt", '\u{25}'),
    ("period", '\u{2e}'),
    ("phi", '\u{3c6}'),
    ("pi", '\u{3c0}'),
    ("plus", '\u{2b}'),
    ("plusmn", '\u{b1}'),
    ("pound", '\u{a3}'),
    ("prime", '\u{2032}'),
    ("psi", '\u{3c8}'),
    ("quest", '\u{3f}'),
    ("quot", '\u{22}'),
    ("raquo", '\u{bb}'),
    ("rbrack", '\u{5d}'),
    ("rcub", '\u{7d}'),
    ("rcy", '\u{440}'),
    ("rdquo", '\u{201d}'),
    ("reg", '\u{ae}'),
    ("rho", '\u{3c1}'),
    ("rlm", '\u{200f}'),
    ("rpar", '\u{29}'),
    ("rsquo", '\u{2019}'),
    ("sacute", '\u{15b}'),
    ("sbquo", '\u{201a}'),
    ("scaron", '\u{161}'),
    ("scedil", '\u{15f}'),
    ("scy", '\u{441}'),
    ("sect", '\u{a7}'),
    ("semi", '\u{3b}'),
    ("shy", '\u{ad}'),
    ("sigma", '\u{3c3}'),
    ("sigmaf", '\u{3c2}'),
    ("sol", '\u{2f}'),
    ("sup1", '\u{b9}'),
    ("sup2", '\u{b2}'),
    ("sup3", '\u{b3}'),
    ("szlig", '\u{df}'),
    ("tau", '\u{3c4}'),
    ("tcedil", '\u{163}'),
    ("theta", '\u{3b8}'),
    ("thinsp", '\u{2009}'),
    ("thorn", '\u{fe}'),
    ("tilde", '\u{2dc}'),
    ("times", '\u{d7}'),
    ("uacute", '\u{fa}'),
    ("ucirc", '\u{fb}'),
    ("ugrave", '\u{f9}'),
    ("uml", '\u{a8}'),
    ("upsilon", '\u{3c5}'),
    ("uuml", '\u{fc}'),
    ("verbar", '\u{7c}'),
    ("wcirc", '\u{175}'),
    ("xi", '\u{3be}'),
    ("yacute", '\u{fd}'),
    ("ycirc", '\u{177}'),
    ("ycy", '\u{44b}'),
    ("yen", '\u{a5}'),
    ("yuml", '\u{ff}'),
    ("zacute", '\u{17a}'),
    ("zdot", '\u{17c}'),
    ("zeta", '\u{3b6}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order() {
        assert!(NAMED.windows(2).all(|two| two[0].0 < two[1].0));
    }
}
