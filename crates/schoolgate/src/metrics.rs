use crate::gateway::Doors;
use model::{Action, Door};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use std::sync::Arc;

/// A registry that reads what the parts have counted whenever it is asked.
///
/// # Errors
///
/// Fails when two metrics bear one name.
pub(crate) fn registry(doors: &Arc<Doors>) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    registry.register(Box::new(Counted::new(Arc::clone(doors))?))?;
    let process = prometheus::process_collector::ProcessCollector::for_self();
    registry.register(Box::new(process))?;
    Ok(registry)
}

/// Turns the counters of the parts into metrics. Labels are words of ours: never a host, a
/// client or a person, so their number is bounded.
struct Counted {
    doors: Arc<Doors>,
    decisions: IntCounterVec,
    dns: IntCounterVec,
    proxy: IntCounterVec,
    journal: IntCounterVec,
    gate: IntCounterVec,
    now: IntGaugeVec,
}

impl Counted {
    fn new(doors: Arc<Doors>) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help).namespace("schoolgate"), labels)
        };
        Ok(Self {
            doors,
            decisions: counter(
                "decisions_total",
                "Decisions by door and action.",
                &["door", "action"],
            )?,
            dns: counter("dns_total", "What the DNS doors did.", &["what"])?,
            proxy: counter("proxy_total", "What the proxy doors did.", &["what"])?,
            journal: counter("journal_total", "What became of the decisions.", &["what"])?,
            gate: counter(
                "gate_total",
                "Swaps of policy, lists and identities; waits and losses.",
                &["what"],
            )?,
            now: IntGaugeVec::new(
                Opts::new("now", "What stands at this moment.").namespace("schoolgate"),
                &["what"],
            )?,
        })
    }

    fn read(&self) {
        let counters = self.doors.gate.counters();
        self.decisions.reset();
        for door in [Door::Dns, Door::Connect, Door::Http, Door::Https] {
            for action in [
                Action::Allow,
                Action::Warn,
                Action::Permission,
                Action::Block,
            ] {
                let labels = [door.word(), action.word()];
                self.decisions
                    .with_label_values(&labels)
                    .inc_by(counters.decisions(door, action));
            }
        }
        set(
            &self.gate,
            &[
                ("swaps", counters.swaps()),
                ("waits", counters.waited()),
                ("lost", counters.lost()),
            ],
        );
        let dns = self.doors.dns.totals();
        set(
            &self.dns,
            &[
                ("queries", dns.queries),
                ("blocked", dns.blocked),
                ("cached", dns.cached),
                ("misses", dns.misses),
                ("refused", dns.refused),
                ("malformed", dns.malformed),
                ("limited", dns.limited),
                ("overloaded", dns.overloaded),
                ("failed", dns.failed),
                ("stale", dns.stale),
                ("upstream", dns.upstream),
                ("rebinding", dns.rebinding),
                ("unsent", dns.unsent),
                ("connections", dns.connections),
            ],
        );
        let proxy = &self.doors.proxy;
        set(
            &self.proxy,
            &[
                ("connections", proxy.connections.value()),
                ("turned_away", proxy.turned_away.value()),
                ("requests", proxy.requests.value()),
                ("requests_refused", proxy.requests_refused.value()),
                ("tunnels", proxy.tunnels.value()),
                ("tunnels_refused", proxy.tunnels_refused.value()),
                ("cut", proxy.cut.value()),
                ("idle", proxy.idle.value()),
                ("malformed", proxy.malformed.value()),
                ("encrypted_hellos", proxy.encrypted_hellos.value()),
                ("mismatches", proxy.mismatches.value()),
                ("private_refused", proxy.private_refused.value()),
                ("origin_failures", proxy.origin_failures.value()),
                ("journal_waits", proxy.journal_waits.value()),
                ("bytes_down", proxy.bytes_down.value()),
                ("bytes_up", proxy.bytes_up.value()),
            ],
        );
        let journal = self.doors.gate.journal();
        set(
            &self.journal,
            &[
                ("submitted", journal.submitted),
                ("written", journal.written),
                ("folded", journal.folded),
                ("lost", journal.lost),
                ("floods", journal.floods),
                ("failures", journal.failures),
            ],
        );
        let state = self.doors.gate.state();
        let gauge = |what: &str, value: u64| {
            self.now
                .with_label_values(&[what])
                .set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        gauge("generation", state.generation());
        gauge("names", state.artefact().names() as u64);
        gauge("journal_waiting", journal.waiting);
        gauge(
            "illegal_content_list",
            u64::from(crate::gateway::has_floor_list(&state)),
        );
    }
}

/// A counter vector takes only increments, so it is emptied before it takes the totals.
fn set(vector: &IntCounterVec, values: &[(&str, u64)]) {
    vector.reset();
    for (what, value) in values {
        vector.with_label_values(&[*what]).inc_by(*value);
    }
}

impl Collector for Counted {
    fn desc(&self) -> Vec<&Desc> {
        let vectors = [
            &self.decisions,
            &self.dns,
            &self.proxy,
            &self.journal,
            &self.gate,
        ];
        let mut found: Vec<&Desc> = vectors.iter().flat_map(|vector| vector.desc()).collect();
        found.extend(self.now.desc());
        found
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        let vectors = [
            &self.decisions,
            &self.dns,
            &self.proxy,
            &self.journal,
            &self.gate,
        ];
        let mut found: Vec<MetricFamily> =
            vectors.iter().flat_map(|vector| vector.collect()).collect();
        found.extend(self.now.collect());
        found
    }
}
