//! The pages of the fake applications. Each says first which application it is and what it was asked for, which is all that the rig
//! looks at; the rest is there for a prober from outside, which tells pages apart by their titles and words.

use super::answer::{Credential, OTHER, PERSON, spoken};
use super::request::Seen;

/// A fake application.
#[derive(Clone, Debug)]
pub(super) struct Application {
    /// Which of the fakes it is.
    pub(super) number: usize,
    /// What it stands for: two fakes for one address are one application, and show the same.
    pub(super) name: String,
}

impl Application {
    /// Answers everybody.
    pub(super) fn answer(&self, seen: &Seen, identity: &[String]) -> Vec<u8> {
        let path = seen.path();
        let status = match path {
            _ if path.contains("/missing") || path.contains("/gatewright-") => 404,
            _ if path.contains("/boom") => 500,
            _ if path.contains("/denied") => 401,
            _ => 200,
        };
        let person = match Credential::of(seen) {
            Credential::Good => PERSON,
            Credential::Other => OTHER,
            Credential::Forbidden | Credential::None => "nobody",
        };
        let mut body = format!("{APPLICATION}{} for {person}\n{} {}\n", self.number, seen.method, seen.target);
        if status == 200 {
            let page = canonical(path);
            let section = page.trim_start_matches('/').split('/').next().unwrap_or_default();
            let title = words(&[&self.name, &page, "title"], 2);
            let told = seen.headers.iter().filter(|(name, _)| identity.iter().any(|other| other.eq_ignore_ascii_case(name)));
            let told: String = told.map(|(name, value)| format!("<li>{name}: {value}</li>\n")).collect();
            body.push_str(&format!(
                "<title>{title}</title>\n<p>{}</p>\n<p>{}</p>\n<p>{}</p>\n<ul>\n{told}</ul>\n",
                words(&[&self.name, section], 12),
                words(&[&self.name, &page], 4),
                words(&[&self.name, person], 3),
            ));
        }
        spoken(seen, status, "Content-Type: text/html\r\n", &body)
    }
}

/// The page that an application takes a path for: escapes, dots, slashes, parameters of segments and letters in capitals make no
/// difference to many.
fn canonical(path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in unescaped(path).split(['/', '\\']) {
        let part = part.split(';').next().unwrap_or_default();
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part.to_lowercase()),
        }
    }
    format!("/{}", parts.join("/"))
}

fn unescaped(path: &str) -> String {
    let mut text = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        text.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { rest.get(3..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// So many words that are always the same for the same texts, and no others'.
pub(crate) fn words(texts: &[&str], count: u8) -> String {
    let word = |number: u8| {
        // FNV-1a: spread is all that is wanted of it.
        let bytes = texts.iter().flat_map(|text| text.bytes().chain([0])).chain([number]);
        let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let mut word = String::new();
        for _ in 0..4 {
            hash = hash.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            word.extend(pick("bdfgklmnprstvz", hash >> 40));
            word.extend(pick("aeiou", hash >> 20));
        }
        word
    };
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

fn pick(letters: &str, number: u64) -> Option<char> {
    let length = u64::try_from(letters.len()).ok()?;
    letters.chars().nth(usize::try_from(number.checked_rem(length)?).ok()?)
}

/// What an application's answers start with.
pub(crate) const APPLICATION: &str = "gatewright-application-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_write_a_path_lead_to_one_page() {
        for path in ["/admin/a", "//Admin/./x/../a/", "/%61dmin/a;v=1", "/x/..;/admin/a", "/admin%2fa", "/admin\\a"] {
            assert_eq!(canonical(path), "/admin/a", "{path}");
        }
    }

    #[test]
    fn words_are_the_same_for_the_same_texts_alone() {
        assert_eq!(words(&["a", "b"], 3), words(&["a", "b"], 3));
        assert_ne!(words(&["a", "b"], 3), words(&["ab", ""], 3));
        assert!(words(&["a"], 3).split(' ').all(|word| word.len() == 8), "{}", words(&["a"], 3));
    }

    #[test]
    fn page_says_first_what_the_rig_reads_and_shows_the_identity() {
        let seen = Seen::read(&b"GET /a?b HTTP/1.0\r\nx-user: eve\r\nX_User: no\r\n\r\n"[..]).unwrap().unwrap();
        let application = Application { number: 3, name: "10.0.0.1:80".into() };
        let text = String::from_utf8(application.answer(&seen, &["X-User".into()])).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(body.starts_with("gatewright-application-3 for nobody\nGET /a?b\n<title>"), "{body}");
        assert!(body.contains("x-user: eve") && !body.contains("X_User"), "{body}");
    }
}
