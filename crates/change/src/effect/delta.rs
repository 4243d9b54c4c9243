use super::{Direction, Effect, EffectLine, Part};

/// Gathers what a change does.
#[derive(Debug, Default)]
pub(super) struct Deltas {
    lines: Vec<EffectLine>,
}

impl Deltas {
    /// Adds a line that concerns no group in particular.
    pub(super) fn add(&mut self, direction: Direction, part: Part, words: String) {
        self.lines.push(EffectLine {
            direction,
            part,
            words,
            groups: Vec::new(),
            sites: Vec::new(),
        });
    }

    pub(super) fn finish(mut self) -> Effect {
        self.lines
            .sort_by_key(|line| std::cmp::Reverse(line.direction));
        let direction = self
            .lines
            .first()
            .map_or(Direction::Nothing, |line| line.direction);
        let more = self.lines.len().saturating_sub(Effect::MOST_LINES);
        self.lines.truncate(Effect::MOST_LINES);
        Effect {
            direction,
            lines: self.lines,
            more: more as u64,
        }
    }
}
