use crate::Moment;

/// The place of a schedule in one compiled calendar; at most 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduleIndex(pub u8);

/// The schedules that run at one moment, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScheduleSet(pub u128);

impl ScheduleSet {
    /// Whether the schedule runs.
    pub const fn contains(self, index: ScheduleIndex) -> bool {
        self.0 & (1 << index.0) != 0
    }

    /// Adds a schedule.
    pub const fn insert(&mut self, index: ScheduleIndex) {
        self.0 |= 1 << index.0;
    }
}

/// The state of the calendar at a moment.
///
/// `policy` computes it, `identity` reads it for timed assignments.
#[derive(Clone, Debug)]
pub struct Schedules {
    /// The moment it was computed for.
    pub at: Moment,
    /// The schedules that run.
    pub running: ScheduleSet,
    /// For each schedule the next moment at which it starts or ends; `None` when it never does.
    pub edges: Vec<Option<Moment>>,
}

impl Schedules {
    /// The next edge of any schedule; until then `running` holds.
    pub fn valid_until(&self) -> Option<Moment> {
        self.edges.iter().flatten().min().copied()
    }

    /// The next edge of the schedules in the set.
    pub fn next_edge(&self, of: ScheduleSet) -> Option<Moment> {
        (0u8..)
            .zip(&self.edges)
            .filter(|(place, _)| of.contains(ScheduleIndex(*place)))
            .filter_map(|(_, edge)| *edge)
            .min()
    }
}
