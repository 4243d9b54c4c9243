use model::Moment;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{RootCertStore, ServerConfig};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The gateway's own authority for the console's certificate.
///
/// It is made once, in `ca/` of the state folder, and may sign for the console's names and
/// addresses alone: a device that trusts it trusts it for nothing else.
pub(crate) struct Authority {
    key: KeyPair,
    certificate: CertificateDer<'static>,
    pem: String,
    names: Vec<String>,
}

/// A certificate for the console cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error(
        "`{path}` of the console's certificate cannot be used; check that it is there and whose it is"
    )]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file holds no certificate or key.
    #[error(
        "`{path}` is not in PEM form, or holds something else; write the certificate with its chain, and its key, in PEM form"
    )]
    Pem {
        /// The file.
        path: String,
    },
    /// The certificate could not be made.
    #[error("the console's certificate could not be made")]
    Make(#[from] rcgen::Error),
    /// Certificate and key do not belong together, or are of a kind that is not spoken.
    #[error(
        "the console's certificate cannot be used for HTTPS; check that certificate and key belong together"
    )]
    Tls(#[from] rustls::Error),
    /// The authority may not sign for a name that the settings give.
    #[error(
        "the gateway's authority may not sign for `{name}`, or has run out; remove `console.pem` and `console.key` from `{folder}` to make a new one, and install it on the staff's devices again"
    )]
    Outside {
        /// The name.
        name: String,
        /// The folder of the authority.
        folder: String,
    },
}

impl Authority {
    /// Opens the authority of a folder, or makes it.
    ///
    /// # Errors
    ///
    /// Fails when its files cannot be used, or when it may not sign for one of the names.
    pub(crate) fn open(
        folder: &Path,
        names: &[String],
        listen: IpAddr,
        now: Moment,
    ) -> Result<Self, CertificateError> {
        let names = all_names(names, listen);
        let (key_file, file) = (folder.join(KEY), folder.join(CERTIFICATE));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| io_error(folder, source))?;
        let key = match read(&key_file)? {
            Some(text) => KeyPair::from_pem(&text).map_err(|_| pem_error(&key_file))?,
            None => {
                let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
                write(&key_file, key.serialize_pem().as_bytes(), 0o600)?;
                key
            }
        };
        let pem = match read(&file)? {
            Some(text) => text,
            None => {
                let made = root(&names, now)?.self_signed(&key)?;
                write(&file, made.pem().as_bytes(), 0o644)?;
                made.pem()
            }
        };
        let certificate =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| pem_error(&file))?;
        let authority = Self {
            key,
            certificate,
            pem,
            names,
        };
        authority.check(folder, now)?;
        Ok(authority)
    }

    /// The certificate of the authority, to install on the staff's devices.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The SHA-256 of the authority's certificate, in pairs of hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.certificate)
    }

    /// Issues a certificate for the console, with a fresh key, good for [`LEAF_DAYS`].
    pub(crate) fn issue(&self, now: Moment) -> Result<Arc<ServerConfig>, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let leaf = self.leaf(&key, now)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        server_config(vec![leaf.der().clone()], key)
    }

    fn leaf(&self, key: &KeyPair, now: Moment) -> Result<Certificate, CertificateError> {
        let mut leaf = CertificateParams::new(self.names.clone())?;
        leaf.distinguished_name.remove(DnType::CommonName);
        leaf.distinguished_name
            .push(DnType::CommonName, "Schoolgate console");
        valid(&mut leaf, now, LEAF_DAYS);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let issuer = Issuer::from_ca_cert_der(&self.certificate, &self.key)?;
        Ok(leaf.signed_by(key, &issuer)?)
    }

    /// Looks at a certificate as a browser would, for each name.
    fn check(&self, folder: &Path, now: Moment) -> Result<(), CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let leaf = self.leaf(&key, now)?;
        let outside = |name: &str| CertificateError::Outside {
            name: name.to_owned(),
            folder: folder.display().to_string(),
        };
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|_| pem_error(&folder.join(CERTIFICATE)))?;
        let seconds = u64::try_from(now.seconds()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        for name in &self.names {
            let server = ServerName::try_from(name.as_str()).map_err(|_| outside(name))?;
            verifier
                .verify_server_cert(leaf.der(), &[], &server, &[], now)
                .map_err(|_| outside(name))?;
        }
        Ok(())
    }
}

/// Reads a certificate that the school brought.
pub(crate) fn brought(
    certificate: &Path,
    key: &Path,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let text = fs::read(certificate).map_err(|source| io_error(certificate, source))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| pem_error(certificate))?;
    let text = fs::read(key).map_err(|source| io_error(key, source))?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| pem_error(key))?;
    server_config(chain, key)
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn root(names: &[String], now: Moment) -> Result<CertificateParams, CertificateError> {
    let mut root = CertificateParams::new(Vec::new())?;
    root.distinguished_name.remove(DnType::CommonName);
    root.distinguished_name
        .push(DnType::CommonName, "Schoolgate console authority");
    valid(&mut root, now, ROOT_DAYS);
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.iter().map(|name| subtree(name)).collect(),
        excluded_subtrees: Vec::new(),
    });
    Ok(root)
}

fn subtree(name: &str) -> GeneralSubtree {
    match name.parse::<IpAddr>() {
        Ok(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
        }
        Err(_) => GeneralSubtree::DnsName(name.to_owned()),
    }
}

/// The names of the settings, and those under which the machine itself knows the listener.
fn all_names(names: &[String], listen: IpAddr) -> Vec<String> {
    let mut all: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let own = [
        "localhost".to_owned(),
        Ipv4Addr::LOCALHOST.to_string(),
        Ipv6Addr::LOCALHOST.to_string(),
    ];
    let listen = (!listen.is_unspecified()).then(|| listen.to_string());
    for name in own.into_iter().chain(listen) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = model::Digest::of(certificate).0;
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The year, month and day of a moment.
fn day(at: Moment) -> (i32, u8, u8) {
    let Ok(stamp) = jiff::Timestamp::from_millisecond(at.millis()) else {
        // INVARIANT: a moment lies inside the calendar.
        return (1970, 1, 1);
    };
    let date = stamp.to_zoned(jiff::tz::TimeZone::UTC).date();
    let number = |part: i8| u8::try_from(part).unwrap_or(1);
    (
        i32::from(date.year()),
        number(date.month()),
        number(date.day()),
    )
}

/// Makes a certificate good from the day before a moment.
fn valid(params: &mut CertificateParams, now: Moment, days: u32) {
    let (year, month, date) = day(now.before(DAY));
    params.not_before = rcgen::date_time_ymd(year, month, date);
    let (year, month, date) = day(now.after(DAY * days));
    params.not_after = rcgen::date_time_ymd(year, month, date);
}

fn read(path: &Path) -> Result<Option<String>, CertificateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(io_error(path, source)),
    }
}

/// Writes a file whole: a crash leaves either none or all of it.
fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), CertificateError> {
    let fail = |source| io_error(path, source);
    let mut new = PathBuf::from(path);
    new.as_mut_os_string().push(".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&new)
        .map_err(fail)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, path))
        .map_err(fail)?;
    if let Some(folder) = path.parent() {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(fail)?;
    }
    Ok(())
}

fn io_error(path: &Path, source: io::Error) -> CertificateError {
    CertificateError::Io {
        path: path.display().to_string(),
        source,
    }
}

fn pem_error(path: &Path) -> CertificateError {
    CertificateError::Pem {
        path: path.display().to_string(),
    }
}

const KEY: &str = "console.key";
const CERTIFICATE: &str = "console.pem";
const DAY: Duration = Duration::from_secs(86_400);

/// How long the console's certificate is good.
pub(crate) const LEAF_DAYS: u32 = 60;

/// How long the authority is good.
const ROOT_DAYS: u32 = 3_650;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn open(folder: &Path, names: &[&str]) -> Result<Authority, CertificateError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let now = "2026-11-23T10:15:00Z".parse().unwrap();
        Authority::open(folder, &names, "192.0.2.1".parse().unwrap(), now)
    }

    // SEC-12
    #[test]
    fn the_authority_is_made_once_and_its_key_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), &["gateway.school.example"]).unwrap();
        let again = open(folder.path(), &["gateway.school.example"]).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        assert_eq!(first.fingerprint().len(), 95);
        let mode = fs::metadata(folder.path().join(KEY))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(first.issue("2026-11-23T10:15:00Z".parse().unwrap()).is_ok());
    }

    // SEC-12: a device that trusts it trusts it for the console and for nothing else.
    #[test]
    fn the_authority_signs_for_no_other_name() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), &["gateway.school.example"]).unwrap();
        let Err(error) = open(folder.path(), &["www.bank.example"]) else {
            panic!("another name was signed for");
        };
        assert!(error.to_string().contains("`www.bank.example`"), "{error}");
        assert!(open(folder.path(), &[]).is_ok());
    }

    #[test]
    fn an_authority_whose_certificate_was_lost_is_made_again_from_its_key() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), &[]).unwrap();
        fs::remove_file(folder.path().join(CERTIFICATE)).unwrap();
        assert!(open(folder.path(), &[]).is_ok());
        fs::write(folder.path().join(CERTIFICATE), "not a certificate").unwrap();
        assert!(matches!(
            open(folder.path(), &[]),
            Err(CertificateError::Pem { .. })
        ));
    }
}
