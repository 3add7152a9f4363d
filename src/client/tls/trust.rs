//! Whether a server's certificate is trusted.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::Certificate;

/// Trusts these certificates and what they have signed; `None` if none of them can be used.
pub(super) fn these(
    certificates: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<dyn ServerCertVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let signers =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    Some(Arc::new(Trust {
        signers: signers.build().ok()?,
        certificates,
        algorithms: provider.signature_verification_algorithms,
    }))
}

/// Trusts anybody.
pub(super) fn anybody(provider: &CryptoProvider) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Anybody(provider.signature_verification_algorithms))
}

/// Trusts certificates, and what they have signed.
///
/// A server may show one of them itself: what `openssl req -x509` makes, which openssl, curl and Python trust then. The
/// library would not, as it calls itself an authority, has no subjectAltName, or is of the first version.
#[derive(Debug)]
struct Trust {
    signers: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Trust {
    fn has(&self, certificate: &CertificateDer) -> bool {
        self.certificates
            .iter()
            .any(|trusted| trusted == certificate)
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.has(end_entity) {
            return self.signers.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
        }
        let certificate = Certificate::read(end_entity).ok_or(CertificateError::BadEncoding)?;
        check_dates(&certificate, now)?;
        check_name(end_entity, &certificate, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // The library does not read certificates of the first version; their keys it does.
        if ParsedCertificate::try_from(cert).is_err()
            && self.has(cert)
            && let Some(certificate) = Certificate::read(cert)
        {
            let key = SubjectPublicKeyInfoDer::from(certificate.key);
            return verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms);
        }
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn check_dates(certificate: &Certificate, now: UnixTime) -> Result<(), CertificateError> {
    let (not_before, not_after) = (certificate.not_before, certificate.not_after);
    if now < not_before {
        return Err(CertificateError::NotValidYetContext {
            time: now,
            not_before,
        });
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext {
            time: now,
            not_after,
        });
    }
    Ok(())
}

/// The name is looked for as always. Only where a certificate lists none, its common name counts, as with openssl and curl.
fn check_name(
    der: &CertificateDer,
    certificate: &Certificate,
    expected: &ServerName,
) -> Result<(), Error> {
    if let Ok(parsed) = ParsedCertificate::try_from(der) {
        match verify_server_name(&parsed, expected) {
            Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented,
                ..
            })) if presented.is_empty() => {}
            verdict => return verdict,
        }
    }
    let common_name = certificate.common_name.as_deref();
    if common_name.is_some_and(|name| is_named(name, expected)) {
        return Ok(());
    }
    Err(CertificateError::NotValidForNameContext {
        expected: expected.to_owned(),
        presented: common_name.map(Into::into).into_iter().collect(),
    }
    .into())
}

fn is_named(common_name: &str, expected: &ServerName) -> bool {
    match expected {
        ServerName::DnsName(name) => name.as_ref().eq_ignore_ascii_case(common_name),
        ServerName::IpAddress(address) => common_name
            .parse()
            .is_ok_and(|named: IpAddr| named == IpAddr::from(*address)),
        _ => false,
    }
}

/// Takes whatever certificate there is.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
