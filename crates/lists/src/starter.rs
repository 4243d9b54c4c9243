use model::{Fault, Faults};
use std::ops::Range;

/// The head of a starter list: its `# key: value` lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StarterHead {
    /// Name for people.
    pub title: String,
    /// The category that its entries bear.
    pub category: String,
    /// Where in the text the category stands.
    pub category_span: Range<usize>,
    /// Where its names come from.
    pub source: String,
    /// The licence of the list.
    pub licence: String,
    /// When it was written or last reviewed.
    pub written: Option<String>,
}

/// Reads the head of a starter list; every missing key is a fault.
pub fn parse_head(file: &str, text: &str, faults: &mut Faults) -> Option<StarterHead> {
    let mut head = StarterHead::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(comment) = line.trim_end().strip_prefix('#') else {
            break;
        };
        let Some((key, value)) = comment.split_once(':') else {
            continue;
        };
        let value = value.trim();
        let field = match key.trim() {
            "title" => &mut head.title,
            "category" => {
                let from = start + line.find(value).unwrap_or(0);
                head.category_span = from..from + value.len();
                &mut head.category
            }
            "source" => &mut head.source,
            "licence" => &mut head.licence,
            "written" => head.written.insert(String::new()),
            _ => continue,
        };
        if field.is_empty() {
            value.clone_into(field);
        } else {
            let what = format!("`{}` stands twice in the head of the list", key.trim());
            faults.push(Fault::at(file, text, start..at, what).mend("keep one of the lines"));
        }
    }
    let wanted = [
        ("title", &head.title),
        ("category", &head.category),
        ("source", &head.source),
        ("licence", &head.licence),
    ];
    let mut whole = true;
    for (key, _) in wanted.into_iter().filter(|(_, value)| value.is_empty()) {
        let what = format!("the head of the list has no `{key}`");
        let mend = format!("add a line `# {key}: ...` at the top of the file");
        faults.push(Fault::at(file, text, 0..0, what).mend(mend));
        whole = false;
    }
    whole.then_some(head)
}
