use std::collections::BTreeMap;
use std::marker::PhantomData;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);

        impl From<$name> for u16 {
            fn from(index: $name) -> u16 {
                index.0
            }
        }

        impl From<u16> for $name {
            fn from(index: u16) -> Self {
                Self(index)
            }
        }
    };
}

index!(
    /// The place of a group in one compiled policy.
    GroupIndex
);
index!(
    /// The place of a zone in one compiled policy.
    ZoneIndex
);
index!(
    /// The place of a named device in one compiled policy.
    DeviceIndex
);
index!(
    /// The place of a device set in one compiled policy; at most 64.
    DeviceSetIndex
);
index!(
    /// The place of a class in one compiled policy.
    ClassIndex
);
index!(
    /// The place of a user in one compiled policy.
    UserIndex
);

/// A list of names, each known by its place.
///
/// The names of one compiled policy; an index from another one means something else.
#[derive(Clone, Debug)]
pub struct NameTable<I> {
    names: Vec<Box<str>>,
    places: BTreeMap<Box<str>, u16>,
    index: PhantomData<fn() -> I>,
}

impl<I> Default for NameTable<I> {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            places: BTreeMap::new(),
            index: PhantomData,
        }
    }
}

impl<I: From<u16> + Into<u16> + Copy> NameTable<I> {
    /// Adds a name, or finds it where it stands; `None` once 65,536 names are held.
    pub fn insert(&mut self, name: &str) -> Option<I> {
        if let Some(found) = self.find(name) {
            return Some(found);
        }
        let place = u16::try_from(self.names.len()).ok()?;
        self.names.push(name.into());
        self.places.insert(name.into(), place);
        Some(I::from(place))
    }

    /// Finds the place of a name.
    pub fn find(&self, name: &str) -> Option<I> {
        self.places.get(name).map(|&place| I::from(place))
    }

    /// The name at a place; `None` for a place of another table.
    pub fn name(&self, index: I) -> Option<&str> {
        self.names
            .get(usize::from(index.into()))
            .map(|name| &**name)
    }

    /// How many names are held.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no name is held.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names with their places, in order.
    pub fn iter(&self) -> impl Iterator<Item = (I, &str)> {
        (0u16..)
            .zip(&self.names)
            .map(|(place, name)| (I::from(place), &**name))
    }
}

impl<I: From<u16> + Into<u16> + Copy, S: AsRef<str>> FromIterator<S> for NameTable<I> {
    fn from_iter<T: IntoIterator<Item = S>>(names: T) -> Self {
        let mut table = Self::default();
        for name in names {
            let _ = table.insert(name.as_ref());
        }
        table
    }
}
