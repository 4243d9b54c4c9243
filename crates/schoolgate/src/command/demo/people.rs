use crate::failure::{Failure, chain};
use crate::gateway::Gateway;
use alert::Role;
use change::NewAccount;
use std::io::BufRead as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use totp_rs::{Builder, Secret, Totp};

/// The people of the demo: one for each role, ready to sign in.
///
/// Their passwords are shown, and so are the codes of their second factors: nothing of this is a
/// secret, for it guards a school that does not exist.
pub(crate) struct People {
    people: Vec<(String, Totp)>,
}

impl People {
    /// Opens an account for each role, with the password of the demo and a second factor.
    ///
    /// # Errors
    ///
    /// Fails when the desk refuses one.
    pub(crate) fn open(gateway: &Gateway) -> Result<Self, Failure> {
        let mut people = Vec::new();
        for role in ROLES {
            people.push(Self::person(gateway, role).map_err(Failure::Refused)?);
        }
        Ok(Self { people })
    }

    fn person(gateway: &Gateway, role: Role) -> Result<(String, Totp), String> {
        let desk = &gateway.desk;
        let shown = format!("the {}", role.title());
        let classes = match role {
            Role::Teacher => vec!["year-6".to_owned()],
            _other => Vec::new(),
        };
        let new = NewAccount {
            classes,
            ..NewAccount::new(role.word(), &shown, role)
        };
        let said = |error: &dyn std::error::Error| chain(error);
        let handed = desk.found_account(rustix::process::getuid().as_raw(), &new);
        let handed = handed.map_err(|error| said(&error))?;
        let begun = desk
            .sign_in(role.word(), &handed.password, None, HERE)
            .map_err(|error| said(&error))?;
        let signed = desk
            .change_password(&begun.acting, &handed.password, PASSWORD)
            .map_err(|error| said(&error))?;
        let enrolment = desk
            .begin_second_factor(&signed.acting)
            .map_err(|error| said(&error))?;
        let telephone = telephone(&enrolment.secret).ok_or("the secret cannot be read")?;
        let code = code(gateway, &telephone, 0);
        desk.finish_second_factor(&signed.acting, &code)
            .map_err(|error| said(&error))?;
        desk.sign_out(&signed.token);
        Ok((role.word().to_owned(), telephone))
    }

    /// Says who can sign in.
    pub(crate) fn say(&self, gateway: &Gateway) -> Result<(), Failure> {
        say!(
            "  https://{} is the console; the password of everybody is",
            gateway.addresses.management
        );
        say!("      {PASSWORD}");
        say!(
            "  and the codes of their second factors are, at this half minute of the demo's clock:"
        );
        self.say_codes(gateway)?;
        say!("  Press Enter here for the next ones; each works once.");
        Ok(())
    }

    fn say_codes(&self, gateway: &Gateway) -> Result<(), Failure> {
        for (name, telephone) in &self.people {
            say!("      {name:<20} {}", code(gateway, telephone, AHEAD));
        }
        Ok(())
    }

    /// Prints new codes whenever somebody presses Enter, for as long as the demo runs.
    pub(crate) fn answer_enter(self, gateway: &Arc<Gateway>) -> std::io::Result<()> {
        let gateway = Arc::downgrade(gateway);
        std::thread::Builder::new()
            .name("codes".to_owned())
            .spawn(move || {
                for _line in std::io::stdin().lock().lines().map_while(Result::ok) {
                    let Some(gateway) = gateway.upgrade() else {
                        return;
                    };
                    if self.say_codes(&gateway).is_err() {
                        return;
                    }
                }
            })
            .map(drop)
    }
}

fn telephone(secret: &str) -> Option<Totp> {
    let plain: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = Secret::try_from_base32(plain).ok()?;
    let made = Builder::new().with_secret(secret).with_account_name("demo");
    made.build().ok()
}

/// The code of a telephone whose clock is some seconds ahead.
fn code(gateway: &Gateway, telephone: &Totp, ahead: i64) -> String {
    let now = gateway.doors.gate.clock().now().seconds() + ahead;
    telephone
        .generate(u64::try_from(now).unwrap_or(0))
        .to_string()
}

/// The code of the half minute before was used up by enrolling; one of the next is taken already.
const AHEAD: i64 = 30;

/// Who can sign in to the demo; the headteacher last, for with that account the school begins.
const ROLES: [Role; 8] = [
    Role::Technician,
    Role::Coordinator,
    Role::Teacher,
    Role::SafeguardingLead,
    Role::Governor,
    Role::Chair,
    Role::Deputy,
    Role::Headteacher,
];

const PASSWORD: &str = "hilltop school has a gate";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
