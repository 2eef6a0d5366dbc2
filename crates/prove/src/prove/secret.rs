//! What must never be printed: the values of credentials, also where the deployment itself says them again.

use base64_simd::STANDARD;

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

    /// In capitals or not: names of headers are compared without.
    fn hide_in(&self, text: &mut String) {
        for (value, instead) in &self.found {
            let lower = text.to_ascii_lowercase(); // as long as `text`, byte for byte
            let mut hidden = String::new();
            let mut rest = 0;
            for (at, found) in lower.match_indices(value.as_str()) {
                hidden.push_str(text.get(rest..at).unwrap_or_default());
                hidden.push_str(instead);
                rest = at.saturating_add(found.len());
            }
            if rest > 0 {
                hidden.push_str(text.get(rest..).unwrap_or_default());
                *text = hidden;
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
        let each = parts.iter().map(|part| (line.stretch(&part.at), true)).chain([(whole, false)]);
        for (bytes, is_value) in each {
            let value = String::from_utf8_lossy(bytes).trim().trim_matches('"').to_owned();
            // What an application shows of `Basic` is what it has decoded.
            let decoded = STANDARD.decode_to_vec(value.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let password = decoded.as_deref().filter(|_| line.is("authorization")).and_then(|pair| pair.split_once(':'));
            let escaped: String = value.bytes().map(escape).collect();
            // A page is compared word by word, and some words are shown.
            let pieces = value.split(|letter: char| letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != '_');
            let texts = pieces
                .filter(|_| is_value)
                .chain([value.as_str(), escaped.as_str()])
                .chain(password.map(|(_, password)| password));
            for text in texts.filter(|text| text.len() >= SHORTEST) {
                found.push((text.to_ascii_lowercase(), format!("({instead})")));
            }
        }
    }
    found
}

/// RFC 3986 §2.1, for all but the unreserved (§2.3).
fn escape(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
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
        assert_eq!(hidden("`S3CR3T` and `longer`, X-Hunter22"), "`(@a)` and `(@f)`, X-(@a)");
        options.allow = Some(Credential::new(["Authorization: Basic YWxpY2U6d29uZGVybGFuZA=="], "@a").unwrap());
        let mut text = "alice has wonderland".to_owned();
        Secrets::of(&options).hide_in(&mut text);
        assert_eq!(text, "alice has (@a)");
    }
}
