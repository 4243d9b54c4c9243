use audit::{DecisionRow, EnvelopeKey, Search};
use gate::State;
use judge::{Client, Judge};
use model::{Action, Moment, Rung};
use policy::Policy;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use tally::{Tally, Turn};

mod judge;
mod tally;

/// The days that are replayed: from a moment on, and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first moment.
    pub from: Moment,
    /// The moment at which it is over.
    pub until: Moment,
}

/// How far a replay has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Rows looked at.
    pub rows: u64,
    /// The moment that it has reached.
    pub at: Moment,
    /// The part of the span that is done, in thousandths.
    pub thousandths: u16,
}

/// What a change would have altered in the days that were replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// The days.
    pub span: Span,
    /// Rows of the journal that were decided anew.
    pub rows: u64,
    /// Requests that these rows stand for.
    pub requests: u64,
    /// Requests that would newly have passed, or have met with a milder answer.
    pub requests_opened: u64,
    /// Requests that would newly have been refused, or have met with a stricter answer.
    pub requests_closed: u64,
    /// Sites that would have been opened, those asked for most often first.
    pub sites_opened: Vec<SiteChange>,
    /// Sites that would have been closed, those asked for most often first.
    pub sites_closed: Vec<SiteChange>,
    /// How many sites would have been opened, those past the list's end included.
    pub opened: u64,
    /// How many sites would have been closed, those past the list's end included.
    pub closed: u64,
    /// Requests for illegal content; their sites are never named.
    pub floor: u64,
    /// The titles of the groups that would have noticed.
    pub groups: Vec<String>,
    /// How many people or devices would have noticed.
    pub people: u64,
    /// Requests in rows that stand for many sites, and so cannot be decided anew.
    pub unseen: u64,
    /// Whether more was there than is counted.
    pub truncated: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// A site for which the answer would have been another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteChange {
    /// The host.
    pub host: String,
    /// The titles of the groups for which it would.
    pub groups: Vec<String>,
    /// How many requests.
    pub requests: u64,
    /// What the policy in force says, where several the mildest.
    pub from: Action,
    /// What the other would have said, where several the mildest.
    pub to: Action,
}

/// The journal could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] audit::SearchError),
    /// The span is empty.
    #[error("the days to replay end before they begin; name a first day before the last")]
    Span,
}

impl Replay {
    /// The most sites that are listed in each direction.
    pub const MOST_SITES: usize = 200;

    /// What would have changed, in one sentence.
    pub fn summary(&self) -> String {
        let when = match self.span.days() {
            1 => "for the last day".to_owned(),
            days => format!("for the last {} days", number(days)),
        };
        let start = format!("had this been in force {when}: ");
        let way = |sites: u64, requests: u64, word: &str| {
            let sites = counted(sites, "site");
            format!("{sites} newly {word} ({})", counted(requests, "request"))
        };
        let ways: Vec<String> = [
            (self.opened, self.requests_opened, "open"),
            (self.closed, self.requests_closed, "closed"),
        ]
        .into_iter()
        .filter(|(_, requests, _)| *requests > 0)
        .map(|(sites, requests, word)| way(sites, requests, word))
        .collect();
        match ways.as_slice() {
            [] => format!("{start}nothing would have changed for anybody"),
            ways => {
                let groups = counted(self.groups.len() as u64, "group");
                format!("{start}{}, for {groups}", ways.join(" and "))
            }
        }
    }
}

impl Span {
    /// How many days it has, a part of one counted as a whole.
    pub fn days(self) -> u64 {
        self.from.until(self.until).as_secs().div_ceil(86_400)
    }
}

fn counted(count: u64, thing: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{end}")
}

fn number(count: u64) -> String {
    let words = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let place = usize::try_from(count).unwrap_or(usize::MAX);
    words
        .get(place)
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// Decides the rows of the journal anew, by the state in force and by another.
///
/// A row is decided in the detail that it was kept in: of a path only what the journal holds.
///
/// # Errors
///
/// Fails when the journal cannot be read. Days that were closed to a key are left out, and the
/// replay says that there was more.
pub fn replay(
    journal: &Path,
    span: Span,
    before: &State,
    after: &State,
    progress: &mut dyn FnMut(Progress),
) -> Result<Replay, ReplayError> {
    replay_with(journal, None, span, before, after, progress)
}

/// As [`replay()`], with the key to days that were closed.
///
/// # Errors
///
/// Fails when the journal cannot be read, or a day of it is closed to another key.
pub fn replay_with(
    journal: &Path,
    key: Option<&EnvelopeKey>,
    span: Span,
    before: &State,
    after: &State,
    progress: &mut dyn FnMut(Progress),
) -> Result<Replay, ReplayError> {
    if span.until <= span.from {
        return Err(ReplayError::Span);
    }
    let start = std::time::Instant::now();
    let asked = Search {
        since: Some(span.from),
        until: Some(span.until),
        ..Search::default()
    };
    let mut replaying = Replaying::new(before, after);
    let length = span.from.until(span.until).as_millis().max(1);
    let mut reached = span.from;
    let mut look = |row: DecisionRow| {
        replaying.look(&row);
        reached = reached.max(row.first);
        if replaying.tally.rows.is_multiple_of(EACH) {
            let done = span.from.until(reached).as_millis().min(length);
            progress(Progress {
                rows: replaying.tally.rows,
                at: reached,
                thousandths: u16::try_from(done * 1000 / length).unwrap_or(1000),
            });
        }
        Ok(())
    };
    let closed = match key {
        Some(key) => audit::each_row(journal, &asked, Some(key), &mut look).map(|()| false)?,
        None => !audit::each_open_row(journal, &asked, &mut look)?.is_empty(),
    };
    replaying.tally.truncated |= closed;
    let policies = [before.policy(), after.policy()];
    let seconds = start.elapsed().as_secs_f64();
    Ok(replaying.tally.finish(span, policies, seconds))
}

/// A replay under way.
struct Replaying<'a> {
    judges: [Judge<'a>; 2],
    policies: [&'a Policy; 2],
    clients: HashMap<Client, u32>,
    tally: Tally,
}

impl<'a> Replaying<'a> {
    fn new(before: &'a State, after: &'a State) -> Self {
        Self {
            judges: [Judge::new(before), Judge::new(after)],
            policies: [before.policy(), after.policy()],
            clients: HashMap::new(),
            tally: Tally::default(),
        }
    }

    fn look(&mut self, row: &DecisionRow) {
        self.tally.rows += 1;
        self.tally.requests = self.tally.requests.saturating_add(row.count);
        if row.flood {
            self.tally.unseen = self.tally.unseen.saturating_add(row.count);
            return;
        }
        // Only the policy that decided a row can say that its group was a feed's word.
        let bound = row.policy_version == self.policies[0].version();
        let client = Client::of(row, bound);
        if self.clients.len() >= MOST_CLIENTS {
            // The numbers begin anew, and so must all that is kept by them.
            self.clients.clear();
            self.judges.iter_mut().for_each(Judge::forget);
        }
        let next = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        let number = match self.clients.get(&client) {
            Some(number) => *number,
            None => *self.clients.entry(client.clone()).or_insert(next),
        };
        let [one, other] = &mut self.judges;
        let (Some((from, _)), Some((to, group))) = (
            one.judge(number, &client, row),
            other.judge(number, &client, row),
        ) else {
            self.tally.unseen = self.tally.unseen.saturating_add(row.count);
            return;
        };
        let floor = [row.rung, from.reason.rung, to.reason.rung].contains(&Rung::Floor);
        if floor {
            self.tally.floor = self.tally.floor.saturating_add(row.count);
        }
        if from.action != to.action {
            let group = group.and_then(|group| self.policies[1].groups().name(group));
            let who = client.user.unwrap_or_else(|| row.client.to_string().into());
            self.tally.add(Turn {
                host: (!floor).then_some(&row.host),
                group,
                who,
                requests: row.count,
                from: from.action,
                to: to.action,
            });
        }
    }
}

/// Rows between two words about the progress.
const EACH: u64 = 4096;

/// Clients that are told apart at a time.
const MOST_CLIENTS: usize = 1 << 20;
