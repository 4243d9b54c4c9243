use super::{CredentialError, text};
use model::{Chance, Moment};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

/// What is shown to enrol a second factor.
pub struct Enrolment {
    /// What an authenticator reads from the picture.
    pub uri: Zeroizing<String>,
    /// The secret for typing, in groups of four.
    pub secret: Zeroizing<String>,
    /// The picture, as PNG.
    pub qr_png: Vec<u8>,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment")
    }
}

/// Ten codes for the day on which the telephone is lost; each opens once.
pub struct RecoveryCodes(
    /// The codes, to be printed and put away.
    pub Vec<Zeroizing<String>>,
);

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes")
    }
}

impl RecoveryCodes {
    pub(crate) fn make(chance: &dyn Chance) -> Result<Self, CredentialError> {
        let code = |_| {
            let letters = text(chance, 12)?;
            Ok(Zeroizing::new(format!(
                "{}-{}-{}",
                &letters[..4],
                &letters[4..8],
                &letters[8..]
            )))
        };
        (0..COUNT).map(code).collect::<Result<_, _>>().map(Self)
    }
}

/// A recovery code as it was printed, however it was typed.
pub(crate) fn tidy_recovery(code: &str) -> Option<String> {
    let letters: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(13)
        .collect::<String>()
        .to_lowercase();
    (letters.len() == 12).then(|| format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
}

/// Makes a secret, in base 32.
pub(crate) fn make(chance: &dyn Chance) -> Result<Zeroizing<String>, CredentialError> {
    let mut bytes = Zeroizing::new([0; 20]);
    chance
        .fill(&mut bytes[..])
        .map_err(CredentialError::Chance)?;
    Ok(Zeroizing::new(Secret::new_stack(*bytes).to_base32()))
}

/// What an account enrols with.
pub(crate) fn enrolment(secret: &str, name: &str, school: &str) -> Option<Enrolment> {
    let totp = of(secret, name, school)?;
    let groups = secret.as_bytes().chunks(4).map(String::from_utf8_lossy);
    Some(Enrolment {
        uri: Zeroizing::new(totp.to_url().ok()?),
        secret: Zeroizing::new(groups.collect::<Vec<_>>().join(" ")),
        qr_png: totp.to_qr_png().ok()?,
    })
}

/// The step that a code is for, if it is right and later than the last one that was used.
pub(crate) fn check(secret: &str, code: &str, now: Moment, last: Option<u64>) -> Option<u64> {
    let digits: String = code
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(7)
        .collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let now = u64::try_from(now.seconds()).ok()?;
    let step = of(secret, "account", "Schoolgate")?.check(&digits, now)?;
    // INVARIANT: a code that was used is worth nothing, nor is an earlier one.
    last.is_none_or(|last| last < step).then_some(step)
}

fn of(secret: &str, name: &str, school: &str) -> Option<Totp> {
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::try_from_base32(secret).ok()?)
        .with_account_name(plain(name))
        .with_issuer(Some(plain(school)))
        .build()
        .ok()
}

const COUNT: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use model::SystemChance;

    // RFC 6238, appendix B, cut to six digits.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            assert!(
                check(SECRET, code, at(seconds), None).is_some(),
                "{seconds}"
            );
            assert!(check(SECRET, code, at(seconds + 120), None).is_none());
        }
    }

    #[test]
    fn a_code_opens_once_and_no_earlier_one_after_it() {
        let step = check(SECRET, "287 082", at(59), None).unwrap();
        assert_eq!(check(SECRET, "287082", at(59), Some(step)), None);
        assert_eq!(check(SECRET, "287082", at(59), Some(step + 1)), None);
    }

    #[test]
    fn an_enrolment_shows_the_secret_and_a_picture_and_prints_neither() {
        let secret = make(&SystemChance).unwrap();
        let shown = enrolment(&secret, "j.ahmed", "Oakfield: School").unwrap();
        assert!(shown.uri.starts_with("otpauth://totp/"));
        assert_eq!(shown.qr_png[1..4], *b"PNG");
        assert_eq!(format!("{shown:?}"), "Enrolment");
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let codes = RecoveryCodes::make(&SystemChance).unwrap();
        let typed = codes.0[0].to_uppercase().replace('-', " ");
        assert_eq!(tidy_recovery(&typed).as_deref(), Some(codes.0[0].as_str()));
        assert_eq!(tidy_recovery("287082"), None);
    }
}
