use crate::nearest::{MOST_WORD, nearest};
use crate::{Fault, Faults};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A TOML file with the place of each of its values, so that every fault can point at its cause.
///
/// The settings type says by its JSON Schema what may stand in the file. A file is held against
/// the schema as a whole: what does not fit is reported and left out, and the rest is still read,
/// so that one run reports the faults of all files.
#[derive(Debug)]
pub struct Document {
    file: String,
    text: String,
    root: Node,
}

/// One step of the way from the root of a document to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a table.
    Key(&'a str),
    /// Into a list, counted from 0.
    Index(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl Document {
    /// Reads a text as `T`, adding all that is wrong with it to `faults`.
    ///
    /// The value is absent only when what remains after leaving out the faulty parts is no `T`;
    /// then at least one fault was added. A list without its faulty elements is shorter, and the
    /// document's own indexes follow it.
    pub fn parse<T: DeserializeOwned + JsonSchema>(
        file: &str,
        text: &str,
        faults: &mut Faults,
    ) -> (Self, Option<T>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let what = error
                .message()
                .trim()
                .trim_end_matches('.')
                .replace('\n', ", ");
            faults.push(
                Fault::at(file, text, span, what).mend("correct the line; the file is TOML 1.1"),
            );
        }
        let span = table.span();
        let root = Node {
            span,
            kind: table_kind(table.get_ref()),
        };
        let schema = schemars::generate::SchemaSettings::draft2020_12()
            .into_generator()
            .into_root_schema_for::<T>()
            .to_value();
        let before = faults.errors();
        let mut check = Check {
            file,
            text,
            root: &schema,
            faults,
        };
        let checked = check.node(root, &schema, "the file");
        let Some(root) = checked else {
            return (
                Self {
                    file: file.to_owned(),
                    text: text.to_owned(),
                    root: Node::empty(),
                },
                None,
            );
        };
        let document = Self {
            file: file.to_owned(),
            text: text.to_owned(),
            root,
        };
        let value = T::deserialize(document.root.value()).map_err(|error| {
            // The schema holds what the type holds; this is for what a schema cannot say.
            if faults.errors() == before && errors.is_empty() {
                faults.push(Fault::of_file(file, error.to_string(), "correct the value"));
            }
        });
        (document, value.ok())
    }

    /// The name of the file, as the reader named its folder.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// A fault at the value that the steps lead to, or at the last value on the way.
    pub fn fault(&self, steps: &[Step<'_>], what: impl Into<String>) -> Fault {
        let mut node = &self.root;
        let mut span = node.span.clone();
        for step in steps {
            let next = match (&node.kind, step) {
                (Kind::Table(entries), Step::Key(key)) => entries
                    .iter()
                    .find(|entry| entry.key == *key)
                    .map(|entry| &entry.node),
                (Kind::List(nodes), Step::Index(index)) => nodes.get(*index),
                (
                    Kind::Text(_)
                    | Kind::Stamp(_)
                    | Kind::Number(_)
                    | Kind::Truth(_)
                    | Kind::List(_)
                    | Kind::Table(_),
                    Step::Key(_) | Step::Index(_),
                ) => None,
            };
            let Some(next) = next else { break };
            node = next;
            span = node.span.clone();
        }
        Fault::at(&self.file, &self.text, span, what)
    }

    /// A fault at the key that the steps lead to.
    pub fn key_fault(&self, steps: &[Step<'_>], what: impl Into<String>) -> Fault {
        let Some((Step::Key(last), way)) = steps.split_last() else {
            return self.fault(steps, what);
        };
        let span = self.find(way).and_then(|node| match &node.kind {
            Kind::Table(entries) => entries.iter().find(|entry| entry.key == *last),
            Kind::Text(_) | Kind::Stamp(_) | Kind::Number(_) | Kind::Truth(_) | Kind::List(_) => {
                None
            }
        });
        match span {
            Some(entry) => Fault::at(&self.file, &self.text, entry.span.clone(), what),
            None => self.fault(steps, what),
        }
    }

    fn find(&self, steps: &[Step<'_>]) -> Option<&Node> {
        steps
            .iter()
            .try_fold(&self.root, |node, step| match (&node.kind, step) {
                (Kind::Table(entries), Step::Key(key)) => entries
                    .iter()
                    .find(|entry| entry.key == *key)
                    .map(|entry| &entry.node),
                (Kind::List(nodes), Step::Index(index)) => nodes.get(*index),
                (
                    Kind::Text(_)
                    | Kind::Stamp(_)
                    | Kind::Number(_)
                    | Kind::Truth(_)
                    | Kind::List(_)
                    | Kind::Table(_),
                    Step::Key(_) | Step::Index(_),
                ) => None,
            })
    }
}

#[derive(Debug)]
struct Node {
    span: Range<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Text(String),
    Stamp(String),
    Number(serde_json::Number),
    Truth(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    key: String,
    span: Range<usize>,
    node: Node,
}

impl Node {
    const fn empty() -> Self {
        Self {
            span: 0..0,
            kind: Kind::Table(Vec::new()),
        }
    }

    fn value(&self) -> Value {
        match &self.kind {
            Kind::Text(text) | Kind::Stamp(text) => Value::String(text.clone()),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Truth(truth) => Value::Bool(*truth),
            Kind::List(nodes) => Value::Array(nodes.iter().map(Self::value).collect()),
            Kind::Table(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.value()))
                    .collect(),
            ),
        }
    }

    const fn word(&self) -> &'static str {
        match &self.kind {
            Kind::Text(_) => "a text",
            Kind::Stamp(_) => "a date or time",
            Kind::Number(_) => "a number",
            Kind::Truth(_) => "`true` or `false`",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }
}

fn table_kind(table: &DeTable<'_>) -> Kind {
    Kind::Table(
        table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                span: key.span(),
                node: Node {
                    span: value.span(),
                    kind: value_kind(value.get_ref()),
                },
            })
            .collect(),
    )
}

fn value_kind(value: &DeValue<'_>) -> Kind {
    match value {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(integer) => {
            let digits = integer.as_str().replace('_', "");
            match i64::from_str_radix(&digits, integer.radix()) {
                Ok(number) => Kind::Number(number.into()),
                Err(_) => Kind::Text(digits),
            }
        }
        DeValue::Float(float) => {
            let digits = float.as_str().replace('_', "");
            match digits.parse().ok().and_then(serde_json::Number::from_f64) {
                Some(number) => Kind::Number(number),
                None => Kind::Text(digits),
            }
        }
        DeValue::Boolean(truth) => Kind::Truth(*truth),
        DeValue::Datetime(stamp) => Kind::Stamp(stamp.to_string()),
        DeValue::Array(values) => Kind::List(
            values
                .iter()
                .map(|value| Node {
                    span: value.span(),
                    kind: value_kind(value.get_ref()),
                })
                .collect(),
        ),
        DeValue::Table(table) => table_kind(table),
    }
}

/// Holds nodes against a schema, leaving out what does not fit.
struct Check<'a> {
    file: &'a str,
    text: &'a str,
    root: &'a Value,
    faults: &'a mut Faults,
}

impl<'a> Check<'a> {
    fn push(&mut self, span: &Range<usize>, what: String, mend: String) {
        self.faults
            .push(Fault::at(self.file, self.text, span.clone(), what).mend(mend));
    }

    /// Follows references; a schema beside a reference only adds words.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name.trim_start_matches("#/$defs/");
            match self.root.get("$defs").and_then(|defs| defs.get(name)) {
                Some(found) => schema = found,
                None => break,
            }
        }
        schema
    }

    fn node(&mut self, node: Node, schema: &'a Value, what: &str) -> Option<Node> {
        let schema = self.resolve(schema);
        let words = words(schema);
        if !words.is_empty() {
            return self.word(node, &words, what);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(alternatives) = schema.get(key).and_then(Value::as_array) {
                return self.alternative(node, alternatives, what);
            }
        }
        if !fits(&node, schema) {
            let expected = expected(schema);
            let mend = hint(schema).unwrap_or_else(|| format!("write {expected}"));
            self.push(
                &node.span,
                format!("{what} must be {expected}, not {}", node.word()),
                mend,
            );
            return None;
        }
        match node.kind {
            Kind::Table(entries) => self.table(node.span, entries, schema),
            Kind::List(nodes) => {
                let items = schema.get("items")?;
                let what = format!("an element of {what}");
                let nodes = nodes
                    .into_iter()
                    .filter_map(|node| self.node(node, items, &what))
                    .collect();
                Some(Node {
                    span: node.span,
                    kind: Kind::List(nodes),
                })
            }
            Kind::Text(_) | Kind::Stamp(_) | Kind::Number(_) | Kind::Truth(_) => {
                self.bounds(&node, schema, what).then_some(node)
            }
        }
    }

    fn word(&mut self, node: Node, words: &[&str], what: &str) -> Option<Node> {
        let listed = words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
        match &node.kind {
            Kind::Text(text) if words.contains(&text.as_str()) => Some(node),
            Kind::Text(text) => {
                let mend = match nearest(text, words.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? known words: {listed}"),
                    None => format!("known words: {listed}"),
                };
                self.push(
                    &node.span,
                    format!("unknown word `{}` for {what}", cut(text)),
                    mend,
                );
                None
            }
            Kind::Stamp(_) | Kind::Number(_) | Kind::Truth(_) | Kind::List(_) | Kind::Table(_) => {
                let what = format!("{what} must be a word, not {}", node.word());
                self.push(&node.span, what, format!("known words: {listed}"));
                None
            }
        }
    }

    fn alternative(&mut self, node: Node, alternatives: &'a [Value], what: &str) -> Option<Node> {
        let resolved: Vec<&Value> = alternatives
            .iter()
            .map(|schema| self.resolve(schema))
            .filter(|schema| schema.get("type").and_then(Value::as_str) != Some("null"))
            .collect();
        let mut suited: Vec<&'a Value> = resolved
            .iter()
            .copied()
            .filter(|schema| fits(&node, schema))
            .collect();
        if suited.len() > 1
            && let Kind::Table(entries) = &node.kind
        {
            // Of several tables the one that shares most keys is meant.
            let shared = |schema: &Value| {
                let known = schema.get("properties").and_then(Value::as_object);
                entries
                    .iter()
                    .filter(|entry| known.is_some_and(|known| known.contains_key(&entry.key)))
                    .count()
            };
            suited.sort_by_key(|schema| std::cmp::Reverse(shared(schema)));
        }
        if let [first, ..] = suited[..] {
            return self.node(node, first, what);
        }
        let expected = resolved
            .iter()
            .map(|schema| expected(schema))
            .collect::<Vec<_>>()
            .join(" or ");
        let what = format!("{what} must be {expected}, not {}", node.word());
        self.push(&node.span, what, format!("write {expected}"));
        None
    }

    fn table(
        &mut self,
        span: Range<usize>,
        entries: Vec<Entry>,
        schema: &'a Value,
    ) -> Option<Node> {
        let empty = Map::new();
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema
            .get("additionalProperties")
            .filter(|others| others.is_object());
        let mut kept = Vec::new();
        let mut whole = true;
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        let mut present: Vec<String> = Vec::new();
        for Entry { key, span, node } in entries {
            present.push(key.clone());
            let Some(schema) = known.and_then(|known| known.get(&key)).or(others) else {
                let keys = known.unwrap_or(&empty).keys().map(String::as_str);
                let mend = match nearest(&key, keys.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known keys: {}", keys.collect::<Vec<_>>().join(", ")),
                };
                self.push(&span, format!("unknown key `{}`", cut(&key)), mend);
                continue;
            };
            match self.node(node, schema, &format!("`{}`", cut(&key))) {
                Some(node) => kept.push(Entry { key, span, node }),
                None if required.contains(&key.as_str()) => whole = false,
                None => {}
            }
        }
        for key in required {
            if !present.iter().any(|present| present == key) {
                let schema = known.and_then(|known| known.get(key));
                let mend =
                    schema.and_then(|schema| hint(self.resolve(schema)).or_else(|| hint(schema)));
                let mend = mend.map_or(String::new(), |hint| format!(": {hint}"));
                self.push(
                    &span,
                    format!("`{key}` is missing"),
                    format!("add `{key}`{mend}"),
                );
                whole = false;
            }
        }
        whole.then_some(Node {
            span,
            kind: Kind::Table(kept),
        })
    }

    fn bounds(&mut self, node: &Node, schema: &Value, what: &str) -> bool {
        let fault = match &node.kind {
            Kind::Number(number) => {
                let value = number.as_f64().unwrap_or(f64::NAN);
                let bound = |key| schema.get(key).and_then(Value::as_f64);
                let (least, most) = (bound("minimum"), bound("maximum"));
                let outside = least.is_some_and(|least| value < least)
                    || most.is_some_and(|most| value > most);
                outside.then(|| match (least, most) {
                    (Some(least), Some(most)) => format!("from {least} to {most}"),
                    (Some(least), None) => format!("at least {least}"),
                    (None, Some(most)) => format!("at most {most}"),
                    (None, None) => "another number".to_owned(),
                })
            }
            Kind::Text(text) | Kind::Stamp(text) => {
                match schema.get("format").and_then(Value::as_str) {
                    Some("date") => text
                        .parse::<jiff::civil::Date>()
                        .is_err()
                        .then(|| "a date such as 2026-12-18".to_owned()),
                    Some("time") => text
                        .parse::<jiff::civil::Time>()
                        .is_err()
                        .then(|| "a time such as \"09:00\"".to_owned()),
                    Some(_) | None => None,
                }
            }
            Kind::Truth(_) | Kind::List(_) | Kind::Table(_) => None,
        };
        let Some(expected) = fault else { return true };
        self.push(
            &node.span,
            format!("{what} must be {expected}"),
            format!("write {expected}"),
        );
        false
    }
}

/// The words of an enumeration, however the schema spells it.
fn words(schema: &Value) -> Vec<&str> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).collect();
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return vec![word];
    }
    let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) else {
        return Vec::new();
    };
    let lists: Vec<Vec<&str>> = alternatives.iter().map(words).collect();
    if lists.iter().any(Vec::is_empty) {
        Vec::new()
    } else {
        lists.concat()
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        Some(_) | None if !words(schema).is_empty() => vec!["string"],
        Some(_) | None => Vec::new(),
    }
}

fn fits(node: &Node, schema: &Value) -> bool {
    let types = types(schema);
    if types.is_empty() {
        return true;
    }
    let stamp = matches!(
        schema.get("format").and_then(Value::as_str),
        Some("date" | "time" | "date-time")
    );
    types.iter().any(|kind| match (&node.kind, *kind) {
        (Kind::Text(_), "string") | (Kind::Truth(_), "boolean") => true,
        (Kind::Stamp(_), "string") => stamp,
        (Kind::Number(number), "integer") => number.is_i64() || number.is_u64(),
        (Kind::Number(_), "number") | (Kind::List(_), "array") | (Kind::Table(_), "object") => true,
        (
            Kind::Text(_)
            | Kind::Stamp(_)
            | Kind::Number(_)
            | Kind::Truth(_)
            | Kind::List(_)
            | Kind::Table(_),
            _,
        ) => false,
    })
}

fn expected(schema: &Value) -> String {
    let format = schema.get("format").and_then(Value::as_str);
    let words = types(schema)
        .into_iter()
        .filter(|kind| *kind != "null")
        .map(|kind| match (kind, format) {
            ("string", Some("date")) => "a date such as 2026-12-18",
            ("string", Some("time")) => "a time such as \"09:00\"",
            ("string", _) => "a text in quotes",
            ("integer", _) => "a whole number",
            ("number", _) => "a number",
            ("boolean", _) => "`true` or `false`",
            ("array", _) => "a list",
            ("object", _) => "a table",
            (_, _) => "another value",
        })
        .collect::<Vec<_>>();
    words.join(" or ")
}

/// The first sentence of what the type says of itself.
fn hint(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    let first = text.split("\n\n").next().unwrap_or(text).replace('\n', " ");
    Some(first.trim_end_matches('.').to_owned())
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_WORD).collect()
}

#[cfg(test)]
mod tests;
