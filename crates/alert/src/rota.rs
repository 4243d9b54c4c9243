use crate::{Contact, Directory, Held, NoticeId, NoticeKind, Person, School, Settings, Urgency};
use model::Moment;
use std::time::Duration;

/// Says which mail is due to whom, and which notice goes on to the next person; it sends nothing.
pub(crate) struct Rota<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) settings: &'a Settings,
    pub(crate) school: &'a School,
    pub(crate) now: Moment,
}

/// One mail to one person.
#[derive(Debug)]
pub(crate) struct Errand<'a> {
    pub(crate) to: &'a Contact,
    pub(crate) notices: Vec<&'a Held>,
}

/// What is due.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) errands: Vec<Errand<'a>>,
    /// Notices for which nobody with a mail address is named.
    pub(crate) unaddressed: Vec<&'a Held>,
}

/// How notices are gathered into mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gathering {
    /// Each by itself, at once.
    Alone,
    /// Those of the same day, at most one mail a quarter of an hour.
    Soon,
    /// Those that wait for a decision, at most one mail an hour.
    Approvals,
    /// The rest, once a day.
    Daily,
}

impl<'a> Rota<'a> {
    /// The mails that are due, the most urgent first.
    pub(crate) fn plan(&self, all: &'a [Held]) -> Plan<'a> {
        let mut plan = Plan::default();
        let mut open: Vec<(Gathering, &Contact, &Held)> = Vec::new();
        for held in all.iter().filter(|held| self.is_open(held)) {
            let chain = self.chain(held);
            if chain.is_empty() {
                plan.unaddressed.push(held);
            }
            let told = chain.into_iter().take(steps(held) + 1);
            let due = told.filter(|contact| self.is_due(held, &contact.person));
            open.extend(due.map(|contact| (gathering(held), contact, held)));
        }
        open.sort_by_key(|(_, _, held)| std::cmp::Reverse(held.notice().urgency));
        for (gathering, to, held) in open {
            if gathering == Gathering::Alone {
                let notices = vec![held];
                plan.errands.push(Errand { to, notices });
                continue;
            }
            if !self.is_time(gathering, to, held, all) {
                continue;
            }
            let joined = plan.errands.iter_mut().find(|errand| {
                let same = |first: &&Held| self::gathering(first) == gathering;
                errand.to.person == to.person && errand.notices.first().is_some_and(same)
            });
            match joined {
                Some(errand) if errand.notices.len() < MOST_IN_ONE => errand.notices.push(held),
                // The rest goes out with the next one.
                Some(_) => {}
                None => plan.errands.push(Errand {
                    to,
                    notices: vec![held],
                }),
            }
        }
        plan
    }

    /// The notices that nobody read in time, and the step that each goes on to (REP-26).
    pub(crate) fn escalations(&self, all: &[Held]) -> Vec<(NoticeId, u32)> {
        let silent = |held: &&Held| {
            let wait = match held.notice().urgency {
                Urgency::Digest => return false,
                Urgency::Soon if self.is_quiet() => return false,
                Urgency::Soon => self.settings.soon_unread_after.duration(),
                Urgency::Immediate => self.settings.unread_after.duration(),
            };
            let over = held.step_since > self.now || held.step_since.until(self.now) >= wait;
            let next = self.chain_of_all(held).len() > steps(held) + 1;
            held.acknowledged.is_none() && held.owner.is_none() && over && next
        };
        let silent = all.iter().filter(silent);
        silent
            .map(|held| (held.id, held.step.saturating_add(1)))
            .collect()
    }

    fn is_open(&self, held: &Held) -> bool {
        let resting = held.failed.as_ref().is_some_and(|failed| {
            // A wait longer than any we set comes of a clock that was set back.
            self.now < failed.next && self.now.until(failed.next) <= LONGEST_REST
        });
        !held.is_settled() && !resting
    }

    fn chain(&self, held: &Held) -> Vec<&'a Contact> {
        let mut chain = self.chain_of_all(held);
        chain.retain(|contact| !contact.mail.is_empty());
        chain
    }

    fn chain_of_all(&self, held: &Held) -> Vec<&'a Contact> {
        self.directory.chain(&held.letter, self.now)
    }

    /// Whether a person has yet to hear of a notice, or of those counted at it since.
    fn is_due(&self, held: &Held, person: &Person) -> bool {
        let sent = held.sent.iter().filter(|sent| sent.to == *person);
        match sent.map(|sent| sent.count).max() {
            None => true,
            Some(told) => told < held.count && held.is_closed(self.now),
        }
    }

    fn is_quiet(&self) -> bool {
        self.settings.quiet.holds(self.school.hour(self.now))
    }

    fn is_time(&self, gathering: Gathering, to: &Contact, held: &Held, all: &[Held]) -> bool {
        let rested = |rest: Duration| {
            let last = last_sent(gathering, &to.person, all);
            last.is_none_or(|last| last > self.now || last.until(self.now) >= rest)
        };
        match gathering {
            Gathering::Alone => true,
            Gathering::Soon => !self.is_quiet() && rested(Duration::from_secs(15 * 60)),
            Gathering::Approvals => !self.is_quiet() && rested(Duration::from_secs(3600)),
            Gathering::Daily => {
                let hour = self.settings.digest_hour;
                let closed = self.school.last_hour(hour, self.now);
                held.last <= closed || held.last > self.now
            }
        }
    }
}

/// How many stayed silent so far.
fn steps(held: &Held) -> usize {
    usize::try_from(held.step).unwrap_or(usize::MAX - 1)
}

const fn gathering(held: &Held) -> Gathering {
    match (held.letter.notice.urgency, held.letter.kind) {
        (Urgency::Immediate, _) | (_, NoticeKind::Illegal | NoticeKind::Staff) => Gathering::Alone,
        (Urgency::Soon, _) => Gathering::Soon,
        (Urgency::Digest, NoticeKind::Approval) => Gathering::Approvals,
        (Urgency::Digest, _) => Gathering::Daily,
    }
}

/// When a person last had a mail of this gathering.
fn last_sent(gathering: Gathering, person: &Person, all: &[Held]) -> Option<Moment> {
    all.iter()
        .filter(|held| self::gathering(held) == gathering)
        .flat_map(|held| &held.sent)
        .filter(|sent| sent.to == *person)
        .map(|sent| sent.at)
        .max()
}

/// How long a delivery rests after so many failures in a row.
pub(crate) fn rest(tries: u32) -> Duration {
    let seconds = 30u64.saturating_mul(1 << tries.min(10));
    Duration::from_secs(seconds).min(LONGEST_REST)
}

pub(crate) const LONGEST_REST: Duration = Duration::from_secs(600);

const MOST_IN_ONE: usize = 100;

#[cfg(test)]
mod tests;
