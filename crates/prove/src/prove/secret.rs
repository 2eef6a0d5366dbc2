//! What must never be printed: the values of credentials, also where the deployment itself says them again.

use super::options::{Credential, Prove};
use super::verdict::Report;

/// The values of all credentials of a run, each with what stands for it.
#[derive(Debug)]
pub(super) struct Secrets {
    /// Longest first, since one can be part of another.
    found: Vec<(String, String)>,
}

impl Secrets {
    pub(super) fn of(options: &Prove) -> Self {
        let credentials = [&options.allow, &options.second, &options.forbid, &options.expired];
        let mut found: Vec<(String, String)> = credentials.into_iter().flatten().flat_map(values).collect();
        found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        found.dedup();
        Self { found }
    }

    /// Takes them out of a report: a server may say a cookie again in an address, in a title or in a page.
    pub(super) fn hide(&self, report: &mut Report) {
        let texts = [Some(&mut report.target), report.nothing_proved.as_mut(), report.baseline.unknown.as_mut()];
        texts.into_iter().flatten().chain(&mut report.notes).for_each(|text| self.hide_in(text));
        for path in &mut report.baseline.paths {
            let texts = [path.authorised.as_mut(), path.anonymous.as_mut(), path.useless.as_mut()];
            texts.into_iter().flatten().chain([&mut path.path]).for_each(|text| self.hide_in(text));
        }
        for check in &mut report.checks {
            let texts = [&mut check.variant, &mut check.path, &mut check.evidence];
            texts.into_iter().chain(check.curl.as_mut()).for_each(|text| self.hide_in(text));
        }
        for entry in &mut report.requests {
            let error = entry.outcome.as_mut().err();
            let texts = [&mut entry.line, &mut entry.curl].into_iter().chain(&mut entry.headers).chain(error);
            texts.for_each(|text| self.hide_in(text));
        }
    }

    fn hide_in(&self, text: &mut String) {
        for (value, instead) in &self.found {
            if text.contains(value) {
                *text = text.replace(value, instead);
            }
        }
    }
}

/// Each value that is long enough to be one, as it is and as it stands in an address.
fn values(credential: &Credential) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in &credential.lines {
        let Err(instead) = line.printable() else { continue };
        let parts = line.parts();
        let whole = line.value().trim_ascii();
        for bytes in parts.iter().map(|part| line.stretch(&part.at)).chain([whole]) {
            let value = String::from_utf8_lossy(bytes).trim().trim_matches('"').to_owned();
            let escaped = |upper: bool| value.bytes().map(|byte| escape(byte, upper)).collect::<String>();
            for text in [escaped(true), escaped(false), value.clone()] {
                if text.len() >= SHORTEST {
                    found.push((text, format!("({instead})")));
                }
            }
        }
    }
    found
}

/// RFC 3986 §2.1, for all but the unreserved (§2.3).
fn escape(byte: u8, upper: bool) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if upper => format!("%{byte:02X}"),
        _ => format!("%{byte:02x}"),
    }
}

/// A shorter text stands in reports for other reasons, and is no secret worth the name.
const SHORTEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_hidden_however_it_is_said_again() {
        let mut options = Prove::new("http://a.test/".parse().unwrap());
        options.allow = Some(Credential::new(["Cookie: theme=dark; session=s3cr3t/v1", "X-Key: \"hunter22\""], "@a").unwrap());
        options.forbid = Some(Credential::new(["Authorization: Bearer s3cr3t/v1.longer"], "@f").unwrap());
        let secrets = Secrets::of(&options);
        let hidden = |text: &str| {
            let mut text = text.to_owned();
            secrets.hide_in(&mut text);
            text
        };
        assert_eq!(hidden("to `/home;s=s3cr3t%2Fv1`, or s3cr3t%2fv1"), "to `/home;s=(@a)`, or (@a)");
        assert_eq!(hidden("s3cr3t/v1.longer, hunter22 and dark"), "(@f), (@a) and dark");
    }
}
