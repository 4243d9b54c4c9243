use super::rules::written;
use super::{Compiler, SiteWords};
use crate::overlay::Overlay;
use crate::policy::Switch;
use crate::rule::{Rule, RuleKind, When, Whole, Whom};
use crate::who::Selector;
use model::{Access, CategorySet, Fault, Moment, Rung};

/// A part of the overlay in the one form that all of them come to.
#[derive(Clone, Copy)]
struct Part<'a> {
    kind: &'static str,
    id: &'a str,
    whom: &'a [String],
    sites: &'a [String],
    rung: Rung,
    rule: RuleKind,
    access: Access,
    when: Option<&'a str>,
    start: Moment,
    end: Option<Moment>,
    reason: &'a str,
}

impl Compiler<'_> {
    /// Adds what holds for a while. What names nobody or nothing known is left out with a warning:
    /// a device that is gone must not keep a policy from being used.
    pub(super) fn overlay(&mut self, overlay: &Overlay) {
        for pause in &overlay.pauses {
            self.part(&Part {
                kind: "pause",
                id: &pause.id,
                whom: &pause.whom,
                sites: &[],
                rung: Rung::Paused,
                rule: RuleKind::Pause,
                access: Access::Block,
                when: None,
                start: pause.start,
                end: Some(pause.end),
                reason: &pause.reason,
            });
        }
        for isolation in &overlay.isolations {
            self.part(&Part {
                kind: "isolation",
                id: &isolation.id,
                whom: &isolation.whom,
                sites: &[],
                rung: Rung::Paused,
                rule: RuleKind::Isolation,
                access: Access::Block,
                when: None,
                start: isolation.start,
                end: isolation.end,
                reason: &isolation.reason,
            });
        }
        for block in &overlay.blocks {
            self.part(&Part {
                kind: "emergency block",
                id: &block.id,
                whom: &block.whom,
                sites: &block.sites,
                rung: Rung::Emergency,
                rule: RuleKind::Emergency,
                access: Access::Block,
                when: None,
                start: block.start,
                end: Some(block.end),
                reason: &block.reason,
            });
        }
        for plan in &overlay.plans {
            self.part(&Part {
                kind: "individual plan",
                id: &plan.id,
                whom: &plan.whom,
                sites: &plan.sites,
                rung: Rung::Plan,
                rule: RuleKind::Granted,
                access: plan.action,
                when: plan.when.as_deref(),
                start: plan.start,
                end: Some(plan.end),
                reason: &plan.reason,
            });
        }
        let overrides = overlay.overrides.iter();
        let overrides = overrides.map(|held| ("override", RuleKind::Granted, held));
        let lessons = overlay.lessons.iter();
        let lessons = lessons.map(|held| ("lesson", RuleKind::Lesson, held));
        for (kind, rule, held) in overrides.chain(lessons) {
            let whole = Part {
                kind,
                id: &held.id,
                whom: &held.whom,
                sites: &held.sites,
                rung: Rung::Override,
                rule,
                access: held.action,
                when: None,
                start: held.start,
                end: Some(held.end),
                reason: &held.reason,
            };
            let Some(trial) = &held.trial else {
                self.part(&whole);
                continue;
            };
            self.part(&Part {
                kind: "trial of override",
                whom: &trial.whom,
                end: Some(trial.until.min(held.end)),
                ..whole
            });
            self.part(&Part {
                start: trial.until.max(held.start),
                ..whole
            });
        }
        self.switch_modes(overlay);
    }

    fn part(&mut self, part: &Part<'_>) {
        let fault = |what: String| {
            Fault::of_file(
                "overlay",
                format!("{} `{}`: {what}", part.kind, part.id),
                "end it, or make it anew",
            )
            .warning()
        };
        let Some(whom) = self.overlay_whom(part.whom, part.rule == RuleKind::Emergency, &fault)
        else {
            return;
        };
        let when = match part
            .when
            .map(|text| When::parse(text, |id| self.draft.find_schedule(id)))
        {
            None => When::Always,
            Some(Ok(when)) => when,
            Some(Err(id)) => {
                self.faults.push(fault(format!("no schedule `{id}`")));
                // What opens at a time that nobody knows stays closed; what closes, closes.
                if crate::group::opens(part.access) {
                    return;
                }
                When::Always
            }
        };
        let open = match part.rule {
            RuleKind::Pause => self.help(),
            RuleKind::Isolation
            | RuleKind::Written
            | RuleKind::Mode
            | RuleKind::Learning
            | RuleKind::Granted
            | RuleKind::Lesson
            | RuleKind::Emergency => CategorySet::EMPTY,
        };
        let rule = Rule {
            reason: Some(part.reason.to_owned()),
            whole: (part.rung == Rung::Paused).then_some(Whole {
                access: Access::Block,
                open,
            }),
            when,
            from: Some(part.start),
            until: part.end,
            kind: part.rule,
            ..written(&format!("{} {}", part.kind, part.id), part.rung, whom)
        };
        let Some(index) = self.add(rule) else { return };
        let words = SiteWords {
            sites: part.sites,
            access: part.access,
            rung: part.rung,
            fallback: None,
            lenient: true,
        };
        let categories = self.sites(index, words, &|_, what| fault(what));
        self.rules[usize::from(index)]
            .masks
            .tighten(part.access, categories);
    }

    fn switch_modes(&mut self, overlay: &Overlay) {
        for switch in &overlay.modes {
            let fault = |what: String| {
                Fault::of_file(
                    "overlay",
                    format!("mode `{}`: {what}", switch.mode),
                    "switch it off, or name a mode of a group file",
                )
                .warning()
            };
            let Some(whom) = self.overlay_whom(&switch.whom, false, &fault) else {
                continue;
            };
            let rules: Vec<u16> = self
                .modes
                .iter()
                .filter(|(id, _)| *id == switch.mode)
                .map(|(_, rule)| *rule)
                .collect();
            if rules.is_empty() {
                self.faults.push(fault("no group has it".to_owned()));
            }
            for rule in rules {
                self.switches.push(Switch {
                    rule,
                    whom: whom.clone(),
                    from: switch.start,
                    until: switch.end,
                });
            }
        }
    }

    /// For whom a part is; nobody, unless it may be for everybody, when the list is empty.
    fn overlay_whom(
        &mut self,
        texts: &[String],
        everybody: bool,
        fault: &dyn Fn(String) -> Fault,
    ) -> Option<Whom> {
        let mut named = Vec::with_capacity(texts.len());
        for text in texts {
            match Selector::parse(text, &self.draft.names, self.roster) {
                Ok(selector) => named.push(selector),
                Err(wrong) => self.faults.push(fault(wrong.what)),
            }
        }
        if named.is_empty() && !(everybody && texts.is_empty()) {
            self.faults
                .push(fault("it is for nobody who is known".to_owned()));
            return None;
        }
        Some(Whom {
            groups: None,
            named,
            except: crate::who::GroupSet::default(),
        })
    }
}
