//! The line to PostgreSQL: in the clear only within one machine, or where the address says so.
//!
//! As libpq does, the authority whose certificates are believed is named in the address: `sslrootcert=FILE`
//! (PostgreSQL manual, "Connection Strings"). It is looked at with the host's name, as `sslmode=verify-full` there.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::DbFault;

/// The parameter of the address that names the authority's file.
const AUTHORITY: &str = "sslrootcert=";

/// What the address says, and the line's TLS where it has some.
///
/// # Errors
/// `Address` where the text is no address; `Line` where the authority cannot be read, or where there is none and the
/// database is on another machine.
pub(super) fn of(address: &str) -> Result<(Config, Option<MakeRustlsConnect>), DbFault> {
    let (address, authority) = without_authority(address);
    // The address may hold a password: the fault does not repeat it.
    let mut config: Config = address
        .parse()
        .map_err(|_| DbFault::Address("postgres://…".into()))?;
    if let Some(file) = authority {
        if config.get_ssl_mode() == SslMode::Disable {
            let words = "sslmode=disable and sslrootcert exclude each other";
            return Err(DbFault::Line(words.into()));
        }
        config.ssl_mode(SslMode::Require);
        let tls = MakeRustlsConnect::new(believing(&file)?);
        return Ok((config, Some(tls)));
    }
    match config.get_ssl_mode() {
        SslMode::Disable => {}
        SslMode::Prefer if within_this_machine(&config) => {}
        _ => {
            let words = "a PostgreSQL on another machine is spoken to by TLS: add sslrootcert=FILE (the certificate of its authority, PEM) to its address, or sslmode=disable where the line is guarded otherwise";
            return Err(DbFault::Line(words.into()));
        }
    }
    Ok((config, None))
}

/// The address without the parameter that `tokio-postgres` does not know, and what it said.
fn without_authority(address: &str) -> (String, Option<String>) {
    let Some((before, parameters)) = address.split_once('?') else {
        return (address.to_owned(), None);
    };
    let (authority, rest): (Vec<&str>, Vec<&str>) = parameters
        .split('&')
        .partition(|parameter| parameter.starts_with(AUTHORITY));
    let file = authority.first().map(|it| it[AUTHORITY.len()..].to_owned());
    (format!("{before}?{}", rest.join("&")), file)
}

fn within_this_machine(config: &Config) -> bool {
    let mut hosts = config.get_hosts().iter();
    hosts.all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    })
}

fn believing(file: &str) -> Result<ClientConfig, DbFault> {
    let fault = |why: String| DbFault::Line(format!("{file}: {why}"));
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|why| fault(why.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|why| fault(why.to_string()))?;
        roots
            .add(certificate)
            .map_err(|why| fault(why.to_string()))?;
    }
    if roots.is_empty() {
        return Err(fault("no certificate is in it".into()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| fault(why.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_not_spoken_to_in_the_clear_unless_the_address_says_so() {
        for here in [
            "postgres://hub@localhost/hub",
            "postgres://hub@127.0.0.1/hub",
            "postgres://hub@[::1]/hub",
            "postgresql:///hub?user=hub&host=/run/postgresql",
            "postgres://hub@db.example/hub?sslmode=disable",
        ] {
            let (_, tls) = of(here).unwrap_or_else(|why| panic!("{here}: {why}"));
            assert!(tls.is_none(), "{here}");
        }
        for there in [
            "postgres://hub:secret@db.example/hub",
            "postgres://hub:secret@192.0.2.7/hub?sslmode=prefer",
            "postgres://hub:secret@localhost,db.example/hub",
            "postgres://hub:secret@localhost/hub?sslmode=require",
            "postgres://hub:secret@db.example/hub?sslrootcert=/not/there.pem",
            "postgres://hub:secret@db.example/hub?sslmode=disable&sslrootcert=x.pem",
        ] {
            let Err(DbFault::Line(words)) = of(there) else {
                panic!("{there} was taken");
            };
            assert!(!words.contains("secret"), "{words}");
        }
    }
}
