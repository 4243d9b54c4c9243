use crate::root;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Chromium, driven as a person would: by the labels of fields and the words of buttons.
///
/// It is ended when this is dropped; only this child, by closing its input.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    lines: RefCell<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// One person's window, with cookies of its own.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    browser: &'a Browser,
    name: &'a str,
    width: u32,
}

/// What came back for one address, without being shown.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status of the answer.
    pub status: u64,
    /// The fields of the answer, by name in small letters.
    pub headers: serde_json::Map<String, Value>,
    /// The body, as text.
    pub body: String,
}

/// Where a window is after a step.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The status of the answer, where the step asked for one address.
    pub status: Option<u64>,
    /// The fields of that answer, by name in small letters.
    pub headers: serde_json::Map<String, Value>,
}

impl Browser {
    /// Starts Chromium. A missing one is a failure, never a skip.
    pub fn start() -> Self {
        let folder = root().join("tests/browser");
        assert!(
            folder.join("node_modules/playwright-core").exists(),
            "the browser's driver is not installed; `tests/run` does that"
        );
        let mut child = Command::new("node")
            .arg(folder.join("driver.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`node` runs; `tests/run` installs it");
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let lines = input.zip(output.map(BufReader::new));
        Self {
            child,
            lines: RefCell::new(lines),
        }
    }

    /// Opens a window of a width in CSS pixels for a person.
    pub fn window<'a>(&'a self, name: &'a str, width: u32) -> Window<'a> {
        self.open(name, json!({ "width": width }))
    }

    /// Opens a window whose requests go through a proxy.
    pub fn window_behind<'a>(&'a self, name: &'a str, proxy: &str) -> Window<'a> {
        self.open(name, json!({ "proxy": format!("http://{proxy}") }))
    }

    /// Opens a window that runs no script.
    pub fn window_without_script<'a>(&'a self, name: &'a str, width: u32) -> Window<'a> {
        self.open(name, json!({ "width": width, "script": false }))
    }

    fn open<'a>(&'a self, name: &'a str, with: Value) -> Window<'a> {
        let width = with["width"]
            .as_u64()
            .and_then(|width| u32::try_from(width).ok());
        let window = Window {
            browser: self,
            name,
            width: width.unwrap_or(1280),
        };
        window.ask("open", with);
        window
    }

    fn ask(&self, asked: &Value) -> Value {
        let mut lines = self.lines.borrow_mut();
        let (input, output) = lines.as_mut().expect("the driver has pipes");
        writeln!(input, "{asked}").expect("the driver reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("the driver answers");
        let answer: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the driver ended at {asked}: {error}: {line}"));
        assert_eq!(
            answer["ok"],
            json!(true),
            "{asked}: {}",
            answer["error"].as_str().unwrap_or("")
        );
        answer
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its input ends, so it closes Chromium and ends by itself.
        self.lines.borrow_mut().take();
        let _ = self.child.wait();
    }
}

impl Window<'_> {
    fn ask(&self, command: &str, mut with: Value) -> Value {
        with["command"] = json!(command);
        with["page"] = json!(self.name);
        self.browser.ask(&with)
    }

    /// Goes to an address.
    pub fn goto(&self, url: &str) -> Arrived {
        arrived(&self.ask("goto", json!({ "url": url })))
    }

    /// Fetches an address with the cookies of the window, without showing it.
    pub fn fetch(&self, url: &str) -> Fetched {
        fetched(&self.ask("fetch", json!({ "url": url })))
    }

    /// Sends a form as a page of the same site does; neither shows the answer nor goes on to where
    /// it leads.
    pub fn post(&self, url: &str, fields: &[(&str, &str)]) -> Fetched {
        fetched(&self.ask("fetch", json!({ "url": url, "form": fields })))
    }

    /// What could act in a page of this source, by the parser of a real browser: scripts, handlers,
    /// addresses that are scripts, and frames; and the text that can be read.
    pub fn read(&self, source: &str) -> (Vec<String>, String) {
        let found = self.ask("parse", json!({ "html": source }));
        let acts = found["acts"].as_array().cloned().unwrap_or_default();
        (acts.iter().map(words).collect(), words(&found["text"]))
    }

    /// Fills the field of a label.
    pub fn fill(&self, label: &str, value: &str) -> &Self {
        self.ask("fill", json!({ "label": label, "value": value }));
        self
    }

    /// Fills the field of a name, where two have one label.
    pub fn fill_in(&self, field: &str, value: &str) -> &Self {
        self.ask("fill_in", json!({ "field": field, "value": value }));
        self
    }

    /// Looks at the page as a whole: takes its picture, and holds it to WCAG 2.2 AA as far as a
    /// program can, at this width and at 320 pixels.
    pub fn look(&self, name: &str) {
        let folder = root().join("target/pictures");
        std::fs::create_dir_all(&folder).expect("the build folder is ours");
        self.picture(&folder.join(format!("{name}.png")));
        let faults = self.examine();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        let width = self.width;
        let narrow = self.resize(320).examine();
        self.picture(&folder.join(format!("{name}-320.png")));
        self.resize(width);
        assert!(narrow.is_empty(), "{name} at 320 pixels: {narrow:#?}");
    }

    /// Goes to an address and looks at the page as a whole, as [`Window::look`] does, in one step;
    /// at 320 pixels only what the width can alter is examined again.
    pub fn survey(&self, url: &str, name: &str) -> Arrived {
        let folder = root().join("target/pictures");
        std::fs::create_dir_all(&folder).expect("the build folder is ours");
        let found = self.ask(
            "survey",
            json!({
                "url": url, "width": self.width,
                "file": folder.join(format!("{name}.png")),
                "narrow": folder.join(format!("{name}-320.png")),
            }),
        );
        for (part, width) in [("first", self.width), ("second", 320)] {
            let faults = faults(&found[part]);
            assert!(faults.is_empty(), "{name} at {width} pixels: {faults:#?}");
        }
        arrived(&found)
    }

    /// Chooses from the list of a label.
    pub fn choose(&self, label: &str, value: &str) -> &Self {
        self.ask("choose", json!({ "label": label, "value": value }));
        self
    }

    /// Ticks the box of a label.
    pub fn tick(&self, label: &str) -> &Self {
        self.ask("tick", json!({ "label": label }));
        self
    }

    /// Takes the tick out of the box of a label.
    pub fn untick(&self, label: &str) -> &Self {
        self.ask("untick", json!({ "label": label }));
        self
    }

    /// Unfolds what lies behind these words.
    pub fn unfold(&self, name: &str) -> &Self {
        self.ask("unfold", json!({ "name": name }));
        self
    }

    /// Presses the button with these words.
    pub fn press(&self, name: &str) -> Arrived {
        arrived(&self.ask("press", json!({ "name": name })))
    }

    /// Follows the link with these words.
    pub fn follow(&self, name: &str) -> Arrived {
        arrived(&self.ask("follow", json!({ "name": name })))
    }

    /// Saves what the link with these words leads to.
    pub fn download(&self, name: &str, file: &Path) {
        self.ask("download", json!({ "name": name, "file": file }));
    }

    /// Hands files to the field of a label.
    pub fn files(&self, label: &str, files: &[&Path]) -> &Self {
        self.ask("files", json!({ "label": label, "files": files }));
        self
    }

    /// What can be read on the page.
    pub fn text(&self) -> String {
        words(&self.ask("text", json!({}))["text"])
    }

    /// Waits until a text can be read in the part that the page fills in later; gives back all.
    pub fn wait_for(&self, text: &str) -> String {
        self.ask("wait_for", json!({ "text": text }));
        self.text()
    }

    /// The page's own source.
    pub fn source(&self) -> String {
        words(&self.ask("source", json!({}))["text"])
    }

    /// Where the links of the page lead.
    pub fn links(&self) -> Vec<String> {
        let found = self.ask("links", json!({}));
        let links = found["links"].as_array().cloned().unwrap_or_default();
        links.iter().map(words).collect()
    }

    /// What a program can say against the page by WCAG 2.2 AA, and by how many pixels it is wider
    /// than its window; empty when nothing.
    pub fn examine(&self) -> Vec<String> {
        faults(&self.ask("examine", json!({})))
    }

    /// Walks the page with the Tab key; the names of what had no visible focus.
    pub fn unseen_focus(&self) -> (usize, Vec<String>) {
        let found = self.ask("tabs", json!({}));
        let steps = found["seen"].as_array().cloned().unwrap_or_default();
        let unseen = steps
            .iter()
            .filter(|step| step["seen"] != json!(true))
            .map(|step| words(&step["name"]))
            .collect();
        (steps.len(), unseen)
    }

    /// Makes the window another width.
    pub fn resize(&self, width: u32) -> &Self {
        self.ask("resize", json!({ "width": width }));
        self
    }

    /// Takes a picture of the whole page.
    pub fn picture(&self, file: &Path) {
        self.ask("picture", json!({ "file": file }));
    }

    /// Closes the window.
    pub fn close(self) {
        self.ask("close", json!({}));
    }
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn faults(found: &Value) -> Vec<String> {
    let mut faults: Vec<String> = found["violations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|fault| format!("{}: {} {}", fault["id"], fault["help"], fault["nodes"]))
        .collect();
    if found["wide"].as_i64() != Some(0) {
        faults.push(format!("{} pixels wider than the window", found["wide"]));
    }
    faults
}

fn fetched(answer: &Value) -> Fetched {
    Fetched {
        status: answer["status"].as_u64().unwrap_or_default(),
        headers: answer["headers"].as_object().cloned().unwrap_or_default(),
        body: words(&answer["body"]),
    }
}

fn arrived(answer: &Value) -> Arrived {
    Arrived {
        url: words(&answer["url"]),
        title: words(&answer["title"]),
        status: answer["status"].as_u64(),
        headers: answer["headers"].as_object().cloned().unwrap_or_default(),
    }
}
