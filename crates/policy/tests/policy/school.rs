//! A small school to ask.

use model::{
    Action, CategoryId, CategorySet, Faults, Files, HostBuffer, LabelSet, Labels, Moment,
    NetworkAccess, PolicyVersion, Roster, Rung, Subject, Target, Verdict, ZoneFacts, ZoneKind,
};
use policy::{Draft, Overlay, Policy, View};
use std::sync::Arc;

pub(crate) const CATEGORIES: &str = r#"
[[categories]]
id = "gambling"
title = "Gambling"
words = "Betting."
theme = "x"
class = "against"
default = "block"
minimum_age = 18
[[categories]]
id = "social"
title = "Social media"
words = "Social networks."
theme = "x"
class = "against"
default = "pupils"
minimum_age = 13
[[categories]]
id = "games"
title = "Games"
words = "Games."
theme = "x"
class = "against"
default = "pupils"
[[categories]]
id = "video"
title = "Video"
words = "Video."
theme = "x"
class = "against"
default = "pupils"
[[categories]]
id = "shopping"
title = "Shopping"
words = "Shops."
theme = "x"
class = "against"
default = "pupils"
minimum_age = 18
[[categories]]
id = "blogs"
title = "Blogs"
words = "Blogs."
theme = "x"
class = "against"
default = "pupils"
[[categories]]
id = "news"
title = "News"
words = "News."
theme = "x"
class = "against"
default = "open"
minimum_age = 9
[[categories]]
id = "proxy"
title = "Proxies"
words = "Ways round the filter."
theme = "x"
class = "against"
default = "block"
locked = true
[[categories]]
id = "self-harm"
title = "Self-harm"
words = "Self-harm."
theme = "x"
class = "against"
default = "block"
alert = true
[[categories]]
id = "established"
title = "Established"
words = "Long standing."
theme = "x"
class = "allow"
[[categories]]
id = "education"
title = "Education"
words = "Learning."
theme = "x"
class = "allow"
[[categories]]
id = "help"
title = "Help"
words = "Help for children."
theme = "x"
class = "allow"
[[categories]]
id = "banking"
title = "Banking"
words = "Banks."
theme = "x"
class = "allow"
"#;

pub(crate) const CALENDAR: &str = r#"
time_zone = "Europe/London"
inset = [2026-10-23]
bank_holidays = [2027-05-03]
half_days = [{ date = 2026-12-18, ends = "13:00" }]
[[terms]]
name = "autumn"
start = 2026-09-02
end = 2026-12-18
[[terms]]
name = "spring"
start = 2027-01-04
end = 2027-03-25
[[terms]]
name = "summer"
start = 2027-04-12
end = 2027-07-20
[[schedules]]
id = "school-hours"
title = "School hours"
from = "08:45"
to = "15:15"
[[schedules]]
id = "breaks"
title = "Breaks"
windows = [{ from = "10:30", to = "10:45" }, { from = "12:00", to = "13:00" }]
[[schedules]]
id = "lessons"
title = "Lessons"
includes = ["school-hours"]
except = ["breaks"]
[[schedules]]
id = "mornings"
title = "Mornings"
from = "08:45"
to = "12:00"
[[schedules]]
id = "friday-last-lesson"
title = "Friday, last lesson"
days = ["fri"]
from = "14:00"
to = "15:00"
[[schedules]]
id = "supply-day"
title = "The day of a supply teacher"
on = "every-day"
from = "08:00"
to = "16:00"
[[schedules]]
id = "night"
title = "Night"
on = "every-day"
from = "21:00"
to = "06:30"
"#;

/// A Monday lesson in term.
pub(crate) const LESSON: &str = "2026-11-23T09:15:00Z";
/// The break of the same Monday.
pub(crate) const BREAK: &str = "2026-11-23T10:35:00Z";
/// A Sunday.
pub(crate) const SUNDAY: &str = "2026-11-22T10:35:00Z";

/// The files of a school and who is in it.
pub(crate) struct School {
    pub(crate) files: Files,
    pub(crate) roster: Roster,
    pub(crate) overlay: Overlay,
}

impl School {
    pub(crate) fn new() -> Self {
        let mut school = Self {
            files: Files::default(),
            roster: Roster::default(),
            overlay: Overlay::default(),
        };
        school.roster.devices = ["head-laptop", "tablet"].into_iter().collect();
        school.roster.sets = ["trolley"].into_iter().collect();
        school.roster.classes = ["media", "chess"].into_iter().collect();
        school
            .zone("rooms", NetworkAccess::Full, false, "ks2")
            .zone("byod", NetworkAccess::InternetOnly, false, "ks2")
            .zone("visitors", NetworkAccess::None, false, "ks2")
            .zone("managed", NetworkAccess::Full, true, "ks2")
            .file("blocklists/categories.toml", CATEGORIES)
            .file("config/calendar.toml", CALENDAR)
            .group("pupils", "title = \"Pupils\"\nkind = \"pupils\"\n")
            .group(
                "ks2",
                "title = \"Key Stage 2\"\nextends = \"pupils\"\nage = 7\n",
            )
            .group(
                "ks2-y6",
                "title = \"Year 6\"\nextends = \"ks2\"\nage = 10\n",
            )
            .group("staff", "title = \"Staff\"\nkind = \"staff\"\n")
    }

    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path, text.as_bytes());
        self
    }

    pub(crate) fn group(self, id: &str, text: &str) -> Self {
        self.file(&format!("config/groups/{id}.toml"), text)
    }

    /// Key Stage 2 with more in its file.
    pub(crate) fn ks2(self, text: &str) -> Self {
        let head = "title = \"Key Stage 2\"\nextends = \"pupils\"\nage = 7\n";
        self.group("ks2", &format!("{head}{text}"))
    }

    pub(crate) fn staff(self, text: &str) -> Self {
        self.group(
            "staff",
            &format!("title = \"Staff\"\nkind = \"staff\"\n{text}"),
        )
    }

    pub(crate) fn zone(
        mut self,
        id: &str,
        network: NetworkAccess,
        certificate: bool,
        group: &str,
    ) -> Self {
        self.roster.zones.insert(id).expect("a place");
        self.roster.zone_facts.push(ZoneFacts {
            device_class: format!("class-of-{id}"),
            network,
            certificate,
            kind: ZoneKind::Clients,
            unidentified: group.to_owned(),
        });
        self
    }

    pub(crate) fn pack(self, id: &str, sites: &[&str]) -> Self {
        let text = format!(
            "id = \"{id}\"\ntitle = \"{id}\"\nreason = \"lessons\"\nreviewed = 2026-11-22\nsites = {sites:?}\n"
        );
        self.file(&format!("blocklists/packs/{id}.toml"), &text)
    }

    pub(crate) fn read(&self) -> (Option<Policy>, Faults) {
        let mut faults = Faults::default();
        let vocabulary = policy::vocabulary(&self.files, &mut faults).expect("a vocabulary");
        let draft = Draft::read(&self.files, &vocabulary, &mut faults);
        let version = PolicyVersion::from(self.files.digest());
        let policy = draft.compile(&self.roster, &self.overlay, version, &mut faults);
        (policy, faults)
    }

    pub(crate) fn open(&self) -> Asking {
        let (policy, faults) = self.read();
        match policy {
            Some(policy) => Asking {
                policy,
                roster: self.roster.clone(),
            },
            None => panic!("{faults}"),
        }
    }

    /// The faults, each as `line:column what`, of one file.
    pub(crate) fn faults(&self, file: &str) -> Vec<String> {
        let (_, faults) = self.read();
        faults
            .iter()
            .filter(|fault| fault.file == file)
            .map(|fault| {
                let at = fault
                    .position
                    .map_or_else(String::new, |at| format!("{}:{} ", at.line, at.column));
                let mend = fault.mend.as_deref().unwrap_or("-");
                format!("{at}{} -> {mend}", fault.what)
            })
            .collect()
    }
}

/// A compiled school that can be asked.
pub(crate) struct Asking {
    pub(crate) policy: Policy,
    pub(crate) roster: Roster,
}

impl Asking {
    pub(crate) fn subject(&self, group: &str) -> Subject {
        let group = self.policy.groups().find(group).expect("a group");
        let mut subject = self.policy.subject_of(group);
        subject.zone = self.roster.zones.find("rooms").expect("a zone");
        subject
    }

    pub(crate) fn labels(&self, ids: &[&str]) -> Labels {
        let categories: CategorySet = ids.iter().map(|id| self.category(id)).collect();
        Labels {
            categories,
            set: LabelSet::NONE,
            excepted: false,
        }
    }

    pub(crate) fn category(&self, id: &str) -> CategoryId {
        self.policy.vocabulary().find(id).expect("a category")
    }

    pub(crate) fn view(&self, subject: &Subject, at: &str) -> Arc<View> {
        self.policy
            .view(subject, &self.policy.schedules(moment(at)))
    }

    pub(crate) fn ask(
        &self,
        subject: &Subject,
        at: &str,
        target: &str,
        labels: &[&str],
    ) -> Verdict {
        let view = self.view(subject, at);
        let mut buffer = HostBuffer::new();
        let target = Target::parse(target, &mut buffer).expect("a target");
        let labels = self.labels(labels);
        let verdict = self.policy.decide(&view, &target, labels);
        // One implementation: explaining never differs from deciding.
        assert_eq!(self.policy.trace(&view, &target, labels).verdict, verdict);
        verdict
    }

    pub(crate) fn said(
        &self,
        group: &str,
        at: &str,
        target: &str,
        labels: &[&str],
    ) -> (Action, Rung) {
        let verdict = self.ask(&self.subject(group), at, target, labels);
        (verdict.action, verdict.reason.rung)
    }
}

pub(crate) fn moment(text: &str) -> Moment {
    text.parse().expect("a moment")
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
