//! Two hundred power cuts under a stream of changes: nothing that was acknowledged is lost or
//! doubled, and what decides is what was acknowledged last.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Person, School, ask_dns};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Child;

/// How often each of the two gateways is killed.
const KILLS: usize = 100;
const LOWER: [u8; 4] = [127, 20, 0, 9];
const UPPER: [u8; 4] = [127, 30, 0, 9];
const UNTIL: &str = "2026-11-27T15:15:00Z";

/// Numbers that a seed gives again: Marsaglia's xorshift (Journal of Statistical Software 8, 14).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    /// Nobody knows of it.
    Nothing,
    /// It needs no decision and is not in force yet; the next look at the clock takes it back.
    Between,
    /// It waits to be decided.
    Waits,
    /// It is decided and not in force yet; the next look at the clock brings it in.
    Decided,
    /// It was taken back.
    TakenBack,
    /// It is in force.
    InForce,
}

impl Stand {
    fn of(stage: &str) -> Self {
        match stage {
            "checked" => Self::Between,
            "waiting" => Self::Waits,
            "approved" => Self::Decided,
            "withdrawn" => Self::TakenBack,
            "active" => Self::InForce,
            other => panic!("nobody brought a change to `{other}`"),
        }
    }
}

/// What the story knows of one change.
#[derive(Clone, Debug)]
struct Known {
    /// An emergency block, which is in force at once; otherwise a proposal to open a site.
    closes: bool,
    id: Option<String>,
    /// What was acknowledged.
    stands: Stand,
    /// Where an act may have brought it that was not acknowledged.
    perhaps: Vec<Stand>,
}

/// One act of the stream: on which change, and where it brings it.
struct Act {
    number: usize,
    to: Stand,
    command: Child,
}

/// What became of the acts that a power cut met.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: usize,
    answered_first: usize,
    kept_unanswered: usize,
    left_no_trace: usize,
    at_a_start: usize,
    at_rest: usize,
}

struct Stream {
    demo: Demo,
    dice: Dice,
    technician: Person,
    coordinator: Person,
    token: PathBuf,
    changes: Vec<Known>,
    tally: Tally,
}

impl Stream {
    fn open(seed: u64) -> Self {
        let demo = Demo::of(&School::small());
        let technician = Person::found(&demo, "technician", "technician", &[]);
        let coordinator = Person::found(&demo, "coordinator", "coordinator", &[]);
        Person::found(&demo, "headteacher", "headteacher", &[]);
        let words = ["account", "token", "--scope", "propose"];
        let token = technician.command(&demo, &words).done();
        let file = demo.path("token");
        std::fs::write(&file, token).unwrap();
        Self {
            demo,
            dice: Dice(seed),
            technician,
            coordinator,
            token: file,
            changes: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn by_token(&self, words: &[&str]) -> Child {
        let mut all = words.to_vec();
        all.extend(["--json", "--token-file", self.token.to_str().unwrap()]);
        self.demo.spawn(&all)
    }

    /// Begins an act of some kind.
    fn begin(&mut self) -> Act {
        // What an unanswered act may have decided is on its way elsewhere.
        let waits = |known: &Known| known.stands == Stand::Waits && known.perhaps.is_empty();
        let waiting: Vec<usize> = (0..self.changes.len())
            .filter(|&number| waits(&self.changes[number]))
            .collect();
        let some = (!waiting.is_empty()).then(|| {
            let chosen = self.dice.below(waiting.len() as u64);
            waiting[usize::try_from(chosen).unwrap()]
        });
        // So few wait that no limit of one person's proposals is met.
        let least = if waiting.len() > 20 { 50 } else { 0 };
        match (least + self.dice.below(100 - least), some) {
            (60..=79, Some(number)) => self.approve(number),
            (50..=59, Some(number)) => self.take_back(number),
            (80..=99, _) => self.block(),
            (_, _) => self.propose(),
        }
    }

    fn new_change(&mut self, closes: bool) -> usize {
        self.changes.push(Known {
            closes,
            id: None,
            stands: Stand::Nothing,
            perhaps: Vec::new(),
        });
        self.changes.len() - 1
    }

    fn propose(&mut self) -> Act {
        let number = self.new_change(false);
        let (site, reason) = (site(number), reason(number));
        let words = ["override", "request", "--site", &site, "--for", "group:ks2"];
        let more = ["--until", UNTIL, "--reason", &reason];
        let command = self.by_token(&[&words[..], &more].concat());
        let to = Stand::Waits;
        Act {
            number,
            to,
            command,
        }
    }

    fn block(&mut self) -> Act {
        let number = self.new_change(true);
        let (site, reason) = (site(number), reason(number));
        let words = ["block", "--site", &site, "--minutes", "10080"];
        let more = ["--reason", &reason, "--json"];
        let command = self
            .technician
            .spawn(&self.demo, &[&words[..], &more].concat());
        let to = Stand::InForce;
        Act {
            number,
            to,
            command,
        }
    }

    fn approve(&self, number: usize) -> Act {
        let id = self.changes[number].id.as_deref().unwrap();
        let words = ["override", "approve", id, "--reason", "agreed", "--json"];
        let command = self.coordinator.spawn(&self.demo, &words);
        let to = Stand::InForce;
        Act {
            number,
            to,
            command,
        }
    }

    fn take_back(&self, number: usize) -> Act {
        let id = self.changes[number].id.as_deref().unwrap();
        let command = self.by_token(&["override", "revoke", id, "--reason", "not needed"]);
        let to = Stand::TakenBack;
        Act {
            number,
            to,
            command,
        }
    }

    /// Takes in what the command said; fails with its words where it did not acknowledge the act.
    fn end(&mut self, act: Act) -> Result<(), String> {
        let said = act.command.wait_with_output().unwrap();
        let known = &mut self.changes[act.number];
        if !said.status.success() {
            known.perhaps = match (known.closes, act.to) {
                (true, _) => vec![Stand::Between, Stand::TakenBack, Stand::InForce],
                (false, Stand::InForce) => vec![Stand::Decided, Stand::InForce],
                (false, to) => vec![to],
            };
            return Err(String::from_utf8_lossy(&said.stderr).into_owned());
        }
        let matter: Value = serde_json::from_slice(&said.stdout).unwrap();
        known.id = matter["id"].as_str().map(str::to_owned);
        known.stands = act.to;
        assert_eq!(
            Stand::of(matter["stage"].as_str().unwrap()),
            act.to,
            "{matter}"
        );
        Ok(())
    }

    /// Acts that are all acknowledged.
    fn flow(&mut self) {
        for _ in 0..self.dice.below(3) {
            let act = self.begin();
            let number = act.number;
            if let Err(words) = self.end(act) {
                let known = &self.changes[number];
                panic!("change {number} was refused, {known:?}: {words}");
            }
            self.tally.acknowledged += 1;
        }
    }

    /// Waits until the files of the change log have grown some times, or the command has ended,
    /// or some looks at them later.
    fn wait_for_an_instant(&mut self, mut command: Option<&mut Child>, most: u64) {
        let (growths, looks) = (self.dice.below(9), self.dice.below(most));
        let (mut grown, mut length) = (0, self.length());
        for _ in 0..looks {
            let ended = command
                .as_mut()
                .is_some_and(|command| command.try_wait().unwrap().is_some());
            let now = self.length();
            grown += u64::from(now != length);
            length = now;
            if ended || grown > growths {
                return;
            }
        }
    }

    fn length(&self) -> u64 {
        let files = ["payloads", "leaves", "checkpoints"];
        let length = |name: &str| {
            let file = self.demo.path(&format!("state/ledger/ledger.{name}"));
            std::fs::metadata(file).map_or(0, |found| found.len())
        };
        files.into_iter().map(length).sum()
    }

    /// Some acts, then a power cut at some instant: in an act, at a start, or at rest.
    fn stream_and_kill(&mut self) {
        self.flow();
        let (before, at_rest) = (self.version(), self.is_at_rest());
        let head = self.head();
        let mut met = None;
        match self.dice.below(10) {
            0 => self.tally.at_rest += 1,
            1 | 2 => {
                self.demo.kill();
                self.demo.launch();
                self.wait_for_an_instant(None, 60_000);
                self.tally.at_a_start += 1;
            }
            _ => {
                let mut act = self.begin();
                self.wait_for_an_instant(Some(&mut act.command), 60_000);
                met = Some(act);
            }
        }
        self.demo.kill();
        let number = met.as_ref().map(|act| act.number);
        let answered = met.map(|act| self.end(act).is_ok());
        self.demo.resume();
        let kept = self.look();
        let same = match (number, answered) {
            (Some(_), Some(true)) => {
                self.tally.answered_first += 1;
                false
            }
            (Some(number), _) if kept.contains(&number) => {
                self.tally.kept_unanswered += 1;
                false
            }
            (Some(_), _) => {
                self.tally.left_no_trace += 1;
                true
            }
            (None, _) => true,
        };
        if same && at_rest {
            assert_eq!(self.version(), before, "another policy is in force");
        }
        let file = head.to_str().unwrap();
        let verified = self
            .demo
            .command(&["audit", "verify", "--checkpoint", file]);
        assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    }

    /// Whether no act that was not acknowledged may still come into force.
    fn is_at_rest(&self) -> bool {
        self.changes.iter().all(|known| known.perhaps.is_empty())
    }

    fn version(&self) -> Value {
        self.demo.status()["running"]["policy_version"].clone()
    }

    /// Keeps the head of the change log elsewhere.
    fn head(&self) -> PathBuf {
        let file = self.demo.path("head");
        let head = self.demo.command(&["audit", "head"]).done();
        std::fs::write(&file, head).unwrap();
        file
    }

    /// What stands in the gateway, by the number of the change; no change stands there twice.
    fn found(&self) -> BTreeMap<usize, (Stand, String)> {
        let said = self.by_token(&["override", "list", "--all"]);
        let said = said.wait_with_output().unwrap();
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        let mut found = BTreeMap::new();
        for line in String::from_utf8(said.stdout).unwrap().lines() {
            let matter: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| matter[key].as_str().unwrap().to_owned();
            let reason = text("reason");
            let number = reason.strip_prefix("change number ").unwrap();
            let new = (Stand::of(&text("stage")), text("id"));
            let twice = found.insert(number.parse().unwrap(), new);
            assert_eq!(twice, None, "`{reason}` stands twice");
        }
        found
    }

    /// Holds what the gateway knows and decides against what was acknowledged; gives back the
    /// changes to which an unanswered act did something.
    fn look(&mut self) -> Vec<usize> {
        let found = self.found();
        let (dns, mut kept) = (self.demo.address("dns"), Vec::new());
        for (number, known) in self.changes.iter_mut().enumerate() {
            let (stand, id) = match found.get(&number) {
                Some((stand, id)) => (*stand, Some(id.clone())),
                None => (Stand::Nothing, None),
            };
            if stand != known.stands {
                assert!(
                    known.perhaps.contains(&stand),
                    "change {number} is {stand:?}: {known:?}"
                );
                kept.push(number);
            }
            match stand {
                // It has not come to rest: the next look at the clock moves it on.
                Stand::Between | Stand::Decided => continue,
                Stand::Nothing | Stand::Waits | Stand::TakenBack | Stand::InForce => {}
            }
            known.perhaps.clear();
            (known.stands, known.id) = (stand, id);
            let from = if known.closes { UPPER } else { LOWER };
            let answer = ask_dns(dns, from.into(), &site(number), 1);
            let open = !answer.addresses().is_empty();
            let wanted = (stand == Stand::InForce) != known.closes;
            assert_eq!(open, wanted, "{} is {stand:?}: {known:?}", site(number));
        }
        kept
    }

    /// Lets what is between come to rest, and holds each entry against what was acknowledged.
    fn close(mut self) -> Tally {
        let moving = |found: &BTreeMap<usize, (Stand, String)>| {
            found
                .values()
                .any(|(stand, _)| matches!(stand, Stand::Between | Stand::Decided))
        };
        while moving(&self.found()) {
            std::thread::yield_now();
        }
        self.look();
        let mut steps: BTreeMap<(String, String), usize> = BTreeMap::new();
        let log = self.demo.command(&["audit", "list", "--json"]).done();
        for line in log.lines() {
            let entry: Value = serde_json::from_str(line).unwrap();
            if let Some(matter) = entry["payload"]["matter"].as_str() {
                let kind = entry["kind"].as_str().unwrap().to_owned();
                *steps.entry((matter.to_owned(), kind)).or_default() += 1;
            }
        }
        for ((matter, kind), times) in &steps {
            assert_eq!(*times, 1, "`{kind}` of {matter} was written twice");
        }
        for known in &self.changes {
            let Some(id) = &known.id else { continue };
            let last = match known.stands {
                Stand::Waits => "proposed",
                Stand::TakenBack => "withdrawn",
                Stand::InForce => "overlay-activated",
                Stand::Nothing | Stand::Between | Stand::Decided => continue,
            };
            let step = (id.clone(), last.to_owned());
            assert!(steps.contains_key(&step), "no `{last}` of {id}");
        }
        self.tally
    }
}

fn site(number: usize) -> String {
    format!("site{number}.test")
}

fn reason(number: usize) -> String {
    format!("change number {number}")
}

// CHG-11, CHG-13, CHG-31: 200 power cuts in all.
#[test]
fn no_power_cut_loses_or_doubles_an_acknowledged_change() {
    let tallies = std::thread::scope(|scope| {
        let gateways = [0x5eed_0001, 0x5eed_0002].map(|seed| {
            scope.spawn(move || {
                let mut stream = Stream::open(seed);
                for _ in 0..KILLS {
                    stream.stream_and_kill();
                }
                stream.close()
            })
        });
        gateways.map(|gateway| gateway.join().unwrap())
    });
    for tally in &tallies {
        println!("{KILLS} power cuts: {tally:?}");
        assert!(tally.acknowledged > KILLS / 2);
    }
    let met: usize = tallies
        .iter()
        .map(|tally| tally.kept_unanswered + tally.left_no_trace)
        .sum();
    assert!(met > 0, "no power cut met an act under way");
}
