//! `[[client_cert]]`: certificates that the proxy verified.

use std::sync::Arc;

use super::document::{Node, Problem, Table, suggestion};
use super::entries;
use super::reader::Reader;
use crate::certificate::{CertificateForm, Certificates};
use crate::identity::{CredentialKind, Identity, RawClaims};
use crate::secret::decode_hex;

pub(super) fn read(table: &mut Table<'_>, reader: &mut Reader<'_>) -> Result<Vec<Certificates>, Problem> {
    let Some(nodes) = table.take("client_cert") else { return Ok(Vec::new()) };
    let mut all: Vec<Certificates> = Vec::new();
    for node in nodes.tables("[[client_cert]]")? {
        let mut table = node.table("[[client_cert]]")?;
        let form_node = table.require("form")?;
        let form = form(form_node)?;
        let entries_node = table.require("entries")?;
        table.finish()?;
        if all.iter().any(|known| known.form == form) {
            return Err(form_node.problem(format!("the form `{}` has entries already", form.name())));
        }
        let mut certificates = Certificates::new(form);
        entries::read(entries_node, ("certificate", "[[certificate]]"), reader, |entry| add(entry, &mut certificates))?;
        all.push(certificates);
    }
    Ok(all)
}

fn form(node: &Node) -> Result<CertificateForm, Problem> {
    let name = node.text()?;
    let known: Vec<&str> = CertificateForm::ALL.iter().map(|form| form.name()).collect();
    CertificateForm::ALL.iter().copied().find(|form| form.name() == name).ok_or_else(|| {
        node.problem(format!("no form of certificate header is called `{name}`; {}", suggestion(name, &known, "write one of")))
    })
}

/// Reads one entry: a fingerprint or a distinguished name, and whose it is.
fn add(entry: &Node, certificates: &mut Certificates) -> Result<(), Problem> {
    let mut table = entry.table("[[certificate]]")?;
    let (fingerprint, distinguished) = (table.take("fingerprint"), table.take("subject_dn"));
    let subject = table.take("subject").map(Node::name).transpose()?;
    let groups = table.take("groups").map(Node::names).transpose()?;
    table.finish()?;
    let identity = |subject: &str, claim: (&str, &str)| {
        let claims = serde_json::Value::from_iter([claim]).to_string();
        let identity = Identity::new(subject, CredentialKind::ClientCert);
        Arc::new(Identity { groups: groups.clone(), claims: RawClaims::new(claims.as_bytes()), ..identity })
    };
    match (fingerprint, distinguished) {
        (Some(node), None) => {
            let text = node.text()?;
            // As OpenSSL prints it: `sha256 Fingerprint=9F:86:…`.
            let text = text.rsplit('=').next().unwrap_or(text);
            let digits: Vec<u8> = text.strip_prefix("sha256:").unwrap_or(text).bytes().filter(|byte| *byte != b':').collect();
            let digest = decode_hex(&digits).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let digest = digest.ok_or_else(|| {
                node.problem(
                    "expected the SHA-256 of the certificate, 64 hexadecimal digits (`openssl x509 -fingerprint -sha256`)",
                )
            })?;
            let subject = subject.ok_or_else(|| entry.problem("a `fingerprint` needs the `subject` it stands for"))?;
            let claim = String::from_utf8(digits).unwrap_or_default().to_ascii_lowercase();
            let fresh = certificates.add_fingerprint(digest, identity(subject, ("fingerprint", &claim)));
            if fresh { Ok(()) } else { Err(node.problem("this fingerprint is there twice")) }
        }
        (None, Some(node)) if certificates.form == CertificateForm::Nginx => {
            let name = node.text()?;
            if !is_distinguished_name(name) {
                return Err(node.problem(
                    "expected a distinguished name as nginx writes it in `$ssl_client_s_dn`, such as `CN=alice,O=Example`: no \
                     `subject=` in front, no `/`, no spaces around `=` or after `,`",
                ));
            }
            let subject = match subject {
                Some(subject) => subject,
                None => node.name()?,
            };
            let fresh = certificates.add_subject(name.to_owned(), identity(subject, ("subject_dn", name)));
            if fresh { Ok(()) } else { Err(node.problem("this distinguished name is there twice")) }
        }
        (None, Some(node)) => {
            Err(node.problem("only with `form = \"nginx\"` is a certificate known by its name; write its `fingerprint`"))
        }
        (Some(_), Some(_)) | (None, None) => Err(entry.problem("write either `fingerprint` or `subject_dn`")),
    }
}

/// Whether every part is `NAME=value` as RFC 4514 writes it; a `,`, `+` or outer space that belongs to a value has a `\` before it.
fn is_distinguished_name(text: &str) -> bool {
    let mut escaped = false;
    let parts = text.split(|character| {
        let separates = !escaped && matches!(character, ',' | '+');
        escaped = !escaped && character == '\\';
        separates
    });
    !text.starts_with("subject=")
        && parts.into_iter().all(|part| {
            let Some((name, value)) = part.split_once('=') else { return false };
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
            is_name && !value.starts_with(' ')
        })
}
