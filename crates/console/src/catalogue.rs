//! What people read that no template holds: one language a table, all of it in one place.

/// The pages of the menu, in order, with what they are called.
pub(crate) const MENU: &[(&str, &str)] = &[
    ("/", "Today"),
    ("/requests", "Requests"),
    ("/propose", "Ask for an unblock"),
    ("/lesson", "Lesson"),
    ("/incidents", "Incidents"),
    ("/changes", "Changes"),
    ("/activity", "Activity"),
    ("/block", "Close at once"),
    ("/policy", "Policy"),
    ("/try", "Try an address"),
    ("/reviews", "Reviews due"),
    ("/reports", "Reports"),
    ("/accounts", "Accounts"),
    ("/social", "Social media"),
    ("/settings", "Settings"),
    ("/health", "Health"),
    ("/help", "Help"),
];

/// What was just done, by the word that the address of the page carries.
pub(crate) fn said(word: &str) -> Option<&'static str> {
    SAID.iter()
        .find(|(known, _)| *known == word)
        .map(|(_, words)| *words)
}

const SAID: &[(&str, &str)] = &[
    ("signed-out", "You are signed out."),
    (
        "wrong-password",
        "The password was not right, so you are signed out. Sign in again.",
    ),
    (
        "password",
        "Your password is changed. Other places where you were signed in are signed out.",
    ),
    (
        "proposed",
        "It is written down and waits for a decision. Who decides has been told.",
    ),
    ("in-force", "It is in force, and the others have been told."),
    ("approved", "Approved. It is written in the change log."),
    (
        "refused",
        "Refused. Your reason is written in the change log, and who asked can read it.",
    ),
    ("withdrawn", "Taken back."),
    ("confirmed", "Confirmed. It is written in the change log."),
    ("reviewed", "Written down as reviewed."),
    (
        "signed-off",
        "Signed off. It is written in the change log, with your name.",
    ),
    ("declined", "Declined. Who asked can be told why."),
    ("ended", "It is ended."),
    ("extended", "It has another end now."),
    ("taken", "You have taken it on."),
    ("noted", "The note is added."),
    (
        "handed-on",
        "It is handed on; somebody of that role has to take it on now.",
    ),
    ("reopened", "It is open again."),
    (
        "reported",
        "Thank you. It is written down, and whoever looks after such matters is told.",
    ),
    (
        "unlocked",
        "Unlocked. It takes effect within seconds and ends by itself.",
    ),
    ("closed", "It is closed, with its outcome."),
];
