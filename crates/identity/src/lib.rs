//! Turns a source address into a subject.
//!
//! A client is first what its zone says of a client not known better; a static device, a timed
//! assignment or a live binding makes it better known. Identity knows no policy: groups and
//! schedules are names that `policy` gave a place to.
//!
//! It is not an authenticator: bindings come from feeds that the binary has let in.
//!
//! ```
//! use identity::Draft;
//! use model::{Faults, Files};
//!
//! let mut files = Files::default();
//! files.insert("config/network.toml", *br#"
//! [[device_classes]]
//! id = "school-shared"
//! title = "school owned, shared"
//! network = "full"
//! [[zones]]
//! id = "rooms"
//! networks = ["10.20.0.0/16"]
//! device_class = "school-shared"
//! group = "ks2"
//! unidentified = "ks2"
//! "#);
//! let mut faults = Faults::default();
//! let draft = Draft::read(&files, &mut faults);
//! assert!(faults.is_empty(), "{faults}");
//! assert_eq!(draft.roster().zones.len(), 1);
//! ```

mod address;
mod bindings;
mod draft;
mod identifier;
mod membership;
mod settings;

pub use address::{Hardware, Member};
pub use bindings::{Binding, Bindings};
pub use draft::Draft;
pub use identifier::{Identifier, ZoneAnswer};
pub use settings::{
    Assignment, Class, ClassesFile, Device, DeviceClass, DeviceSet, IdentitySettings, LocalServer,
    NetworkFile, OnFailure, Zone, schemas,
};
