//! A small school with a console, for tests: its desk and gate are real, its clock is set by hand.

use crate::guard::Names;
use crate::route::Face;
use crate::router::router;
use crate::{Connection, Console, Health, Parts};
use alert::{DayCounts, Incidents, Role};
use audit::{Actor, Journal, JournalWriter};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use change::{Bundle, Commission, Desk, NewAccount, Proposal, StateFolder};
use gate::{Gate, PathDetail, Recorder};
use http_body_util::BodyExt;
use model::{Clock, Files, ManualClock, Moment, SystemChance};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use totp_rs::Totp;
use tower::ServiceExt;

/// A Monday, in a lesson.
pub(crate) const NOW: &str = "2026-11-23T10:15:00Z";

const PASSWORD: &str = "six grey pigeons walking";

/// The school.
pub(crate) struct StandIn {
    pub(crate) console: Arc<Console>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) clock: Arc<ManualClock>,
    people: BTreeMap<Role, Somebody>,
    router: axum::Router,
    off_site: axum::Router,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

/// Somebody who is signed in.
struct Somebody {
    token: String,
    totp: Totp,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    /// Where the browser is sent.
    pub(crate) fn location(&self) -> &str {
        self.headers
            .get("location")
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl StandIn {
    /// A school in which these roles have accounts, each signed in.
    pub(crate) fn new(roles: &[Role]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
        let desk = found(&folder, &clock);
        let gate = open_gate(&folder, &clock, &desk);
        desk.attach(Arc::clone(&gate));
        let parts = Parts {
            desk: Arc::clone(&desk),
            gate,
            clock: Arc::<ManualClock>::clone(&clock),
            incidents: Arc::new(Incidents::open(folder.path()).unwrap()),
            counts: Arc::new(DayCounts::new(StateFolder::journal_in(folder.path()))),
            files: Box::new(|| Ok(files())),
            state: folder.path().to_owned(),
            registry: prometheus::Registry::new(),
            health: Box::new(|| Health::ready("a policy is in force")),
            allowed: Box::new(|client: IpAddr| client.is_loopback()),
        };
        let console = Console::new(parts);
        let names = Names::new(&["gateway.school.example".to_owned()]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut school = Self {
            router: router(&console, names.clone(), Face::Console),
            off_site: router(&console, names, Face::OffSite),
            console,
            desk,
            clock,
            people: BTreeMap::new(),
            runtime,
            _folder: folder,
        };
        for role in roles {
            let somebody = school.sign_up(*role);
            school.people.insert(*role, somebody);
        }
        school
    }

    /// A fresh code of this role's telephone; the clock goes on, for each code works once.
    pub(crate) fn code(&self, role: Role) -> String {
        self.clock.advance(Duration::from_secs(31));
        code(&self.people[&role].totp, self.clock.now())
    }

    /// Sets the clock to that of the machine, by which a certificate is judged.
    pub(crate) fn set_clock_to_the_machines(&self) {
        self.clock.set(model::SystemClock::default().now());
    }

    /// The password of everybody.
    pub(crate) const fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Opens a page.
    pub(crate) fn get(&self, who: Option<Role>, path: &str) -> Reply {
        self.send(self.request("GET", who, path, ""), false)
    }

    /// Opens a page of the listener off site.
    pub(crate) fn get_off_site(&self, who: Option<Role>, path: &str) -> Reply {
        self.send(self.request("GET", who, path, ""), true)
    }

    /// Sends a form, as a browser does from a page of the console.
    pub(crate) fn post(&self, who: Option<Role>, path: &str, form: &[(&str, &str)]) -> Reply {
        let body = encoded(form);
        self.send(self.request("POST", who, path, &body), false)
    }

    /// Sends any request.
    pub(crate) fn send(&self, mut request: Request<Body>, off_site: bool) -> Reply {
        request.extensions_mut().insert(Connection {
            peer: "127.0.0.9:40000".parse().unwrap(),
            local: "127.0.0.1:8480".parse().unwrap(),
            secure: true,
        });
        let router = if off_site {
            &self.off_site
        } else {
            &self.router
        };
        self.runtime.block_on(async {
            let response = router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Reply {
                status: parts.status,
                headers: parts.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            }
        })
    }

    /// A request as a browser sends it.
    pub(crate) fn request(
        &self,
        method: &str,
        who: Option<Role>,
        path: &str,
        body: &str,
    ) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "gateway.school.example")
            .header("sec-fetch-site", "same-origin")
            .header("origin", "https://gateway.school.example");
        if let Some(role) = who {
            let token = &self.people[&role].token;
            request = request.header("cookie", format!("__Host-schoolgate={token}"));
        }
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        request.body(Body::from(body.to_owned())).unwrap()
    }

    fn sign_up(&self, role: Role) -> Somebody {
        let here = "127.0.0.1".parse().unwrap();
        let mut new = NewAccount::new(role.word(), role.title(), role);
        if role == Role::Teacher {
            new.classes = vec!["year-6".to_owned()];
        }
        if role == Role::Support {
            new.expires = Some(self.clock.now().after(Duration::from_secs(30 * 86_400)));
            new.hours = Some(change::Hours("school-hours".to_owned()));
            new.sponsor = self.desk.accounts().first().map(|account| account.id);
        }
        let handed = self.desk.found_account(1000, &new).unwrap();
        let signed = self.desk.sign_in(role.word(), &handed.password, None, here);
        let signed = self
            .desk
            .change_password(&signed.unwrap().acting, &handed.password, PASSWORD)
            .unwrap();
        let enrolment = self.desk.begin_second_factor(&signed.acting).unwrap();
        let totp = Totp::from_url(&*enrolment.uri).unwrap();
        let first = code(&totp, self.clock.now());
        self.desk
            .finish_second_factor(&signed.acting, &first)
            .unwrap();
        Somebody {
            token: signed.token.to_string(),
            totp,
        }
    }
}

/// Writes a form as a browser does.
pub(crate) fn encoded(form: &[(&str, &str)]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let text = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                byte if plain(byte) => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", text(name), text(value)))
        .collect();
    pairs.join("&")
}

fn code(totp: &Totp, now: Moment) -> String {
    totp.generate(u64::try_from(now.seconds()).unwrap())
        .to_string()
}

fn found(folder: &TempDir, clock: &Arc<ManualClock>) -> Arc<Desk> {
    let opened = Desk::open(
        folder.path(),
        "school.example/ledger",
        Arc::<ManualClock>::clone(clock),
        Arc::new(SystemChance),
    );
    let desk = opened.unwrap().desk;
    let checked = desk
        .check(Proposal {
            bundle: Bundle::new(files()),
            school: "Oakfield School".to_owned(),
            proposer: Actor::Gateway,
            reason: "founding".to_owned(),
        })
        .unwrap_or_else(|faults| panic!("{faults}"));
    match desk.commission(checked).unwrap() {
        Commission::Approved(approved) => desk.activate(*approved).unwrap(),
        Commission::Over(_) => panic!("the first policy needs nobody"),
    };
    Arc::new(desk)
}

fn open_gate(folder: &TempDir, clock: &Arc<ManualClock>, desk: &Desk) -> Arc<Gate> {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let journal = Journal::open(&StateFolder::journal_in(folder.path()), Arc::clone(&clock));
    let writer = JournalWriter::start(journal.unwrap(), Arc::clone(&clock)).unwrap();
    let recorder = Recorder::start(writer, PathDetail::default(), None).unwrap();
    Gate::new(
        desk.state().unwrap(),
        clock,
        Arc::new(SystemChance),
        recorder,
    )
}

fn files() -> Files {
    let mut files = Files::default();
    let mut put = |path: &str, text: &str| files.insert(path, text.as_bytes().to_vec());
    put("config/network.toml", NETWORK);
    put("config/calendar.toml", CALENDAR);
    put("config/classes.toml", CLASSES);
    put("config/conduct.toml", CONDUCT);
    put("config/groups/ks2.toml", KS2);
    put("config/groups/staff.toml", STAFF);
    put("blocklists/categories.toml", CATEGORIES);
    put("blocklists/starter/social.txt", LIST);
    files
}

const CALENDAR: &str = r#"
time_zone = "Europe/London"
terms = [{ name = "Autumn", start = 2026-11-02, end = 2026-12-18 }]
[[schedules]]
id = "school-hours"
title = "School hours"
from = "08:45"
to = "15:15"
"#;

const NETWORK: &str = r#"
[[device_classes]]
id = "shared"
title = "school owned, shared"
network = "full"
[[zones]]
id = "rooms"
networks = ["192.0.2.0/25"]
device_class = "shared"
group = "ks2"
unidentified = "ks2"
[[zones]]
id = "office"
networks = ["192.0.2.128/25"]
device_class = "shared"
group = "staff"
unidentified = "staff"
"#;

const KS2: &str = r#"
title = "Key Stage 2"
kind = "pupils"
established = "allow"
unknown = "block"
[access]
social = "block"
news = "permission"
"#;

const STAFF: &str = r#"
title = "Staff"
kind = "staff"
established = "allow"
unknown = "allow"
[access]
social = "allow"
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
id = "news"
title = "News"
words = "Newspapers."
theme = "School policy"
class = "against"
default = "open"
"#;

const CLASSES: &str = r#"
[[classes]]
id = "year-6"
title = "Year 6"
devices = ["192.0.2.64/27"]
"#;

const CONDUCT: &str = r#"
[[tables]]
id = "use"
title = "What is acceptable"
[tables.meanings]
"never" = "closed"
"polite" = "nothing"
[[tables.subjects]]
id = "pupils"
title = "pupils"
groups = ["ks2"]
[[tables.rows]]
title = "Social media"
enforced = { categories = ["social"] }
marks = { pupils = "never" }
[[tables.rows]]
title = "Writing to others"
enforced = "conduct"
marks = { pupils = { mark = "polite", note = "see the rules" } }
"#;

const LIST: &str = "# title: Social media\n# category: social\n# written: 2026-11-22\n# source: a test\n# licence: MIT OR Apache-2.0\n\nfriends.test\n";
