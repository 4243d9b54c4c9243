use crate::courier::{Channel, Delivery};
use crate::held::{Failed, Held, Sent};
use crate::mail::Writer;
use crate::mailer::{Mailer, SendError};
use crate::rota::{Errand, Rota, rest};
use crate::webhook::Webhook;
use crate::{Directory, Queue, QueueError, School, Settings, Urgency};
use model::{Clock, Moment};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the courier's owner and its thread both touch.
#[derive(Debug)]
pub(crate) struct Shared {
    open: Mutex<Open>,
    stops: AtomicBool,
}

#[derive(Debug)]
struct Open {
    directory: Directory,
    head: Option<String>,
    delivery: Delivery,
    /// No mail is tried before this, by the clock that never runs backwards.
    mail_rests: Option<Duration>,
    webhook_rests: Option<Duration>,
    witness_rests: Option<Duration>,
    mail_failures: u32,
    webhook_failures: u32,
    witness_failures: u32,
    /// The head that was received elsewhere last.
    witnessed: Option<String>,
}

impl Shared {
    pub(crate) fn new(settings: &Settings, directory: Directory) -> Self {
        let channel = |set: bool| if set { Channel::Idle } else { Channel::Off };
        Self {
            open: Mutex::new(Open {
                directory,
                head: None,
                delivery: Delivery {
                    mail: channel(settings.mail.is_some()),
                    webhook: channel(settings.webhook.is_some()),
                    witness: channel(settings.witness.is_some()),
                },
                mail_rests: None,
                webhook_rests: None,
                witness_rests: None,
                mail_failures: 0,
                webhook_failures: 0,
                witness_failures: 0,
                witnessed: None,
            }),
            stops: AtomicBool::new(false),
        }
    }

    pub(crate) fn direct(&self, directory: Directory) {
        self.lock().directory = directory;
    }

    pub(crate) fn witness(&self, head: String) {
        self.lock().head = Some(head);
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.lock().delivery.clone()
    }

    pub(crate) fn forgive(&self) {
        let mut open = self.lock();
        (open.mail_rests, open.webhook_rests) = (None, None);
        open.witness_rests = None;
    }

    /// Has the round that runs end after the mail that is under way.
    pub(crate) fn stop(&self) {
        self.stops.store(true, Ordering::SeqCst);
    }

    fn stops(&self) -> bool {
        self.stops.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One pass over the queue: who goes on to the next person, which mails and calls are due.
pub(crate) struct Post {
    queue: Arc<Queue>,
    settings: Settings,
    school: School,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    compacted: Option<Duration>,
}

impl Post {
    pub(crate) fn new(
        queue: Arc<Queue>,
        settings: Settings,
        school: School,
        clock: Arc<dyn Clock>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            queue,
            settings,
            school,
            clock,
            shared,
            compacted: None,
        }
    }

    /// Does one round. What fails is written down and tried in a later one.
    pub(crate) fn round(&mut self) {
        self.compact();
        self.witness();
        let result = self
            .escalate()
            .and_then(|()| self.mail())
            .and_then(|()| self.call());
        if let Err(error) = result {
            // The queue's own disk failed: what was delivered may be delivered once more.
            tracing::error!(%error, "what became of a notice could not be written down");
        }
    }

    fn escalate(&self) -> Result<(), QueueError> {
        let (all, now) = (self.queue.all(), self.clock.now());
        let directory = self.shared.lock().directory.clone();
        for (id, step) in self.rota(&directory, now).escalations(&all) {
            self.queue.record_escalated(id, step, now)?;
        }
        Ok(())
    }

    fn mail(&self) -> Result<(), QueueError> {
        let Some(mail) = &self.settings.mail else {
            return Ok(());
        };
        if self.rests(|open| open.mail_rests) {
            return Ok(());
        }
        let (all, now) = (self.queue.all(), self.clock.now());
        let (directory, head) = {
            let open = self.shared.lock();
            (open.directory.clone(), open.head.clone())
        };
        let plan = self.rota(&directory, now).plan(&all);
        for held in plan.unaddressed {
            let title = held.notice().to.title();
            let why = format!("nobody with a mail address is named as {title}");
            self.fail(&[held], &why, now)?;
        }
        if plan.errands.is_empty() {
            return Ok(());
        }
        let mailer = match Mailer::new(mail) {
            Ok(mailer) => mailer,
            Err(error) => return self.down(&plan.errands, &error, now),
        };
        let mut errands = plan.errands.iter();
        while let Some(errand) = errands.next().filter(|_| !self.shared.stops()) {
            match self.run(&mailer, errand, head.as_deref(), now) {
                Ok(message) => {
                    self.mail_works(now);
                    for held in &errand.notices {
                        let sent = Sent {
                            to: errand.to.person.clone(),
                            at: now,
                            message: message.clone(),
                            count: held.count,
                        };
                        self.queue.record_sent(held.id, sent)?;
                    }
                }
                Err(error @ SendError::Refused(_)) => {
                    self.fail(&errand.notices, &error.to_string(), now)?;
                    self.mail_fails(&error, now);
                }
                Err(error @ SendError::Down(_)) => {
                    let rest: Vec<_> = std::iter::once(errand).chain(errands).collect();
                    return self.down(rest, &error, now);
                }
            }
        }
        Ok(())
    }

    fn run(
        &self,
        mailer: &Mailer,
        errand: &Errand<'_>,
        head: Option<&str>,
        now: Moment,
    ) -> Result<String, SendError> {
        let writer = Writer {
            school: &self.school,
            settings: &self.settings,
            head,
        };
        let mail = writer.write(errand.to, &errand.notices);
        // The count makes the follow-up of a burst another mail.
        let numbers: Vec<String> = errand
            .notices
            .iter()
            .map(|held| format!("{}-{}", held.id, held.count))
            .take(8)
            .collect();
        let first = errand.notices.first();
        let made = first.map_or(0, |held| held.notice().at.millis());
        let rank = errand.to.deputy_order;
        let id = format!(
            "{}.{made}.{}{rank}.{}",
            numbers.join("."),
            errand.to.role,
            errand.notices.len()
        );
        let id = mailer.message_id(&id);
        mailer.send(self.school.name(), errand.to, mail, &id, now)?;
        Ok(id)
    }

    /// Writes down that no mail goes out, at the notices that would have.
    ///
    /// Each is written once for the outage, so that a long one does not fill the disk.
    fn down<'a, 'b: 'a>(
        &self,
        errands: impl IntoIterator<Item = &'a Errand<'b>>,
        error: &SendError,
        now: Moment,
    ) -> Result<(), QueueError> {
        self.mail_fails(error, now);
        {
            let mut open = self.shared.lock();
            let rests = rest(open.mail_failures);
            open.mail_rests = Some(self.clock.monotonic() + rests);
            open.mail_failures = open.mail_failures.saturating_add(1);
        }
        for errand in errands {
            for held in errand.notices.iter().filter(|held| held.failed.is_none()) {
                let failed = Failed {
                    at: now,
                    since: now,
                    why: error.to_string(),
                    tries: 1,
                    // The whole way out rests; the notice itself is ready when it does not.
                    next: now,
                };
                self.queue.record_failed(held.id, failed)?;
            }
        }
        Ok(())
    }

    fn fail(&self, notices: &[&Held], why: &str, now: Moment) -> Result<(), QueueError> {
        for held in notices {
            let failed = next_failure(held.failed.as_ref(), why, now);
            self.queue.record_failed(held.id, failed)?;
        }
        Ok(())
    }

    /// Gives the newest head away to who keeps heads elsewhere: it vouches for all before it.
    fn witness(&self) {
        let Some(settings) = &self.settings.witness else {
            return;
        };
        let head = {
            let open = self.shared.lock();
            open.head
                .clone()
                .filter(|head| open.witnessed.as_ref() != Some(head))
        };
        let Some(head) = head.filter(|_| !self.rests(|open| open.witness_rests)) else {
            return;
        };
        let now = self.clock.now();
        let sent = Webhook::new(settings).and_then(|witness| witness.witness(&head, now));
        let mut open = self.shared.lock();
        let rests = match sent {
            Ok(()) => {
                open.witnessed = Some(head);
                open.witness_failures = 0;
                open.delivery.witness = Channel::Works { last: now };
                HEADS_EVERY
            }
            Err(why) => {
                tracing::warn!(%why, "the head of the change log could not be sent; it is tried again");
                open.delivery.witness = fails(&open.delivery.witness, why, now);
                let rests = rest(open.witness_failures);
                open.witness_failures = open.witness_failures.saturating_add(1);
                rests
            }
        };
        open.witness_rests = Some(self.clock.monotonic() + rests);
    }

    fn call(&self) -> Result<(), QueueError> {
        let Some(settings) = &self.settings.webhook else {
            return Ok(());
        };
        if self.rests(|open| open.webhook_rests) {
            return Ok(());
        }
        let (all, now) = (self.queue.all(), self.clock.now());
        let due: Vec<&Held> = all
            .iter()
            .filter(|held| is_to_be_called(held, now))
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let webhook = Webhook::new(settings);
        for held in due.into_iter().take_while(|_| !self.shared.stops()) {
            let result = match &webhook {
                Ok(webhook) => webhook.post(self.school.name(), held, now),
                Err(why) => Err(why.clone()),
            };
            let Err(why) = result else {
                self.queue.record_posted(held.id, held.count)?;
                let mut open = self.shared.lock();
                open.webhook_failures = 0;
                open.delivery.webhook = Channel::Works { last: now };
                continue;
            };
            let failed = next_failure(held.post_failed.as_ref(), &why, now);
            self.queue.record_post_failed(held.id, failed)?;
            let mut open = self.shared.lock();
            open.webhook_rests = Some(self.clock.monotonic() + rest(open.webhook_failures));
            open.webhook_failures = open.webhook_failures.saturating_add(1);
            open.delivery.webhook = fails(&open.delivery.webhook, why, now);
            break;
        }
        Ok(())
    }

    fn mail_works(&self, now: Moment) {
        let mut open = self.shared.lock();
        open.mail_failures = 0;
        open.delivery.mail = Channel::Works { last: now };
    }

    fn mail_fails(&self, error: &SendError, now: Moment) {
        tracing::warn!(%error, "a notice could not be mailed; it is tried again");
        let mut open = self.shared.lock();
        open.delivery.mail = fails(&open.delivery.mail, error.to_string(), now);
    }

    fn rests(&self, until: impl FnOnce(&Open) -> Option<Duration>) -> bool {
        let until = until(&self.shared.lock());
        until.is_some_and(|until| self.clock.monotonic() < until)
    }

    fn rota<'a>(&'a self, directory: &'a Directory, now: Moment) -> Rota<'a> {
        Rota {
            directory,
            settings: &self.settings,
            school: &self.school,
            now,
        }
    }

    fn compact(&mut self) {
        let now = self.clock.monotonic();
        let due = self
            .compacted
            .is_none_or(|last| now.saturating_sub(last) >= COMPACT_EVERY);
        if due && self.queue.bytes() > COMPACT_FROM {
            if let Err(error) = self.queue.compact(self.clock.now()) {
                tracing::warn!(%error, "the file of notices could not be written anew");
            }
            self.compacted = Some(now);
        }
    }
}

/// Whether the webhook has yet to hear of a notice, or of those counted at it since.
fn is_to_be_called(held: &Held, now: Moment) -> bool {
    let resting = held.post_failed.as_ref().is_some_and(|failed| {
        now < failed.next && now.until(failed.next) <= crate::rota::LONGEST_REST
    });
    // One that was set up today is not told of last month.
    let fresh = held.last.until(now) < Duration::from_secs(86_400) || !held.is_settled();
    let new = held.posted == 0 || (held.posted < held.count && held.is_closed(now));
    let news = held.notice().urgency == Urgency::Digest && held.posted > 0;
    new && fresh && !resting && !news
}

fn next_failure(before: Option<&Failed>, why: &str, now: Moment) -> Failed {
    let tries = before.map_or(0, |failed| failed.tries);
    Failed {
        at: now,
        since: before.map_or(now, |failed| failed.since),
        why: why.to_owned(),
        tries: tries.saturating_add(1),
        next: now.after(rest(tries)),
    }
}

fn fails(before: &Channel, why: String, now: Moment) -> Channel {
    let since = match before {
        Channel::Fails { since, .. } => *since,
        Channel::Off | Channel::Idle | Channel::Works { .. } => now,
    };
    Channel::Fails {
        since,
        last: now,
        why,
    }
}

/// Several entries share a head; with a round each ten seconds one is out within the minute.
const HEADS_EVERY: Duration = Duration::from_secs(20);
const COMPACT_EVERY: Duration = Duration::from_secs(86_400);
const COMPACT_FROM: u64 = 1 << 20;
