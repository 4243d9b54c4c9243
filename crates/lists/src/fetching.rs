use crate::fetcher::{FetchError, FetchSettings, Fetcher};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[lists]` of `schoolgate.toml`: how the lists of others are fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fetching {
    /// Whether the gateway fetches by itself, each list in the hours that its publisher allows.
    pub automatic: bool,
    /// The proxy through which lists are fetched, such as `http://proxy.example:3128`.
    pub proxy: Option<String>,
    /// Certificates in PEM that are trusted besides those of the machine, for a school behind a
    /// provider that opens TLS.
    pub extra_roots: Vec<String>,
}

impl Default for Fetching {
    fn default() -> Self {
        Self {
            automatic: true,
            proxy: None,
            extra_roots: Vec::new(),
        }
    }
}

impl Fetching {
    /// What is wrong with the settings, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (place, pem) in self.extra_roots.iter().enumerate() {
            if !matches!(certificates(pem), Ok(found) if !found.is_empty()) {
                let place = place + 1;
                faults.push(format!(
                    "`extra_roots` entry {place} is no certificate in PEM"
                ));
            }
        }
        if let Some(proxy) = &self.proxy
            && ureq::Proxy::new(proxy).is_err()
        {
            faults.push(format!("`{proxy}` is no address of a proxy"));
        }
        faults
    }

    /// Makes ready to fetch; nobody is spoken to yet.
    ///
    /// # Errors
    ///
    /// When the proxy cannot be used.
    pub fn fetcher(&self) -> Result<Fetcher, FetchError> {
        let roots = self.extra_roots.iter();
        let roots = roots.filter_map(|pem| certificates(pem).ok()).flatten();
        Fetcher::new(&FetchSettings {
            proxy: self.proxy.clone(),
            extra_roots: roots.map(|der| der.to_vec()).collect(),
            ..FetchSettings::default()
        })
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect()
}
