use alert::Role;
use audit::{Actor, EntryKind};
use change::{
    Acting, Bundle, Change, Commission, Confirmed, Desk, Draft, Matter, NewAccount, OpenDeskError,
    Opened, Outcome, Override, Proposal, ProposalId,
};
use gate::{Explainer, Gate, Question};
use model::{Access, Files, ManualClock, Moment, SystemChance};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use totp_rs::{Builder, Secret, Totp};

pub(crate) const NOW: &str = "2026-11-23T10:15:00Z";

const NETWORK: &str = r#"
[[device_classes]]
id = "shared"
title = "school owned, shared"
network = "full"
[[zones]]
id = "rooms"
networks = ["10.20.0.0/16"]
device_class = "shared"
group = "ks2"
unidentified = "ks2"
[[zones]]
id = "upper"
networks = ["10.30.0.0/16"]
device_class = "shared"
group = "ks3"
unidentified = "ks3"
[identity]
feed = true
"#;

const CLASSES: &str = r#"
[[classes]]
id = "year-6"
title = "Year 6"
devices = ["10.20.6.0/24"]
users = ["pupil.one"]
[[classes]]
id = "chess"
title = "Chess team"
devices = ["10.20.9.0/28", "10.30.9.0/28"]
[[classes]]
id = "year-5"
title = "Year 5"
devices = ["10.20.5.0/24"]
"#;

const CALENDAR: &str = r#"
time_zone = "Europe/London"
[[terms]]
name = "Autumn"
start = "2026-09-01"
end = "2026-12-18"
[[schedules]]
id = "school-hours"
title = "School hours"
from = "08:30"
to = "15:30"
"#;

const CATEGORIES: &str = r#"
[[categories]]
id = "social"
title = "Social media"
words = "Friends."
theme = "School policy"
class = "against"
default = "pupils"
[[categories]]
id = "games"
title = "Games"
words = "Play."
theme = "School policy"
class = "against"
default = "pupils"
[[categories]]
id = "illegal-csam"
title = "Child sexual abuse"
words = "Illegal."
theme = "Illegal"
class = "floor"
locked = true
alert = true
"#;

/// The files of a small school; `social` is the word of Key Stage 2 for social media.
pub(crate) fn files(social: &str) -> Files {
    let mut files = Files::default();
    let mut put = |path: &str, text: String| files.insert(path, text.into_bytes());
    put("config/network.toml", NETWORK.to_owned());
    put("config/classes.toml", CLASSES.to_owned());
    put("config/calendar.toml", CALENDAR.to_owned());
    put(
        "config/essential.toml",
        "[[essential]]\nname = \"registers.test\"\nreason = \"registers\"\n".to_owned(),
    );
    let group = |title: &str, social: &str| {
        format!(
            "title = \"{title}\"\nkind = \"pupils\"\nestablished = \"allow\"\nunknown = \"block\"\n\
             [access]\nsocial = \"{social}\"\ngames = \"permission\"\n"
        )
    };
    put("config/groups/ks2.toml", group("Key Stage 2", social));
    put("config/groups/ks3.toml", group("Key Stage 3", "block"));
    put("blocklists/categories.toml", CATEGORIES.to_owned());
    put("blocklists/guard.txt", "helpline.test\n".to_owned());
    let list = |title: &str, category: &str, name: &str| {
        format!(
            "# title: {title}\n# category: {category}\n# written: 2026-11-22\n# source: a test\n\
             # licence: MIT OR Apache-2.0\n\n{name}\n"
        )
    };
    put(
        "blocklists/starter/social.txt",
        list("Social media", "social", "friends.test"),
    );
    put(
        "blocklists/starter/games.txt",
        list("Games", "games", "play.test"),
    );
    put(
        "blocklists/sources.toml",
        "[[sources]]\nid = \"floor\"\ntitle = \"Floor\"\nfile = \"floor.txt\"\nformat = \"digests\"\n\
         category = \"illegal-csam\"\nlicence = \"by contract\"\nthird_party = false\n"
            .to_owned(),
    );
    let salt = "00112233445566778899aabbccddeeff";
    let own = lists::DigestSalt::parse(salt).unwrap();
    let abyss = lists::SaltedDigest::of(&own, lists::DigestKind::Name, "abyss.test");
    put(
        "blocklists/floor.txt",
        format!("# salt: {salt}\n{}\n", abyss.line()),
    );
    files
}

/// The same with another `[change]`.
pub(crate) fn with_settings(mut files: Files, change: &str) -> Files {
    let text = format!("[school]\nname = \"Oakfield\"\n[change]\n{change}\n");
    files.insert("config/schoolgate.toml", text.into_bytes());
    files
}

/// A person of the school with an account.
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) password: String,
    pub(crate) totp: Totp,
}

/// A desk with a clock in the hand, and people who have accounts.
pub(crate) struct School {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) people: Vec<Person>,
}

pub(crate) fn proposal(files: Files) -> Proposal {
    Proposal {
        bundle: Bundle::new(files),
        school: "Oakfield".to_owned(),
        proposer: Actor::Gateway,
        reason: "a test".to_owned(),
    }
}

pub(crate) fn open(state: &Path, clock: &Arc<ManualClock>) -> Result<Opened, OpenDeskError> {
    let clock = Arc::clone(clock);
    Desk::open(
        state,
        "oakfield.example/ledger",
        clock,
        Arc::new(SystemChance),
    )
}

pub(crate) fn manual() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(NOW.parse().unwrap()))
}

/// Brings files into force by the rules of commissioning.
pub(crate) fn activate(desk: &Desk, files: Files) {
    let checked = desk
        .check(proposal(files))
        .unwrap_or_else(|faults| panic!("{faults}"));
    match desk.commission(checked).unwrap() {
        Commission::Approved(approved) => {
            desk.activate(*approved).unwrap();
        }
        Commission::Over(_) => panic!("commissioning is over"),
    }
}

pub(crate) fn action(desk: &Desk, client: &str, target: &str) -> &'static str {
    action_at(desk, client, target, desk.now())
}

pub(crate) fn action_at(desk: &Desk, client: &str, target: &str, at: Moment) -> &'static str {
    let question = Question {
        client: client.parse().unwrap(),
        user: None,
        group: None,
        at,
        target,
        addresses: &[],
    };
    Explainer::new(Arc::new(desk.state().unwrap()))
        .explain(&question, false)
        .unwrap()
        .action
        .word()
}

pub(crate) const FROM: std::net::IpAddr =
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

impl School {
    /// A school past its commissioning, with these people signed up.
    pub(crate) fn with(roles: &[(&'static str, Role)]) -> Self {
        Self::of(files("block"), roles)
    }

    /// A school in its first days, without anybody.
    pub(crate) fn commissioning() -> Self {
        Self::begun(files("block"))
    }

    fn begun(files: Files) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
        let desk = Arc::new(open(folder.path(), &clock).unwrap().desk);
        activate(&desk, files);
        Self {
            folder,
            clock,
            desk,
            people: Vec::new(),
        }
    }

    pub(crate) fn of(files: Files, roles: &[(&'static str, Role)]) -> Self {
        let mut school = Self::begun(files);
        for (name, role) in roles {
            let mut new = NewAccount::new(name, name, *role);
            if *role == Role::Teacher {
                new.classes = vec!["year-6".to_owned(), "chess".to_owned()];
            }
            school.enrol(name, &new);
        }
        school.clock.advance(Duration::from_secs(14 * 86_400));
        school.desk.tick().unwrap();
        assert_eq!(school.desk.commissioning(), None);
        school
    }

    /// Opens an account at the machine and signs in for the first time.
    pub(crate) fn enrol(&mut self, name: &'static str, new: &NewAccount) {
        let handed = self.desk.found_account(1000, new).unwrap();
        let first = self
            .desk
            .sign_in(name, &handed.password, None, FROM)
            .unwrap();
        let password = format!("violet tractor for seven of {}", self.people.len());
        let changed = self
            .desk
            .change_password(&first.acting, &handed.password, &password)
            .unwrap();
        let shown = self.desk.begin_second_factor(&changed.acting).unwrap();
        let totp = totp(&shown.secret);
        let code = totp.generate(self.seconds()).to_string();
        self.desk
            .finish_second_factor(&changed.acting, &code)
            .unwrap();
        self.people.push(Person {
            name,
            password,
            totp,
        });
    }

    pub(crate) fn seconds(&self) -> u64 {
        u64::try_from(model::Clock::now(&*self.clock).seconds()).unwrap()
    }

    fn person(&self, name: &str) -> &Person {
        self.people
            .iter()
            .find(|person| person.name == name)
            .unwrap()
    }

    /// A code that was not used: half a minute later than the last.
    pub(crate) fn code(&self, name: &str) -> String {
        self.clock.advance(Duration::from_secs(30));
        self.person(name).totp.generate(self.seconds()).to_string()
    }

    pub(crate) fn sign_in(&self, name: &str) -> Acting {
        let code = self.code(name);
        let password = &self.person(name).password;
        let signed = self
            .desk
            .sign_in(name, password, Some(&code), FROM)
            .unwrap();
        self.desk.acting(&signed.token).unwrap()
    }

    pub(crate) fn confirm(&self, name: &str) -> Confirmed {
        let acting = self.sign_in(name);
        let code = self.code(name);
        self.desk
            .confirm(&acting, &self.person(name).password, &code)
            .unwrap()
    }

    pub(crate) fn propose(&self, name: &str, change: Change) -> Matter {
        let acting = self.sign_in(name);
        let outcome = self
            .desk
            .propose(&acting, Draft::new(change, "for history lessons"));
        match outcome.unwrap() {
            Outcome::Waiting(matter) | Outcome::Active(matter) => *matter,
        }
    }

    pub(crate) fn approve(&self, name: &str, id: ProposalId) -> Matter {
        let confirmed = self.confirm(name);
        let seen = self
            .desk
            .matter(confirmed.acting(), id)
            .unwrap()
            .unwrap()
            .digest;
        self.desk.approve(confirmed, id, seen, "agreed").unwrap()
    }

    pub(crate) fn in_minutes(&self, minutes: u64) -> Moment {
        self.desk.now().after(Duration::from_secs(minutes * 60))
    }

    pub(crate) fn unblock(&self, site: &str, whom: &str, minutes: u64) -> Change {
        Change::Override(Override {
            id: String::new(),
            whom: vec![whom.to_owned()],
            sites: vec![site.to_owned()],
            action: Access::Allow,
            start: self.desk.now(),
            end: self.in_minutes(minutes),
            reason: "history".to_owned(),
            trial: None,
        })
    }

    /// A gate that decides by what the desk has in force.
    pub(crate) fn gate(&self) -> Arc<Gate> {
        let gate = Gate::new(
            self.desk.state().unwrap(),
            Arc::clone(&self.clock) as Arc<dyn model::Clock>,
            Arc::new(SystemChance),
            gate::Recorder::discarding(),
        );
        self.desk.attach(Arc::clone(&gate));
        gate
    }

    pub(crate) fn kinds(&self) -> Vec<EntryKind> {
        kinds(&self.desk)
    }

    /// Starts the gateway's desk anew, as after a power cut.
    pub(crate) fn restart(self) -> Self {
        let Self {
            folder,
            clock,
            desk,
            people,
        } = self;
        drop(desk);
        let desk = Arc::new(open(folder.path(), &clock).unwrap().desk);
        desk.resume().unwrap();
        Self {
            folder,
            clock,
            desk,
            people,
        }
    }
}

pub(crate) fn kinds(desk: &Desk) -> Vec<EntryKind> {
    let transcript = desk.ledger().transcript().unwrap();
    transcript
        .entries()
        .filter_map(|written| written.leaf.kind())
        .collect()
}

pub(crate) fn totp(secret: &str) -> Totp {
    let secret = secret.replace(' ', "");
    Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .with_account_name("account")
        .with_issuer(Some("Oakfield"))
        .build()
        .unwrap()
}

/// The people of most tests.
pub(crate) const STAFF: [(&str, Role); 6] = [
    ("tech", Role::Technician),
    ("coordinator", Role::Coordinator),
    ("head", Role::Headteacher),
    ("deputy", Role::Deputy),
    ("chair", Role::Chair),
    ("teacher", Role::Teacher),
];
