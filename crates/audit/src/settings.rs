use crate::decision_row::RetentionClass;
use crate::envelope::{ParseEnvelopeError, Recipient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long decisions are kept and how: the table `[records]` of `schoolgate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Days that visits which were let through are kept, today not counted.
    #[schemars(range(min = 2, max = 3650))]
    pub browse_days: u16,
    /// Days that refusals are kept.
    #[schemars(range(min = 2, max = 3650))]
    pub block_days: u16,
    /// Days that alerts are kept, and everything on the floor.
    #[schemars(range(min = 2, max = 3650))]
    pub alert_days: u16,
    /// Recipient, `age1...`, that past days are closed to; its key lies elsewhere. Empty: they stay
    /// open to whoever may read the folder.
    pub seal_to: Option<String>,
    /// Mebibytes of disk kept back for the change log.
    #[schemars(range(max = 4096))]
    pub reserve_mib: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            browse_days: 28,
            block_days: 90,
            alert_days: 365,
            seal_to: None,
            reserve_mib: 64,
        }
    }
}

impl Settings {
    /// How many days a class is kept. What is younger than two days is still written.
    pub const fn days(&self, class: RetentionClass) -> u16 {
        let days = match class {
            RetentionClass::Browse => self.browse_days,
            RetentionClass::Block => self.block_days,
            RetentionClass::Alert => self.alert_days,
        };
        if days < 2 { 2 } else { days }
    }

    /// Whom past days are closed to.
    ///
    /// # Errors
    ///
    /// Fails when the text is no recipient.
    pub fn recipient(&self) -> Result<Option<Recipient>, ParseEnvelopeError> {
        self.seal_to.as_deref().map(str::parse).transpose()
    }

    /// The space kept back for the change log, in bytes.
    pub const fn reserve(&self) -> u64 {
        (self.reserve_mib as u64) << 20
    }
}
