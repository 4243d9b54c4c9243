use crate::plain::{line, lines, without_addresses};
use crate::{Contact, Held, NoticeKind, School, Settings, Urgency};
use std::fmt::Write as _;

/// A mail in plain words, before anything of mail servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    /// One line without personal data.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) body: String,
}

/// Writes mails.
pub(crate) struct Writer<'a> {
    pub(crate) school: &'a School,
    pub(crate) settings: &'a Settings,
    /// The latest head of the ledger.
    pub(crate) head: Option<&'a str>,
}

impl Writer<'_> {
    /// Writes the mail that tells somebody of some notices of one kind of mail.
    pub(crate) fn write(&self, to: &Contact, notices: &[&Held]) -> Mail {
        let kind = common_kind(notices);
        let count: u64 = notices.iter().map(|held| held.count).sum();
        let mut subject = format!("{}: {}", self.school.name(), subject(kind));
        if count > 1 {
            let _ = write!(subject, " ({count})");
        }
        let name = line(&to.name, 100);
        let mut body = format!("For {name}, {}\n\n", to.role.title());
        let _ = writeln!(body, "{}\n", opening(kind));
        for held in notices {
            self.notice(&mut body, held, notices.len() > 1);
        }
        self.closing(&mut body, kind, notices);
        Mail {
            subject: line(&subject, 150),
            body,
        }
    }

    fn notice(&self, body: &mut String, held: &Held, one_of_many: bool) {
        let notice = held.notice();
        let bare = |text: String| match held.letter.kind {
            NoticeKind::Illegal => without_addresses(&text),
            NoticeKind::General
            | NoticeKind::Approval
            | NoticeKind::Change
            | NoticeKind::Safeguarding
            | NoticeKind::Staff
            | NoticeKind::Technical
            | NoticeKind::Report
            | NoticeKind::Witness => text,
        };
        let mark = if one_of_many { "* " } else { "" };
        let _ = writeln!(body, "{mark}{}", bare(line(&notice.title, MOST_TITLE)));
        let _ = writeln!(body, "  {}", self.school.words(notice.at));
        if held.count > 1 {
            let more = held.count - 1;
            let last = self.school.words(held.last);
            let _ = writeln!(body, "  and {more} more of the same, the last on {last}");
        }
        let most = if one_of_many {
            MOST_OF_MANY
        } else {
            MOST_WORDS
        };
        let words = bare(lines(&notice.words, most));
        if !words.is_empty() {
            let _ = writeln!(body, "\n{words}");
        }
        if held.letter.duty {
            for also in &held.also {
                let _ = writeln!(body, "  also: {}", bare(line(&also.title, MOST_TITLE)));
            }
        }
        self.way(body, held);
        body.push('\n');
    }

    /// Says where in the console the matter is; the address alone opens nothing.
    fn way(&self, body: &mut String, held: &Held) {
        let Some(path) = held.letter.link.as_deref().and_then(console_path) else {
            return;
        };
        let console = self.settings.console.trim_end_matches('/');
        if held.letter.kind == NoticeKind::Illegal || console.is_empty() {
            let page = path.trim_start_matches('/').replace('/', " ");
            let _ = writeln!(body, "\nSign in to the web filter and open: {page}");
        } else {
            let _ = writeln!(body, "\nSign in and look: {console}{path}");
        }
    }

    fn closing(&self, body: &mut String, kind: NoticeKind, notices: &[&Held]) {
        let waits = notices
            .iter()
            .any(|held| held.notice().urgency != Urgency::Digest);
        if kind == NoticeKind::Approval {
            body.push_str("This mail decides nothing: you sign in, see all of it, and decide.\n");
        }
        if waits && kind != NoticeKind::Approval {
            body.push_str("Please say in the console that you have read this. ");
            body.push_str("If nobody does, the next person is told.\n");
        }
        let own = notices.iter().rev().find_map(|held| {
            let text = held.letter.checkpoint.as_deref();
            text.filter(|_| self.head.is_none())
        });
        if let Some(head) = self.head.or(own) {
            body.push_str("\nProof of the change log; keep this mail:\n\n");
            body.push_str(&lines(head, MOST_HEAD));
            body.push('\n');
        }
        let numbers: Vec<String> = notices.iter().map(|held| held.id.to_string()).collect();
        let _ = writeln!(body, "\n-- \nNotice {}", numbers.join(", "));
    }
}

/// The kind that all share, or a general one.
fn common_kind(notices: &[&Held]) -> NoticeKind {
    let mut kinds = notices.iter().map(|held| held.letter.kind);
    let first = kinds.next().unwrap_or_default();
    if kinds.all(|kind| kind == first) {
        first
    } else {
        NoticeKind::General
    }
}

/// A path of the console and nothing else: no other host, no line end, no script.
fn console_path(link: &str) -> Option<&str> {
    let fit = |found: char| found.is_ascii_alphanumeric() || "/-_.=?&".contains(found);
    (link.starts_with('/') && !link.starts_with("//") && link.len() <= 200 && link.chars().all(fit))
        .then_some(link)
}

const fn subject(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::General => "news from the web filter",
        NoticeKind::Approval => "something waits for your decision",
        NoticeKind::Change => "the web filter was changed",
        NoticeKind::Safeguarding => "please look at a safeguarding concern",
        NoticeKind::Illegal => "urgent, please sign in to the web filter",
        NoticeKind::Staff => "a confidential matter waits for you",
        NoticeKind::Technical => "the web filter needs attention",
        NoticeKind::Report => "your report from the web filter",
        NoticeKind::Witness => "proof of the change log, please keep",
    }
}

const fn opening(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::General => "This is news from the school's web filter.",
        NoticeKind::Approval => "Somebody asked for a change, and you are the one to decide.",
        NoticeKind::Change => {
            "The web filter was changed. You are told because a second person must know."
        }
        NoticeKind::Safeguarding => {
            "The web filter saw something that may mean a child is at risk. A visit is not proof of \
             anything; please look at it as you would at any other sign."
        }
        NoticeKind::Illegal => {
            "Somebody asked for a page that stands on a list of illegal content. It was not shown. \
             Do not try to look at it yourself."
        }
        NoticeKind::Staff => "This concerns a member of staff. It was sent to you alone.",
        NoticeKind::Technical => "The web filter needs somebody who looks after it.",
        NoticeKind::Report => "Here is the report that the web filter makes for you.",
        NoticeKind::Witness => {
            "Below is the signed state of the change log. Kept here, out of the gateway's reach, it \
             shows later whether anybody rewrote the past."
        }
    }
}

const MOST_TITLE: usize = 200;
const MOST_WORDS: usize = 20_000;
const MOST_OF_MANY: usize = 600;
const MOST_HEAD: usize = 2_000;

#[cfg(test)]
mod tests;
