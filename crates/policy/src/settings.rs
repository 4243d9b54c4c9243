//! What stands in the files: types that say by their schema what a technician may write.

mod access;
mod calendar;
mod categories;
mod civil;
mod conduct;
mod essential;
mod expectations;
mod group;
mod mode;
mod pack;
mod rule;

pub use access::{AccessItem, AccessSetting, ConditionalWord};
pub use calendar::{
    CalendarSettings, DayKind, HalfDay, ScheduleSettings, Term, Weekday, WindowSettings,
};
pub use categories::CategoriesSettings;
pub use civil::{Day, TimeOfDay};
pub use conduct::{
    ConductSettings, ConductSubject, ConductTable, Enforcement, MarkSetting, Meaning, RowSettings,
    Written,
};
pub use essential::{EssentialHost, EssentialSettings};
pub use expectations::{Expectation, ExpectationsSettings};
pub use group::{GroupKind, GroupSettings, PhraseSettings, Reading};
pub use mode::{ModeKind, ModeSettings};
pub use pack::PackSettings;
pub use rule::{Fallback, RuleSettings};
