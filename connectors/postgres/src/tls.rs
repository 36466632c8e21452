//! TLS on the way to the server. A certificate is always checked, chain and name: what libpq calls
//! `require` would trust anybody who answers.

use std::sync::Arc;

use habeas_connector::StoreError;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The authorities in this file of PEM blocks, or those that the machine trusts.
pub(crate) fn connector(authorities: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(file) => {
            let unreadable = || {
                let message = format!("no certificate can be read from the file {file}");
                StoreError::permanent("bad_certificate_file", message)
            };
            let found = CertificateDer::pem_file_iter(file).map_err(|_| unreadable())?;
            for certificate in found {
                let certificate = certificate.map_err(|_| unreadable())?;
                roots.add(certificate).map_err(|_| unreadable())?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    if roots.is_empty() {
        let message = "there is no certificate authority to trust; name a file with sslrootcert";
        return Err(StoreError::permanent("bad_certificate_file", message));
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| StoreError::permanent("tls", "TLS 1.2 and 1.3 are not available"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
