use super::*;
use crate::identity::CredentialKind;
use crate::pem;

/// Its subject has a comma, a space in front, a second attribute in one relative name, and a letter outside ASCII.
const PEM: &str = include_str!("example.pem");
/// What `openssl x509 -fingerprint -sha256` and `-subject -nameopt RFC2253` say of it.
const FINGERPRINT: &str = "791b618ccfb58245c8285e1a98fd7b4c3cf117776ab721803bd4ab694b9582d1";
const SUBJECT: &str = r"UID=42+CN=Zo\C3\AB #1,OU=\ odd/unit,O=Example\, Inc.,C=US";

fn der() -> Vec<u8> {
    pem::blocks(PEM).unwrap().remove(0).der
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn client_cert(der: &[u8]) -> String {
    format!(":{}:", base64_simd::STANDARD.encode_to_string(der))
}

/// Reads a certificate in the form; `Ok(None)` if the request shows none.
fn read(form: CertificateForm, headers: &[(&str, &str)]) -> Result<Option<String>, &'static str> {
    let read = form.read(&headers);
    read.map(|it| it.map(|certificate| certificate.hex_fingerprint())).map_err(|refusal| refusal.rejection.code())
}

#[test]
fn every_form_gives_the_same_fingerprint() {
    let (sequence, pem) = (client_cert(&der()), escaped(PEM));
    let hash = format!("By=spiffe://gate;Hash={FINGERPRINT};Subject=\"CN=a,b;c\\\"d\";URI=");
    let both = format!("hash={};CERT=\"{pem}\"", FINGERPRINT.to_uppercase());
    for (form, headers) in [
        (CertificateForm::Rfc9440, &[("Client-Cert", sequence.as_str())][..]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &hash)]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &both)]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &format!("Cert={pem}"))]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "SUCCESS"), ("X-SSL-Client-Cert", &pem)]),
    ] {
        assert_eq!(read(form, headers), Ok(Some(FINGERPRINT.to_owned())), "{form:?} {headers:?}");
    }
}

#[test]
fn no_certificate_is_absent() {
    for (form, headers) in [
        (CertificateForm::Rfc9440, &[][..]),
        (CertificateForm::Rfc9440, &[("Client-Cert", "")]),
        (CertificateForm::Xfcc, &[("Client-Cert", ":AAAA:")]),
        (CertificateForm::Nginx, &[]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "NONE"), ("X-SSL-Client-Cert", "")]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Cert", "x")]),
        (CertificateForm::Nginx, &[("X_SSL_Client_Verify", "SUCCESS"), ("X_SSL_Client_Cert", "x")]),
    ] {
        assert_eq!(read(form, headers), Ok(None), "{form:?} {headers:?}");
    }
}

#[test]
fn what_cannot_be_read_is_nobodys() {
    let (pem, sequence) = (escaped(PEM), client_cert(&der()));
    let other = FINGERPRINT.replace('7', "8");
    for (form, headers) in [
        (CertificateForm::Rfc9440, &[("Client-Cert", sequence.trim_matches(':'))][..]),
        (CertificateForm::Rfc9440, &[("Client-Cert", &sequence.replace('+', "-"))]),
        (CertificateForm::Rfc9440, &[("Client-Cert", "::")]),
        (CertificateForm::Rfc9440, &[("Client-Cert", &":A".repeat(10_000))]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", "Subject=\"CN=root\"")]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &format!("Hash={}", &FINGERPRINT[1..]))]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &format!("Hash={FINGERPRINT};Hash={other}"))]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &format!("Hash={other};Cert={pem}"))]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", &format!("Hash=\"{FINGERPRINT}"))]),
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", FINGERPRINT)]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "FAILED:self-signed certificate"), ("X-SSL-Client-Cert", &pem)]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "success"), ("X-SSL-Client-Cert", &pem)]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "SUCCESS")]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "SUCCESS"), ("X-SSL-Client-Cert", "%zz")]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "SUCCESS"), ("X-SSL-Client-Cert", &format!("{pem}{pem}"))]),
    ] {
        assert_eq!(read(form, headers), Err("certificate_unknown"), "{form:?} {headers:?}");
    }
}

#[test]
fn what_two_hands_may_have_written_is_ambiguous() {
    let two = format!("Hash={FINGERPRINT},Hash={FINGERPRINT}");
    for (form, headers) in [
        (CertificateForm::Xfcc, &[("X-Forwarded-Client-Cert", two.as_str())][..]),
        (CertificateForm::Rfc9440, &[("Client-Cert", ":AAAA:"), ("client-cert", ":AAAA:")]),
        (CertificateForm::Nginx, &[("X-SSL-Client-Verify", "NONE"), ("X-SSL-Client-Verify", "SUCCESS")]),
    ] {
        assert_eq!(read(form, headers), Err("credential_ambiguous"), "{form:?}");
    }
}

#[test]
fn the_subject_is_spelt_as_openssl_spells_it() {
    assert_eq!(subject::distinguished_name(&der()).unwrap(), SUBJECT);
}

#[test]
fn a_certificate_is_found_by_fingerprint_or_subject() {
    let identity = Arc::new(Identity::new("zoë", CredentialKind::ClientCert));
    let pem = escaped(PEM);
    let headers = [("X-SSL-Client-Verify", "SUCCESS"), ("X-SSL-Client-Cert", pem.as_str())];
    let mut by_subject = Certificates::new(CertificateForm::Nginx);
    by_subject.add_subject(SUBJECT.to_owned(), Arc::clone(&identity));
    let mut by_fingerprint = Certificates::new(CertificateForm::Nginx);
    by_fingerprint.add_fingerprint(Sha256::digest(der()).into(), identity);
    for known in [by_subject, by_fingerprint] {
        assert_eq!(known.verify(&headers).unwrap().unwrap().1.subject(), "zoë");
    }
    let stranger = Certificates::new(CertificateForm::Nginx).verify(&headers).unwrap_err();
    assert!(stranger.detail.contains(FINGERPRINT) && stranger.detail.contains("UID=42"), "{}", stranger.detail);
}

#[test]
fn every_header_of_the_form_must_be_vouched_for() {
    let known = Certificates::new(CertificateForm::Nginx);
    let sets = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(known.is_vouched_for(&sets(&["x-ssl-client-cert", "x-ssl-client-verify"])));
    assert!(!known.is_vouched_for(&sets(&["x-ssl-client-cert"])));
    assert!(!known.is_vouched_for(&[]));
}
