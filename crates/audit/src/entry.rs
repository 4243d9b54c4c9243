use model::{Moment, PolicyVersion};
use std::fmt;

/// The place of an entry in the ledger, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct EntryIndex(pub u64);

impl fmt::Display for EntryIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $word:literal;)*) => {
        /// What an entry of the ledger is about; its number is part of the file format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum EntryKind {
            $($(#[$doc])* $name = $number,)*
        }

        impl EntryKind {
            /// All kinds, by number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The number in the file.
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// The kind of a number; `None` for one of a later version.
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Whether it tells of something that has happened already, and so may use the space
            /// that is kept back on a full disk.
            pub const fn draws_on_reserve(self) -> bool {
                matches!(
                    self,
                    Self::Stopped
                        | Self::ClockBackwards
                        | Self::OverlayEnded
                        | Self::Ratified
                        | Self::Drift
                        | Self::BreakGlass
                        | Self::Erasure
                        | Self::Retention
                        | Self::Incident
                        | Self::Fault
                )
            }

            /// Whether the others cannot be followed without it, so that it is never erased.
            pub const fn is_structural(self) -> bool {
                matches!(self, Self::Founding | Self::Erasure | Self::KeyRotated)
            }

            /// The word of the command line.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

kinds! {
    /// The ledger was begun, and its key made; always entry 0 and never another.
    Founding = 1, "founding";
    /// The gateway started.
    Started = 2, "started";
    /// The gateway stopped in good order.
    Stopped = 3, "stopped";
    /// The machine's clock was found to have been set back.
    ClockBackwards = 4, "clock-backwards";
    /// Changes take effect without a second person's consent.
    Unattended = 16, "unattended";
    /// A policy came into force.
    PolicyActivated = 17, "policy-activated";
    /// An artefact of lists came into force.
    ListsActivated = 18, "lists-activated";
    /// Commissioning began, was told of, or ended.
    Commissioning = 19, "commissioning";
    /// Somebody asked for a change.
    Proposed = 20, "proposed";
    /// A proposal was approved or refused; the payload says which, and why.
    Decided = 21, "decided";
    /// A proposal was taken back before it was decided.
    Withdrawn = 22, "withdrawn";
    /// An override, pause, isolation, block, individual plan, mode or lesson came into force.
    OverlayActivated = 23, "overlay-activated";
    /// One of these ended, by its expiry or by being revoked.
    OverlayEnded = 24, "overlay-ended";
    /// An emergency change was consented to afterwards.
    Ratified = 25, "ratified";
    /// What was due for review was looked at.
    Reviewed = 26, "reviewed";
    /// Somebody signed off the change log or a policy.
    SignedOff = 27, "signed-off";
    /// The working files, or a file of the state, were found to differ from what was approved.
    Drift = 28, "drift";
    /// An earlier policy or list came into force again.
    RolledBack = 29, "rolled-back";
    /// An address was bound to a device or a person by hand.
    IdentityBound = 32, "identity-bound";
    /// A feed of identities was added, altered or removed.
    IdentityFeed = 33, "identity-feed";
    /// An account or its roles were made, altered or closed.
    AccountChanged = 34, "account-changed";
    /// A password, a second factor or a token was set, reset or taken away.
    CredentialChanged = 35, "credential-changed";
    /// Somebody signed in.
    SignedIn = 36, "signed-in";
    /// A sign-in was refused.
    SignInRefused = 37, "sign-in-refused";
    /// The sealed account was used.
    BreakGlass = 38, "break-glass";
    /// Somebody is away, and who stands in.
    Absence = 39, "absence";
    /// Somebody looked at a named person's history.
    Disclosure = 48, "disclosure";
    /// Records were exported.
    Export = 49, "export";
    /// The payloads of entries were destroyed; see `FORMAT.md` for what it must say.
    Erasure = 50, "erasure";
    /// Records were kept from deletion, or let go again.
    Hold = 51, "hold";
    /// Records were deleted because their time was over; the payload is the proof.
    Retention = 52, "retention";
    /// The ledger's key was replaced; see `FORMAT.md` for what it must say.
    KeyRotated = 53, "key-rotated";
    /// A head of this ledger was received by somebody who keeps it elsewhere.
    Witnessed = 54, "witnessed";
    /// A notice was sent, was read, or could not be delivered.
    Notice = 55, "notice";
    /// An incident was opened, passed on or closed.
    Incident = 56, "incident";
    /// The ledger was verified; the payload says how far and against which head.
    Verified = 57, "verified";
    /// Something failed that a person must know of.
    Fault = 64, "fault";
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A number that stands for an account; who it is, the accounts file knows, and the payload may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pseudonym(pub [u8; 16]);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Who did what an entry tells, without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The gateway by itself: a timer, a refresh, a start.
    Gateway,
    /// Somebody with an account.
    Account(Pseudonym),
    /// Somebody at the command line, by the number of the operating system's user.
    LocalUser(u32),
}

impl Actor {
    fn encode(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        match self {
            Self::Gateway => {}
            Self::Account(Pseudonym(name)) => {
                bytes[0] = 1;
                bytes[1..].copy_from_slice(&name);
            }
            Self::LocalUser(number) => {
                bytes[0] = 2;
                bytes[13..].copy_from_slice(&number.to_be_bytes());
            }
        }
        bytes
    }

    fn decode(bytes: [u8; 17]) -> Option<Self> {
        let [tag, name @ ..] = bytes;
        let [.., a, b, c, d] = name;
        let found = match tag {
            0 => Self::Gateway,
            1 => Self::Account(Pseudonym(name)),
            2 => Self::LocalUser(u32::from_be_bytes([a, b, c, d])),
            _ => return None,
        };
        (found.encode() == bytes).then_some(found)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway => f.write_str("gateway"),
            Self::Account(name) => write!(f, "account {name}"),
            Self::LocalUser(number) => write!(f, "local user {number}"),
        }
    }
}

/// What is to be written into the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is about.
    pub kind: EntryKind,
    /// Who did it.
    pub actor: Actor,
    /// The policy that was in force, or that came into force.
    pub policy_version: Option<PolicyVersion>,
    /// The rest, names included; at most [`Entry::PAYLOAD_LIMIT`] bytes as JSON. It can be erased.
    pub payload: serde_json::Value,
}

impl Entry {
    /// The most bytes that a payload may have as JSON text.
    pub const PAYLOAD_LIMIT: usize = 1 << 20;
}

/// The part of an entry that is never erased: what the tree is made of. It bears no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its place.
    pub index: EntryIndex,
    /// When it was written, by the clock of the machine.
    pub time: Moment,
    /// The number of its kind; [`Leaf::kind`] knows the ones of this version.
    pub kind_number: u16,
    /// Who did it.
    pub actor: Actor,
    /// The policy it speaks of.
    pub policy_version: Option<PolicyVersion>,
    /// Whether the clock stood earlier than at the entry before (CHG-29). The order of entries is
    /// that of their places, whatever the clock says.
    pub clock_behind: bool,
    /// HMAC-SHA256 of the payload under the key of the entry.
    pub commitment: [u8; 32],
}

impl Leaf {
    /// The length of an encoded leaf without its length prefix.
    pub(crate) const LENGTH: usize = 78;

    /// The kind, if this version knows it.
    pub const fn kind(&self) -> Option<EntryKind> {
        EntryKind::from_number(self.kind_number)
    }

    /// The bytes that are hashed; see `FORMAT.md`.
    pub(crate) fn encode(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = VERSION;
        bytes[1..9].copy_from_slice(&self.index.0.to_be_bytes());
        bytes[9..17].copy_from_slice(&self.time.millis().to_be_bytes());
        bytes[17..19].copy_from_slice(&self.kind_number.to_be_bytes());
        bytes[19..36].copy_from_slice(&self.actor.encode());
        if let Some(version) = self.policy_version {
            bytes[36] = 1;
            bytes[37..45].copy_from_slice(&version.0.to_be_bytes());
        }
        bytes[45] = u8::from(self.clock_behind);
        bytes[46..].copy_from_slice(&self.commitment);
        bytes
    }

    /// Reads what [`Leaf::encode`] writes; `None` for any other bytes.
    pub(crate) fn decode(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let mut rest: &[u8] = bytes;
        let [_version] = take(&mut rest)?;
        let index = EntryIndex(u64::from_be_bytes(take(&mut rest)?));
        let time = Moment::from_millis(i64::from_be_bytes(take(&mut rest)?));
        let kind_number = u16::from_be_bytes(take(&mut rest)?);
        let actor = Actor::decode(take(&mut rest)?)?;
        let [flag] = take(&mut rest)?;
        let version = PolicyVersion(u64::from_be_bytes(take(&mut rest)?));
        let [behind] = take(&mut rest)?;
        let found = Self {
            index,
            time,
            kind_number,
            actor,
            policy_version: (flag == 1).then_some(version),
            clock_behind: behind == 1,
            commitment: take(&mut rest)?,
        };
        // One meaning, one encoding: whatever was read leniently above is caught here.
        (found.encode() == *bytes).then_some(found)
    }
}

/// Takes the next `N` bytes off the front.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_kinds_are_the_published_ones() {
        let kinds: Vec<_> = EntryKind::ALL
            .iter()
            .map(|kind| format!("{} {kind}", kind.number()))
            .collect();
        insta::assert_snapshot!(kinds.join("\n"), @r#"
        1 founding
        2 started
        3 stopped
        4 clock-backwards
        16 unattended
        17 policy-activated
        18 lists-activated
        19 commissioning
        20 proposed
        21 decided
        22 withdrawn
        23 overlay-activated
        24 overlay-ended
        25 ratified
        26 reviewed
        27 signed-off
        28 drift
        29 rolled-back
        32 identity-bound
        33 identity-feed
        34 account-changed
        35 credential-changed
        36 signed-in
        37 sign-in-refused
        38 break-glass
        39 absence
        48 disclosure
        49 export
        50 erasure
        51 hold
        52 retention
        53 key-rotated
        54 witnessed
        55 notice
        56 incident
        57 verified
        64 fault
        "#);
        for kind in EntryKind::ALL {
            assert_eq!(EntryKind::from_number(kind.number()), Some(*kind));
        }
    }

    proptest! {
        #[test]
        fn a_leaf_is_what_its_bytes_say(bytes: [u8; 77]) {
            let mut leaf = [1; Leaf::LENGTH];
            leaf[1..].copy_from_slice(&bytes);
            leaf[19] %= 4;
            leaf[36] %= 3;
            leaf[45] %= 3;
            if let Some(read) = Leaf::decode(&leaf) {
                prop_assert_eq!(read.encode(), leaf);
            }
        }

        #[test]
        fn a_leaf_reads_its_own_bytes(
            index: u64, millis: i64, kind_number: u16, name: [u8; 16], version: Option<u64>,
            clock_behind: bool, commitment: [u8; 32],
        ) {
            let leaf = Leaf {
                index: EntryIndex(index),
                time: Moment::from_millis(millis),
                kind_number,
                actor: Actor::Account(Pseudonym(name)),
                policy_version: version.map(PolicyVersion),
                clock_behind,
                commitment,
            };
            prop_assert_eq!(Leaf::decode(&leaf.encode()), Some(leaf));
        }
    }
}
