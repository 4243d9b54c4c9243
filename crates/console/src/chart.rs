/// Bars, a column a day, drawn by the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    /// The bars.
    pub(crate) bars: Vec<Bar>,
    /// The height of the largest, for the axis.
    pub(crate) most: u64,
}

/// One bar and its words; all lengths in the units of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    /// Its left edge.
    pub(crate) x: u32,
    /// Its upper edge.
    pub(crate) y: u32,
    /// Its height.
    pub(crate) height: u32,
    /// The middle, for the label.
    pub(crate) middle: u32,
    /// What it counts.
    pub(crate) count: u64,
    /// What it stands for.
    pub(crate) label: String,
}

impl Chart {
    /// A chart of at most eight columns, 440 wide and 150 high.
    pub(crate) fn new(columns: &[(String, u64)]) -> Self {
        let most = columns.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let bars = (0u32..8)
            .zip(columns)
            .map(|(place, (label, count))| {
                let height = scaled(*count, most);
                Bar {
                    x: 6 + place * 54,
                    y: BASE - height,
                    height,
                    middle: 6 + place * 54 + 22,
                    count: *count,
                    label: label.clone(),
                }
            })
            .collect();
        Self { bars, most }
    }
}

impl Bar {
    /// The first word of the label, which is all that fits below the bar; the table has the rest.
    pub(crate) fn short(&self) -> &str {
        self.label.split(' ').next().unwrap_or_default()
    }
}

/// The height of a count beside the largest; what is there at all is seen.
fn scaled(count: u64, most: u64) -> u32 {
    if count == 0 || most == 0 {
        return 0;
    }
    let share = u128::from(count) * u128::from(TALL) / u128::from(most);
    u32::try_from(share).unwrap_or(TALL).max(1)
}

const BASE: u32 = 125;
const TALL: u32 = 105;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_reaches_the_top_and_the_smallest_is_seen() {
        let chart = Chart::new(&[
            ("Mon".to_owned(), u64::MAX),
            ("Tue".to_owned(), 1),
            ("Wed".to_owned(), 0),
        ]);
        let heights: Vec<_> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [TALL, 1, 0]);
        assert!(Chart::new(&[]).bars.is_empty());
    }
}
