use model::{
    ClassIndex, DeviceIndex, DeviceSetIndex, GroupIndex, NameTable, Roster, Subject, UserIndex,
    ZoneIndex, nearest,
};

/// One member of `for`, such as `class:media`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Selector {
    Group(GroupIndex),
    Class(ClassIndex),
    Device(DeviceIndex),
    Set(DeviceSetIndex),
    Zone(ZoneIndex),
    User(UserIndex),
}

/// Some groups, one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct GroupSet(Vec<u64>);

impl GroupSet {
    pub(crate) fn insert(&mut self, group: GroupIndex) {
        let (word, bit) = (usize::from(group.0) / 64, group.0 % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    pub(crate) fn contains(&self, group: GroupIndex) -> bool {
        let (word, bit) = (usize::from(group.0) / 64, group.0 % 64);
        self.0.get(word).is_some_and(|word| word & (1 << bit) != 0)
    }
}

/// A member of `for` names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SelectorFault {
    pub(crate) what: String,
    pub(crate) mend: String,
}

impl Selector {
    /// Reads one member of `for`.
    pub(crate) fn parse(
        text: &str,
        groups: &NameTable<GroupIndex>,
        roster: &Roster,
    ) -> Result<Self, SelectorFault> {
        let Some((kind, id)) = text.split_once(':') else {
            return Err(SelectorFault {
                what: format!("`{text}` does not say whom it means"),
                mend: format!("write `group:{text}`, `class:{text}`, `device:{text}` or the like"),
            });
        };
        if matches!(kind, "user" | "directory") && !roster.feeds {
            return Err(SelectorFault {
                what: format!("`{text}` can never apply, for nothing says who the users are"),
                mend: "switch the identity feed on in network.toml, or name devices or a class"
                    .to_owned(),
            });
        }
        match kind {
            "group" => find(groups, id).map(Self::Group),
            "class" | "directory" => find(&roster.classes, id).map(Self::Class),
            "device" => find(&roster.devices, id).map(Self::Device),
            "set" => find(&roster.sets, id).map(Self::Set),
            "zone" => find(&roster.zones, id).map(Self::Zone),
            "user" => find(&roster.users, id).map(Self::User),
            _ => Err(nearest(kind, KINDS)),
        }
        .map_err(|near| SelectorFault {
            what: match KINDS.contains(&kind) {
                true => format!("no {kind} `{id}`"),
                false => format!("`{kind}:` is not a kind of people or devices"),
            },
            mend: match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if KINDS.contains(&kind) => format!("name a {kind} that the files hold"),
                None => format!("known kinds: {}", KINDS.join(", ")),
            },
        })
    }

    /// Whether the subject is meant; `lineage` holds its group and those that the group extends.
    pub(crate) fn means(self, subject: &Subject, lineage: &[GroupIndex]) -> bool {
        match self {
            Self::Group(group) => lineage.contains(&group),
            Self::Class(class) => subject.classes.contains(class),
            Self::Device(device) => subject.device == Some(device),
            Self::Set(set) => subject.sets.contains(set),
            Self::Zone(zone) => subject.zone == zone,
            Self::User(user) => subject.user == Some(user),
        }
    }
}

fn find<'a, I: From<u16> + Into<u16> + Copy>(
    table: &'a NameTable<I>,
    id: &str,
) -> Result<I, Option<&'a str>> {
    table
        .find(id)
        .ok_or_else(|| nearest(id, table.iter().map(|(_, name)| name)))
}

const KINDS: [&str; 7] = [
    "group",
    "class",
    "device",
    "set",
    "zone",
    "user",
    "directory",
];
