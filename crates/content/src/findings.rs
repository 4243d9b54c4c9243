use crate::phrase::PhraseEffect;

/// What a scan found on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The score of each theme, in the order of [`Phrases::themes`](crate::Phrases::themes).
    pub scores: Vec<ThemeScore>,
    /// The weightiest phrases, in the order in which they were found.
    pub evidence: Vec<Evidence>,
    /// How many phrases counted that `evidence` leaves out.
    pub left_out: u32,
    /// How many bytes of the page were read.
    pub read: u64,
    /// How many bytes its text has, folded.
    pub folded: u64,
}

impl Findings {
    /// How many phrases [`Findings::evidence`] keeps.
    pub const MOST_EVIDENCE: usize = 48;

    /// The theme with the highest score for this limit, if any has one above nought.
    pub fn worst(&self, limit: u32) -> Option<(&ThemeScore, i32)> {
        self.scores
            .iter()
            .map(|theme| (theme, theme.score(limit)))
            .filter(|(_, score)| *score > 0)
            .reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
    }

    /// Whether the score of a theme is above the limit.
    pub fn exceeds(&self, limit: u32) -> bool {
        self.scores.iter().any(|theme| theme.exceeds(limit))
    }
}

/// The score of one theme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThemeScore {
    /// The theme.
    pub theme: String,
    /// What speaks against the page.
    pub against: i32,
    /// What speaks for harmless context; not above nought.
    pub benign: i32,
    /// What speaks against it, in hundredths of the limit.
    pub percent_against: i32,
    /// What speaks for harmless context, in hundredths of the limit; not above nought.
    pub percent_benign: i32,
    /// Whether a phrase that bans a page was found.
    pub banned: bool,
}

impl ThemeScore {
    /// No harmless context takes more than this from a theme.
    ///
    /// Otherwise a page could open itself by a list of helplines at its end.
    pub const MOST_BENIGN: i32 = -120;
    /// No page scores more in a theme: a long one is not worse than a short one.
    pub const MOST: i32 = 500;

    /// The score for a group with this limit; from nought to [`ThemeScore::MOST`].
    pub fn score(&self, limit: u32) -> i32 {
        let share = |percent: i32| i64::from(percent) * i64::from(limit) / 100;
        let against = i64::from(self.against) + share(self.percent_against);
        let benign = i64::from(self.benign) + share(self.percent_benign);
        let sum = against + benign.max(i64::from(Self::MOST_BENIGN));
        let most = if self.banned {
            return Self::MOST;
        } else {
            i64::from(Self::MOST)
        };
        i32::try_from(sum.clamp(0, most)).unwrap_or(Self::MOST)
    }

    /// Whether the score is above the limit; a ban is above every one.
    pub fn exceeds(&self, limit: u32) -> bool {
        self.banned || i64::from(self.score(limit)) > i64::from(limit)
    }
}

/// A phrase that counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The phrase as its list writes it.
    pub phrase: String,
    /// The list.
    pub list: String,
    /// The theme to which it counts; `None` for all.
    pub theme: Option<String>,
    /// What it does.
    pub effect: PhraseEffect,
    /// Where it stands in the folded text.
    pub at: u64,
    /// The folded text around it, at most 160 bytes or so.
    pub around: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(against: i32, benign: i32) -> ThemeScore {
        ThemeScore {
            against,
            benign,
            ..ThemeScore::default()
        }
    }

    #[test]
    fn harmless_context_takes_a_bounded_part() {
        assert_eq!(score(90, -30).score(100), 60);
        assert_eq!(score(300, -4000).score(100), 180);
        assert_eq!(score(10, -40).score(100), 0);
        assert_eq!(score(9000, 0).score(100), ThemeScore::MOST);
    }

    #[test]
    fn a_share_counts_of_the_limit_of_the_group() {
        let shared = ThemeScore {
            percent_against: 60,
            ..score(10, 0)
        };
        assert_eq!(shared.score(50), 40);
        assert_eq!(shared.score(160), 106);
    }

    #[test]
    fn a_page_at_its_limit_stays_and_a_ban_is_above_every_limit() {
        assert!(!score(100, 0).exceeds(100));
        assert!(score(101, 0).exceeds(100));
        let banned = ThemeScore {
            banned: true,
            ..score(0, -500)
        };
        assert!(banned.exceeds(u32::MAX));
    }
}
