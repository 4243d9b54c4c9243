//! A school small enough to read: pupils ask from 127.0.0.2, staff from 127.0.0.3.

use gate::{Compiled, Gate, PhraseBook, Recorder, State};
use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret};
use model::{Clock, Faults, Files, Host, HostBuffer, PolicyVersion, SystemChance};
use policy::Overlay;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

pub(crate) const PUPIL: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
pub(crate) const STAFF: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
pub(crate) const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

const CALENDAR: &str = r#"
time_zone = "Europe/London"
terms = [{ name = "Autumn", start = 2026-09-01, end = 2026-12-18 }]
[[schedules]]
id    = "lessons"
title = "Lessons"
from  = "09:00"
to    = "13:00"
"#;

const NETWORK: &str = r#"
[[device_classes]]
id      = "shared"
title   = "school owned"
network = "full"
[[zones]]
id           = "rooms"
title        = "rooms"
networks     = ["127.0.0.2/32"]
device_class = "shared"
group        = "pupils"
unidentified = "pupils"
[[zones]]
id           = "offices"
title        = "offices"
networks     = ["127.0.0.3/32"]
device_class = "shared"
group        = "staff"
unidentified = "staff"
"#;

const PUPILS: &str = r#"
title       = "Pupils"
kind        = "pupils"
age         = 9
reading     = "simple"
established = "allow"
unknown     = "allow"
safe_search = "strict"
youtube     = "strict"
[access]
gambling = { block = "always", lock = true }
video    = { allow = "lessons" }
blogs    = "permission"
"#;

const STAFFS: &str = r#"
title       = "Staff"
kind        = "staff"
reading     = "professional"
established = "allow"
unknown     = "allow"
safe_search = "off"
youtube     = "moderate"
[access]
gambling = "block"
video    = "allow"
blogs    = "allow"
"#;

const CATEGORIES: [&str; 3] = ["gambling", "video", "blogs"];

fn files() -> Files {
    let mut files = Files::default();
    let mut put = |path: &str, text: &str| files.insert(path, text.as_bytes());
    let categories: String = CATEGORIES
        .iter()
        .map(|id| {
            format!(
                "[[categories]]\nid = \"{id}\"\ntitle = \"{id} sites\"\nwords = \"{id}.\"\ntheme = \"School policy\"\nclass = \"against\"\ndefault = \"pupils\"\n"
            )
        })
        .collect();
    put("blocklists/categories.toml", &categories);
    put("config/calendar.toml", CALENDAR);
    put("config/network.toml", NETWORK);
    put("config/groups/pupils.toml", PUPILS);
    put("config/groups/staff.toml", STAFFS);
    files
}

/// The lists of a school: each name with its category, and all below it; of a network `a/n` also
/// the names that lead to it.
pub(crate) fn artefact(labelled: &[(&str, &str)]) -> Arc<Artefact> {
    let vocabulary = policy::vocabulary(&files(), &mut Faults::default()).unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    for (category, name) in labelled {
        let id = vocabulary.find(category).unwrap();
        if let Some((first, bits)) = name.split_once('/') {
            let meta = ListMeta::new(format!("{category} addresses"), Some(id)).of_answers();
            let list = compiler.list(meta);
            compiler.network(list, first.parse().unwrap(), bits.parse().unwrap());
            continue;
        }
        let list = compiler.list(ListMeta::new(*category, Some(id)));
        let mut buffer = HostBuffer::new();
        let name = Host::normalise(name, &mut buffer).unwrap().name().unwrap();
        compiler.entry(list, name, Coverage::NameAndBelow);
    }
    let secret = Secret::new([7; 32]);
    let bytes = compiler.compile(&secret).unwrap().into_bytes();
    Arc::new(Artefact::from_bytes(bytes, &secret).unwrap())
}

pub(crate) const LABELLED: [(&str, &str); 4] = [
    ("gambling", "bets.test"),
    ("video", "video.test"),
    ("blogs", "blogs.test"),
    ("illegal-csam", "floor.test"),
];

/// The gate of the school, by a clock of the caller's; it keeps no journal.
pub(crate) fn gate(clock: Arc<dyn Clock>, labelled: &[(&str, &str)]) -> Arc<Gate> {
    let files = files();
    let mut faults = Faults::default();
    let version = PolicyVersion::from(files.digest());
    let compiled = Compiled::compile(&files, &Overlay::default(), version, &mut faults);
    let compiled = compiled.unwrap_or_else(|| panic!("{faults}"));
    let state = State::new(
        compiled,
        artefact(labelled),
        Arc::new(PhraseBook::empty()),
        "Example School",
    );
    Gate::new(state, clock, Arc::new(SystemChance), Recorder::discarding())
}
