//! TLS: the certificate that is served, and an authority of the hub's own that kiosks pin.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::fault::{Done, HubFault};

/// Years for which an authority is good; stations are visited by hand to change it.
const AUTHORITY_YEARS: i32 = 20;
/// Years for which a server's certificate is good.
const SERVER_YEARS: i32 = 5;

/// A new authority and a server's certificate by it, all in PEM.
pub struct Made {
    /// What kiosks pin.
    pub authority: String,
    /// The authority's key: away from the server, in a safe.
    pub authority_key: String,
    /// What the server shows.
    pub server: String,
    /// The server's key.
    pub server_key: String,
}

fn fault(why: impl std::fmt::Display) -> HubFault {
    HubFault::Serve(format!("TLS: {why}"))
}

/// Makes an authority and a certificate for these names (host names and addresses).
///
/// # Errors
/// `Serve` where a name is none.
pub fn new(hub: &str, names: &[String]) -> Done<Made> {
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let until = |years: i32| rcgen::date_time_ymd(i32::from(today.year()) + years, 1, 1);
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("{hub} authority"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // A kiosk's clock may stand years behind until the hub has told it the time.
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = until(AUTHORITY_YEARS);
    let authority_key = KeyPair::generate().map_err(fault)?;
    let authority = params.self_signed(&authority_key).map_err(fault)?;
    let secret = authority_key.serialize_pem();
    let issuer = Issuer::new(params, authority_key);
    let mut params = CertificateParams::new(names.to_vec()).map_err(fault)?;
    params.distinguished_name = named(hub);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = until(SERVER_YEARS);
    let server_key = KeyPair::generate().map_err(fault)?;
    let server = params.signed_by(&server_key, &issuer).map_err(fault)?;
    Ok(Made {
        authority: authority.pem(),
        authority_key: secret,
        server: server.pem(),
        server_key: server_key.serialize_pem(),
    })
}

fn named(name: &str) -> DistinguishedName {
    let mut all = DistinguishedName::new();
    all.push(DnType::CommonName, name);
    all
}

/// Reads certificate and key for serving.
///
/// # Errors
/// `Disk`, `Serve` where they are none or do not fit.
pub fn read(certificate: &Path, key: &Path) -> Done<Arc<ServerConfig>> {
    let bytes = std::fs::read(certificate).map_err(HubFault::disk(certificate))?;
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(&bytes).collect();
    let bytes = zeroize::Zeroizing::new(std::fs::read(key).map_err(HubFault::disk(key))?);
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(fault)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fault)?
        .with_no_client_auth()
        .with_single_cert(chain.map_err(fault)?, key)
        .map_err(fault)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
