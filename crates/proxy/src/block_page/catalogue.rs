//! The words of the page. A table of data: a translation is one more of these.

use gate::Reading;

/// Why the page is shown, as far as the words differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Closed by the policy of the group.
    Closed,
    /// Closed until a member of staff unlocks it for a lesson.
    Permission,
    /// Open to who goes on after the warning.
    Warn,
    /// The same where nobody can be let on: a shared address, or a door that shows no page.
    WarnShut,
    /// Web access of the person or device is paused.
    Paused,
    /// The whole group is in a mode: exam, out of hours.
    Mode,
    /// Illegal content.
    Floor,
    /// The device is in no zone of the school.
    Outside,
}

/// All words of one language.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// BCP 47 tag, for the `lang` attribute.
    pub(crate) language: &'static str,
    /// Direction of writing, for the `dir` attribute.
    pub(crate) direction: &'static str,
    pub(crate) levels: [Level; 5],
    pub(crate) asked_for: &'static str,
    pub(crate) kind_of_site: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) note_optional: &'static str,
    pub(crate) help_heading: &'static str,
    pub(crate) childline: &'static str,
    pub(crate) samaritans: &'static str,
    pub(crate) shout: &'static str,
    pub(crate) stop_it_now: &'static str,
    pub(crate) embedded: &'static str,
    pub(crate) go_on: &'static str,
}

/// The words of one reading level.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) closed: Message,
    pub(crate) permission: Message,
    pub(crate) warn: Message,
    pub(crate) warn_shut: Message,
    pub(crate) paused: Message,
    pub(crate) mode: Message,
    pub(crate) floor: Message,
    pub(crate) outside: Message,
    /// What to do when there is no button to ask with.
    pub(crate) whom_to_ask: &'static str,
    /// Before the name of the person, where the school gave one.
    pub(crate) contact: &'static str,
    pub(crate) ask_heading: &'static str,
    pub(crate) ask_button: &'static str,
    pub(crate) tell_heading: &'static str,
    pub(crate) tell_words: &'static str,
    /// The same where there is no button.
    pub(crate) tell_alone: &'static str,
    pub(crate) tell_button: &'static str,
    pub(crate) recorded: &'static str,
}

/// A heading and what follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) heading: &'static str,
    pub(crate) words: &'static str,
}

impl Catalogue {
    pub(crate) const fn level(&self, reading: Reading) -> &Level {
        let [pictures, simple, plain, older, professional] = &self.levels;
        match reading {
            Reading::Pictures => pictures,
            Reading::Simple => simple,
            Reading::Plain => plain,
            Reading::Older => older,
            Reading::Professional => professional,
        }
    }
}

impl Level {
    pub(crate) const fn message(&self, kind: Kind) -> Message {
        match kind {
            Kind::Closed => self.closed,
            Kind::Permission => self.permission,
            Kind::Warn => self.warn,
            Kind::WarnShut => self.warn_shut,
            Kind::Paused => self.paused,
            Kind::Mode => self.mode,
            Kind::Floor => self.floor,
            Kind::Outside => self.outside,
        }
    }
}

const fn say(heading: &'static str, words: &'static str) -> Message {
    Message { heading, words }
}

pub(crate) static ENGLISH: Catalogue = Catalogue {
    language: "en-GB",
    direction: "ltr",
    levels: [PICTURES, SIMPLE, PLAIN, OLDER, PROFESSIONAL],
    asked_for: "You asked for",
    kind_of_site: "What kind of page it is",
    reference: "Reference",
    note_optional: "What do you need it for? (you may leave this empty)",
    help_heading: "Somebody to talk to",
    childline: "Childline: free, private, day and night. Call 0800 1111.",
    samaritans: "Samaritans: free, day and night. Call 116 123.",
    shout: "Shout: free, day and night. Text SHOUT to 85258.",
    stop_it_now: "Stop It Now: confidential help about sexual thoughts or behaviour towards children. Call 0808 1000 900.",
    embedded: "Closed by the school's filter.",
    go_on: "I understand: open the page",
};

const PICTURES: Level = Level {
    closed: say("This page is closed", ""),
    permission: say("This page is closed", "Your teacher can open it."),
    warn: say("This page is closed", "Ask your teacher."),
    warn_shut: say("This page is closed", "Ask your teacher."),
    paused: say("The web is resting", "Ask your teacher."),
    mode: say("This page is closed now", "Ask your teacher."),
    floor: say("This page is closed", ""),
    outside: say("This page is closed", ""),
    whom_to_ask: "Tell a grown-up.",
    contact: "You can tell",
    ask_heading: "",
    ask_button: "",
    tell_heading: "Tell a grown-up",
    tell_words: "",
    tell_alone: "",
    tell_button: "Tell a grown-up",
    recorded: "Your school looks at the pages you ask for, to keep you safe.",
};

const SIMPLE: Level = Level {
    closed: say(
        "This page is closed",
        "Your school keeps some pages closed. You are not in trouble if you came here by mistake.",
    ),
    permission: say(
        "This page is closed",
        "Your teacher can open it for a lesson. Ask your teacher.",
    ),
    warn: say(
        "This page is closed",
        "You may only open it with a teacher. Ask your teacher.",
    ),
    warn_shut: say(
        "This page is closed",
        "You may only open it with a teacher. Ask your teacher.",
    ),
    paused: say(
        "The web is paused for you",
        "You can still use your school's learning pages. Ask your teacher.",
    ),
    mode: say(
        "This page is closed at the moment",
        "Your class is doing something else now. Ask your teacher.",
    ),
    floor: say(
        "This page is closed",
        "Did you see something that worried you? Tell a grown-up now.",
    ),
    outside: say(
        "This page is closed",
        "The school does not know this device. Ask a grown-up.",
    ),
    whom_to_ask: "Do you need this page? Ask your teacher.",
    contact: "You can ask",
    ask_heading: "Do you need this page?",
    ask_button: "Ask for this page",
    tell_heading: "Did something worry you?",
    tell_alone: "Tell a grown-up you trust.",
    tell_words: "Tell a grown-up you trust. You can also tell us here. Staff read it on school days. If you need help now, tell a grown-up near you.",
    tell_button: "Tell a grown-up",
    recorded: "The school keeps a list of the pages you ask for, also the closed ones. Staff may look at it to keep everyone safe.",
};

const PLAIN: Level = Level {
    closed: say(
        "This page is closed",
        "The school's filter keeps this kind of page closed for your group. If you came here by mistake, you have done nothing wrong.",
    ),
    permission: say(
        "This page needs a member of staff",
        "It is closed, but a member of staff can unlock it for a lesson. Ask them.",
    ),
    warn: say(
        "Stop and think before you open this page",
        "The school has not closed it, but it may not be right for you. If you open it, the school writes down that you saw this and went on. It stays open for a quarter of an hour at most.",
    ),
    warn_shut: say(
        "This page is closed here",
        "It may be opened only after a warning, and the warning cannot be shown here. Ask a member of staff.",
    ),
    paused: say(
        "Your web access is paused",
        "The school's learning sites still work. Ask a member of staff when it opens again.",
    ),
    mode: say(
        "This page is closed at the moment",
        "Your whole group has fewer pages just now. Try again later or ask a member of staff.",
    ),
    floor: say(
        "This page is not available",
        "It is closed for everybody in the school. If you saw something that worried you, tell an adult you trust.",
    ),
    outside: say(
        "This device is not known here",
        "The school's network does not know this device, so no page opens. Ask a member of staff.",
    ),
    whom_to_ask: "If you need this page for your work, ask your teacher.",
    contact: "You can ask",
    ask_heading: "Do you need this page?",
    ask_button: "Ask for this page",
    tell_heading: "Did something worry you?",
    tell_alone: "Tell an adult you trust. If you are in danger now, tell an adult near you or call 999.",
    tell_words: "Tell an adult you trust, or use this button. Staff read these messages on school days. If you are in danger now, tell an adult near you or call 999.",
    tell_button: "Tell an adult",
    recorded: "The school records the pages you ask for. Attempts to open closed pages are recorded too, and staff may look at them to keep people safe.",
};

const OLDER: Level = Level {
    closed: say(
        "This page is blocked",
        "The school's policy keeps this kind of page closed for your group.",
    ),
    permission: say(
        "This page needs a member of staff",
        "It is closed, but a member of staff can unlock it for a lesson.",
    ),
    warn: say(
        "Stop and think before you open this page",
        "It is not closed for your group, but the school asks you to think first. If you go on, that is recorded, and the site stays open for a quarter of an hour at most.",
    ),
    warn_shut: say(
        "This page is closed here",
        "It may be opened only after a warning, and the warning cannot be shown here. A member of staff can help.",
    ),
    paused: say(
        "Your web access is paused",
        "The school's learning sites still work. Speak to a member of staff if you need more.",
    ),
    mode: say(
        "This page is closed at the moment",
        "Your group has restricted access just now. Try again later or speak to a member of staff.",
    ),
    floor: say(
        "Access denied",
        "This page is closed for everybody because it may contain illegal material. If you saw something that worried you, tell an adult you trust.",
    ),
    outside: say(
        "This device is not known here",
        "The school's network does not know this device, so no page opens. Speak to the technician.",
    ),
    whom_to_ask: "If you need this page for your work, ask a member of staff.",
    contact: "You can ask",
    ask_heading: "Need this page?",
    ask_button: "Ask for this page",
    tell_heading: "Worried about something you saw?",
    tell_alone: "Tell an adult you trust, or the staff who look after safeguarding. In an emergency call 999.",
    tell_words: "Tell an adult you trust, or use this button; the staff who look after safeguarding read it on school days. In an emergency call 999.",
    tell_button: "Tell an adult",
    recorded: "Use of the school's network is monitored and can be traced to you. Attempts to open blocked pages are recorded and may be looked at by staff.",
};

const PROFESSIONAL: Level = Level {
    closed: say(
        "This page is blocked",
        "The school's filtering policy closes it for your group.",
    ),
    permission: say(
        "This page has to be unlocked",
        "The policy closes it until a member of staff unlocks it for a lesson, in the console under Requests.",
    ),
    warn: say(
        "A warning stands before this page",
        "The policy opens it to those who go on after a warning. Going on is recorded; the site stays open for a quarter of an hour at most.",
    ),
    warn_shut: say(
        "This page is closed here",
        "The policy opens it after a warning, which cannot be shown here. Ask for an unblock.",
    ),
    paused: say(
        "Web access is paused",
        "Access was paused by the school until a set end. The school's named learning sites still work.",
    ),
    mode: say(
        "This page is closed at the moment",
        "The group is in a restricted mode.",
    ),
    floor: say(
        "Access denied",
        "Access to this page has been denied because it may contain illegal material. It is closed for everybody and cannot be unblocked.",
    ),
    outside: say(
        "This device is not known here",
        "Its address lies in no zone of the school's network, so nothing is carried for it.",
    ),
    whom_to_ask: "If you need this page for your work, ask the technician or the computing coordinator.",
    contact: "Contact:",
    ask_heading: "Ask for an unblock",
    ask_button: "Ask for this page",
    tell_heading: "Report a concern",
    tell_alone: "Tell the safeguarding lead.",
    tell_words: "A report goes to the safeguarding lead and is read on school days.",
    tell_button: "Report a concern",
    recorded: "Use of the school's network is monitored and can be traced to the individual. Attempts to open blocked pages are recorded.",
};
