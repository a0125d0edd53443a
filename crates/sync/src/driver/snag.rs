//! What kept a request from reaching the hub, by what helps against it: some of it mends itself, some never does.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::CertificateError;

/// What kept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snag {
    /// The certificate is one that the station's authority does not vouch for.
    Authority,
    /// It has run out or is not valid yet; or the clock here is wrong.
    Time,
    /// It was made for another name than that of the address.
    OtherName,
    /// Who answers there does not speak TLS.
    NoTls,
    /// The name of the address could not be resolved.
    Unresolved,
    /// Nobody listens there.
    NobodyThere,
    /// Too little moved.
    Slow,
    /// No way there, or the connection broke.
    Broken,
}

impl Snag {
    /// The stable code, for the technician.
    pub const fn code(self) -> &'static str {
        match self {
            Snag::Authority => "DRV-006",
            Snag::Time => "DRV-007",
            Snag::OtherName => "DRV-008",
            Snag::NoTls => "DRV-009",
            Snag::Unresolved => "DRV-010",
            Snag::NobodyThere => "DRV-011",
            Snag::Slow => "DRV-012",
            Snag::Broken => "DRV-013",
        }
    }

    /// What an error comes down to; layers of libraries say it in causes of causes.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut found = Snag::Broken;
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Snag::of_tls(tls);
            }
            if error.to_string() == "dns error" {
                return Snag::Unresolved;
            }
            if let Some(io) = error.downcast_ref::<io::Error>() {
                match io.kind() {
                    ErrorKind::ConnectionRefused => found = Snag::NobodyThere,
                    ErrorKind::TimedOut => found = Snag::Slow,
                    _ => {}
                }
                // What was put into an io::Error is itself no cause of it; its causes are.
                if let Some(inner) = io.get_ref() {
                    next = Some(inner);
                    continue;
                }
            }
            next = error.source();
        }
        found
    }

    fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(why) => match why {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Snag::Time,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Snag::OtherName,
                _ => Snag::Authority,
            },
            rustls::Error::NoCertificatesPresented => Snag::Authority,
            rustls::Error::InvalidMessage(_) | rustls::Error::PeerIncompatible(_) => Snag::NoTls,
            _ => Snag::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: impl Into<Box<dyn Error + Send + Sync>>) -> io::Error {
        io::Error::other(io::Error::new(ErrorKind::InvalidData, inner))
    }

    #[test]
    fn a_certificate_that_is_not_believed_is_found_below_other_errors() {
        for (why, snag) in [
            (CertificateError::UnknownIssuer, Snag::Authority),
            (CertificateError::BadSignature, Snag::Authority),
            (CertificateError::Expired, Snag::Time),
            (CertificateError::NotValidYet, Snag::Time),
            (CertificateError::NotValidForName, Snag::OtherName),
        ] {
            let error = wrapped(rustls::Error::InvalidCertificate(why));
            assert_eq!(Snag::of(&error), snag);
        }
        let plain = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert_eq!(Snag::of(&wrapped(plain)), Snag::NoTls);
    }

    #[test]
    fn what_may_mend_itself_is_told_apart() {
        let refused = io::Error::from(ErrorKind::ConnectionRefused);
        assert_eq!(Snag::of(&io::Error::other(refused)), Snag::NobodyThere);
        assert_eq!(Snag::of(&wrapped("dns error")), Snag::Unresolved);
        let gone = io::Error::from(ErrorKind::NetworkUnreachable);
        assert_eq!(Snag::of(&gone), Snag::Broken);
    }
}
