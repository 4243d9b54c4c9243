use crate::mail::Mail;
use crate::plain::line;
use crate::settings::is_loopback;
use crate::{Contact, MailSettings, MailTls};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::response::Severity;
use lettre::{Address, SmtpTransport, Transport as _};
use model::Moment;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// Hands mails to the mail server.
pub(crate) struct Mailer {
    transport: SmtpTransport,
    from: Address,
}

/// A mail was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// No mail goes out at all, whoever it is for.
    #[error("{0}")]
    Down(String),
    /// The server answers, and does not take this one.
    #[error("{0}")]
    Refused(String),
}

impl Mailer {
    /// Makes ready for the server of the settings; it is not spoken to yet.
    pub(crate) fn new(settings: &MailSettings) -> Result<Self, SendError> {
        let down = |error: &dyn std::error::Error| SendError::Down(chain(error));
        let from = settings.from.parse::<Address>();
        let from = from.map_err(|error| down(&error))?;
        let builder = match settings.tls {
            MailTls::Implicit => SmtpTransport::relay(&settings.host),
            MailTls::Starttls => SmtpTransport::starttls_relay(&settings.host),
            MailTls::None if is_loopback(&settings.host) => {
                Ok(SmtpTransport::builder_dangerous(&settings.host))
            }
            MailTls::None => {
                let words = "the settings ask for mail in the clear to another machine";
                return Err(SendError::Down(words.to_owned()));
            }
        };
        let mut builder = builder.map_err(|error| down(&error))?;
        builder = builder.timeout(Some(PATIENCE));
        if let Some(port) = settings.port {
            builder = builder.port(port);
        }
        if let (Some(user), Some(file)) = (&settings.user, &settings.password_file) {
            let password = read_secret(Path::new(file)).map_err(SendError::Down)?;
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from,
        })
    }

    /// Hands one mail over. When this returns, the server answers for it.
    ///
    /// The same mail keeps its `id`, so that a mailbox that gets it twice can tell.
    pub(crate) fn send(
        &self,
        school: &str,
        to: &Contact,
        mail: Mail,
        id: &str,
        now: Moment,
    ) -> Result<(), SendError> {
        let refused = |error: &dyn std::error::Error| SendError::Refused(chain(error));
        let address = to.mail.parse::<Address>();
        let address = address.map_err(|error| refused(&error))?;
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        let message = Message::builder()
            .from(Mailbox::new(Some(line(school, 100)), self.from.clone()))
            .to(Mailbox::new(Some(line(&to.name, 100)), address))
            .subject(mail.subject)
            .date(UNIX_EPOCH + Duration::from_millis(millis))
            .message_id(Some(id.to_owned()))
            // RFC 3834: no machine answers it, and no absence note comes back.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body)
            .map_err(|error| refused(&error))?;
        match self.transport.send(&message) {
            Ok(_) => Ok(()),
            Err(error) if concerns_this_mail(&error) => Err(refused(&error)),
            Err(error) => Err(SendError::Down(chain(&error))),
        }
    }

    /// The `Message-ID` of a mail: the same for the same notices, person and count.
    pub(crate) fn message_id(&self, of: &str) -> String {
        format!("<{of}@{}>", self.from.domain())
    }
}

/// Whether the server answered and would take another mail: not when it refuses the sign-in.
fn concerns_this_mail(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| {
        let bad = matches!(
            code.severity,
            Severity::PermanentNegativeCompletion | Severity::TransientNegativeCompletion
        );
        // 421 closes the connection, 530 to 538 ask for another sign-in.
        let number = code.to_string();
        bad && number != "421" && !number.starts_with("53")
    })
}

/// Reads a file that holds a secret and nothing else.
pub(crate) fn read_secret(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let shown = file.display();
        format!("the file `{shown}` could not be read: {error}")
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words.push_str(": ");
            words.push_str(&cause_words);
        }
        next = cause.source();
    }
    line(&words, 300)
}

const PATIENCE: Duration = Duration::from_secs(20);
