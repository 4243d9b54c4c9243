//! What a person sees when a request is refused.
//!
//! One page, five reading levels, no script and nothing to fetch. All that came with the request
//! enters escaped (see `Markup`). What is said depends on the group's reading level, why the page
//! is closed, and whether the reader is a pupil; a pupil is never told which tool was recognised.

mod catalogue;
mod markup;
mod pictures;
mod style;

use crate::settings::console_origin;
use catalogue::{Catalogue, ENGLISH, Kind, Level};
use gate::{Reading, Words};
use markup::Markup;
use model::{Action, Rung};

/// What the page shows beside the gate's words.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'a> {
    /// What was decided.
    pub action: Action,
    /// The address as the person asked for it; any text, cut to 200 characters.
    pub address: &'a str,
    /// The reference number, where one could be drawn.
    pub reference: Option<&'a str>,
    /// The address of the console, as in [`Settings::console`](crate::Settings::console).
    pub console: &'a str,
    /// Who to ask or tell, as in [`Settings::contact`](crate::Settings::contact).
    pub contact: &'a str,
    /// As in [`Settings::floor_words`](crate::Settings::floor_words).
    pub floor_words: &'a str,
    /// The address of the form by which the reader goes on past a warning; `None` where nobody
    /// may: on shared addresses, and where the door sees no pages.
    pub go_on: Option<&'a str>,
}

/// The path below the console's address to which `ask for this page` posts its form.
///
/// Fields: `reference`, `address`, `note`.
pub const ASK_PATH: &str = "/ask";

/// The path below the console's address to which `tell an adult` posts its form.
///
/// Fields: `reference`, `address`.
pub const TELL_PATH: &str = "/tell";

/// Writes the page.
pub fn render(words: &Words, request: &PageRequest<'_>) -> String {
    let page = Page {
        words,
        request,
        catalogue: &ENGLISH,
        level: ENGLISH.level(words.reading),
        kind: kind(words, request),
    };
    page.write()
}

/// The text for what a page fetches by itself: a picture's place is no place for a page.
pub(crate) fn short_text(reference: Option<&str>) -> String {
    match reference {
        Some(reference) => {
            format!("{} {} {reference}\n", ENGLISH.embedded, ENGLISH.reference)
        }
        None => format!("{}\n", ENGLISH.embedded),
    }
}

/// The content security policy under which the page is sent; `own` where it has a form that goes
/// to the site itself.
pub(crate) fn content_policy(console: &str, own: bool) -> String {
    let forms = match (console_origin(console), own) {
        (Some(console), true) => format!("{console} 'self'"),
        (Some(console), false) => console.to_owned(),
        (None, true) => "'self'".to_owned(),
        (None, false) => "'none'".to_owned(),
    };
    format!(
        "default-src 'none'; style-src '{}'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'",
        style::STYLE_DIGEST
    )
}

fn kind(words: &Words, request: &PageRequest<'_>) -> Kind {
    match words.rung {
        _ if words.floor => Kind::Floor,
        Rung::Floor => Kind::Floor,
        Rung::Outside => Kind::Outside,
        Rung::Paused => Kind::Paused,
        Rung::Mode => Kind::Mode,
        Rung::Emergency
        | Rung::Lock
        | Rung::Plan
        | Rung::Override
        | Rung::Site
        | Rung::Category
        | Rung::Established
        | Rung::Unknown => match request.action {
            Action::Permission => Kind::Permission,
            Action::Warn if request.go_on.is_some() && reads_sentences(words.reading) => Kind::Warn,
            Action::Warn => Kind::WarnShut,
            Action::Block | Action::Allow => Kind::Closed,
        },
    }
}

const fn reads_sentences(reading: Reading) -> bool {
    match reading {
        Reading::Pictures | Reading::Simple => false,
        Reading::Plain | Reading::Older | Reading::Professional => true,
    }
}

struct Page<'a> {
    words: &'a Words,
    request: &'a PageRequest<'a>,
    catalogue: &'a Catalogue,
    level: &'a Level,
    kind: Kind,
}

impl Page<'_> {
    fn write(&self) -> String {
        let mut page = Markup::with_capacity(8 * 1024);
        let message = self.level.message(self.kind);
        page.raw("<!DOCTYPE html>\n<html lang=\"")
            .raw(self.catalogue.language)
            .raw("\" dir=\"")
            .raw(self.catalogue.direction)
            .raw("\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
            .text(message.heading)
            .raw("</title>\n<style>")
            .raw(style::STYLE)
            .raw("</style>\n</head>\n<body>\n<main")
            .raw(if self.pictures() { " class=\"pictures\"" } else { "" })
            .raw(">\n");
        if self.pictures() {
            page.raw(pictures::CLOSED);
        }
        page.raw("<h1>").text(message.heading).raw("</h1>\n");
        page.paragraph(self.lead(message.words));
        self.write_asked(&mut page);
        self.write_go_on(&mut page);
        self.write_ask(&mut page);
        self.write_tell(&mut page);
        self.write_help(&mut page);
        self.write_foot(&mut page);
        page.raw("</main>\n</body>\n</html>\n");
        page.finish()
    }

    fn pictures(&self) -> bool {
        self.words.reading == Reading::Pictures
    }

    fn reads_sentences(&self) -> bool {
        reads_sentences(self.words.reading)
    }

    /// The agreed text of a provider stands instead of ours where somebody old enough reads it.
    fn lead(&self, words: &'static str) -> &str {
        let agreed = self.request.floor_words;
        let replaces = self.kind == Kind::Floor && self.reads_sentences() && !agreed.is_empty();
        if replaces { agreed } else { words }
    }

    /// The address and the reason. The floor shows neither (ILL-09).
    fn write_asked(&self, page: &mut Markup) {
        if self.kind == Kind::Floor || self.pictures() {
            return;
        }
        let address: String = self.request.address.chars().take(MOST_ADDRESS).collect();
        page.raw("<p class=\"asked\"><b>")
            .text(self.catalogue.asked_for)
            .raw(":</b> <bdi>")
            .text(&address)
            .raw("</bdi></p>\n");
        if !self.reads_sentences() {
            return;
        }
        if let Some(title) = &self.words.category_title {
            page.raw("<p><b>")
                .text(self.catalogue.kind_of_site)
                .raw(":</b> ")
                .text(title)
                .raw("</p>\n");
        }
        // CIR-32: the sentence names the rule, and a rule may name the tool.
        let names_tool = self
            .words
            .category
            .as_deref()
            .is_some_and(|id| BYPASS.contains(&id));
        if !(self.words.pupil && names_tool) {
            page.paragraph(&self.words.sentence);
        }
    }

    /// The way past a warning.
    fn write_go_on(&self, page: &mut Markup) {
        let Some(address) = self.request.go_on.filter(|_| self.kind == Kind::Warn) else {
            return;
        };
        page.raw("<form method=\"post\" action=\"")
            .text(address)
            .raw("\">\n<button type=\"submit\">")
            .text(self.catalogue.go_on)
            .raw("</button>\n</form>\n");
    }

    fn write_ask(&self, page: &mut Markup) {
        let may_ask = match self.kind {
            Kind::Closed | Kind::Permission | Kind::WarnShut => true,
            Kind::Warn | Kind::Paused | Kind::Mode | Kind::Floor | Kind::Outside => false,
        };
        let console = console_origin(self.request.console);
        if let Some(console) = console.filter(|_| may_ask && !self.pictures()) {
            page.raw("<h2>").text(self.level.ask_heading).raw("</h2>\n");
            self.open_form(page, console, ASK_PATH);
            page.raw("<label for=\"note\">")
                .text(self.catalogue.note_optional)
                .raw("</label>\n<textarea id=\"note\" name=\"note\" rows=\"3\" maxlength=\"500\" autocomplete=\"off\"></textarea>\n<button type=\"submit\">")
                .text(self.level.ask_button)
                .raw("</button>\n</form>\n");
        } else if may_ask && !self.pictures() {
            page.paragraph(self.level.whom_to_ask);
        }
        if !self.request.contact.is_empty() && self.kind != Kind::Floor {
            page.raw("<p>")
                .text(self.level.contact)
                .raw(" ")
                .text(self.request.contact)
                .raw("</p>\n");
        }
    }

    fn write_tell(&self, page: &mut Markup) {
        if !self.words.pupil && self.kind != Kind::Closed {
            return;
        }
        if self.pictures() {
            page.raw(pictures::TELL);
        }
        page.raw("<h2>")
            .text(self.level.tell_heading)
            .raw("</h2>\n");
        let console = console_origin(self.request.console);
        page.paragraph(if console.is_some() {
            self.level.tell_words
        } else {
            self.level.tell_alone
        });
        if let Some(console) = console {
            self.open_form(page, console, TELL_PATH);
            page.raw("<button type=\"submit\">")
                .text(self.level.tell_button)
                .raw("</button>\n</form>\n");
        }
    }

    fn open_form(&self, page: &mut Markup, console: &str, path: &'static str) {
        page.raw("<form method=\"post\" action=\"")
            .text(console)
            .raw(path)
            .raw("\">\n<input type=\"hidden\" name=\"reference\" value=\"")
            .text(self.request.reference.unwrap_or_default())
            .raw("\">\n");
        if self.kind != Kind::Floor {
            let address: String = self.request.address.chars().take(MOST_ADDRESS).collect();
            page.raw("<input type=\"hidden\" name=\"address\" value=\"")
                .text(&address)
                .raw("\">\n");
        }
    }

    /// Help lines: on every page of a pupil (OPS-17), and for adults where they are needed.
    fn write_help(&self, page: &mut Markup) {
        let abuse = self.words.floor && self.words.category.as_deref() == Some(ABUSE);
        let stop_it_now = abuse && self.reads_sentences();
        if !self.words.pupil && !self.words.help && !stop_it_now {
            return;
        }
        page.raw("<h2>")
            .text(self.catalogue.help_heading)
            .raw("</h2>\n<ul>\n");
        if stop_it_now {
            line(
                page,
                "https://www.stopitnow.org.uk/",
                self.catalogue.stop_it_now,
            );
        }
        if self.words.pupil {
            line(
                page,
                "https://www.childline.org.uk/",
                self.catalogue.childline,
            );
        }
        if self.words.help && self.reads_sentences() {
            line(
                page,
                "https://www.samaritans.org/",
                self.catalogue.samaritans,
            );
            line(page, "https://giveusashout.org/", self.catalogue.shout);
        }
        page.raw("</ul>\n");
    }

    fn write_foot(&self, page: &mut Markup) {
        page.raw("<p class=\"small\">")
            .text(self.level.recorded)
            .raw("</p>\n");
        page.raw("<p class=\"small\">");
        if !self.words.school.is_empty() {
            page.text(&self.words.school).raw(". ");
        }
        if let Some(reference) = self.request.reference {
            page.text(self.catalogue.reference)
                .raw(": <b>")
                .text(reference)
                .raw("</b>");
        }
        page.raw("</p>\n");
    }
}

fn line(page: &mut Markup, address: &'static str, words: &'static str) {
    page.raw("<li><a href=\"")
        .raw(address)
        .raw("\">")
        .text(words)
        .raw("</a></li>\n");
}

const MOST_ADDRESS: usize = 200;
const ABUSE: &str = "illegal-csam";

/// Categories of ways round the filter.
const BYPASS: [&str; 5] = ["proxy", "doh", "remote", "translation", "web-cache"];

#[cfg(test)]
mod tests;
