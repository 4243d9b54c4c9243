use model::{Chance, Door, Labels, Moment, Obligations, Subject, Verdict, ViewId};
use std::fmt;
use std::net::IpAddr;

/// Who asks, as a session holds it.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// The source address, an IPv4-mapped one as its IPv4 address.
    pub source: IpAddr,
    /// Who it is; `None` outside every zone, and such a client is refused.
    pub subject: Option<Subject>,
    /// Clients of one view get the same answers.
    pub view: ViewId,
    /// What the view asks of allowed queries: safe search, YouTube, inspection.
    pub obligations: Obligations,
    /// Whether anything is closed for the view, so that ways around the filter are closed too.
    pub filtered: bool,
    /// The generation of policy, lists and identities that it was made in.
    pub generation: u64,
    /// When the clock alone may change it.
    pub valid_until: Option<Moment>,
    pub(crate) slot: u32,
}

/// What is decided of one query.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The labels it was decided on.
    pub labels: Labels,
    /// The generation it was decided in; under another one it is stale.
    pub generation: u64,
}

/// What a door knows of a query beside its target, for the journal.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The door.
    pub door: Door,
    /// The DNS type; 0 at other doors.
    pub kind: u16,
    /// The HTTP method; empty at the DNS door.
    pub method: &'static str,
    /// Bytes carried, both ways.
    pub bytes: u64,
    /// From the question to the end of the answer, in microseconds.
    pub duration_us: u32,
    /// The number on the page that the person saw.
    pub reference: Option<Reference>,
    /// Whether a page fetched it by itself rather than the person; unknown at most doors.
    pub background: Option<bool>,
}

impl Facts {
    /// The facts of a DNS question.
    pub const fn dns(kind: u16) -> Self {
        Self {
            door: Door::Dns,
            kind,
            method: "",
            bytes: 0,
            duration_us: 0,
            reference: None,
            background: None,
        }
    }

    /// The facts of a request at the proxy.
    pub const fn request(door: Door, method: &'static str) -> Self {
        Self {
            door,
            method,
            ..Self::dns(0)
        }
    }
}

/// The path, on a site with a warning before it, to which the page sends who goes on.
///
/// A row of the journal with this path says that somebody went on.
pub const CONTINUE_PATH: &str = "/.well-known/schoolgate/continue";

/// The number on a block page, by which its decision is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference(u64);

impl Reference {
    /// Draws a number of 40 random bits.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no randomness.
    pub fn draw(chance: &dyn Chance) -> std::io::Result<Self> {
        let mut bytes = [0; 8];
        chance.fill(&mut bytes[3..])?;
        Ok(Self(u64::from_be_bytes(bytes)))
    }
}

/// Crockford's alphabet: no letter that is read as a digit over the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..8).rev() {
            let digit = (self.0 >> (place * 5)) & 31;
            let digit = ALPHABET
                .get(usize::try_from(digit).unwrap_or(0))
                .copied()
                .unwrap_or(b'0');
            write!(f, "{}", char::from(digit))?;
            if place == 4 {
                f.write_str("-")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Chance for Fixed {
        fn fill(&self, buffer: &mut [u8]) -> std::io::Result<()> {
            buffer.fill(0xff);
            Ok(())
        }
    }

    #[test]
    fn a_reference_can_be_read_over_the_telephone() {
        assert_eq!(Reference::draw(&Fixed).unwrap().to_string(), "ZZZZ-ZZZZ");
        assert_eq!(Reference(1).to_string(), "0000-0001");
    }
}
