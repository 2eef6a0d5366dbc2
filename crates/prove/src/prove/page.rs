//! What is in an answer, reduced to what tells pages apart: two calls of one page differ in a token or a date, two pages in most.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::wire::Response;

/// The content of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) length: usize,
    pub(crate) hash: String,
    pub(crate) title: Option<String>,
    pub(crate) words: BTreeSet<Vec<u8>>,
    /// Lines that are not of every server, as name in lower case and value.
    pub(crate) headers: BTreeSet<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// What the protected page has and no page that strangers see.
#[derive(Clone, Debug)]
pub(crate) struct Markers {
    /// The text that the operator has named; then it alone counts.
    named: Option<Vec<u8>>,
    hash: String,
    words: BTreeSet<Vec<u8>>,
    title: Option<String>,
    headers: BTreeSet<(String, Vec<u8>)>,
}

impl Page {
    pub(crate) fn of(response: &Response) -> Self {
        let headers = response.lines.iter().filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let value = value.strip_prefix(b":")?.trim_ascii().to_vec();
            (!COMMON.contains(&name.as_str())).then_some((name, value))
        });
        let body = &response.body;
        Self {
            status: response.status,
            length: body.len(),
            hash: hash(body),
            title: title(body),
            words: words(body),
            headers: headers.collect(),
            body: body.clone(),
        }
    }

    /// Whether two answers show the same page, apart from what changes from call to call.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        if self.status.checked_div(100) != other.status.checked_div(100) || (self.length == 0) != (other.length == 0) {
            return false;
        }
        if self.hash == other.hash {
            return true;
        }
        let shared = self.words.intersection(&other.words).count();
        let all = self.words.union(&other.words).count();
        self.title == other.title && all > 0 && shared.saturating_mul(10) >= all.saturating_mul(9)
    }

    /// Whether it shows this protected page, perhaps without what is personal in it, and whatever its status. What these others have as
    /// well says nothing.
    pub(crate) fn shows(&self, protected: &Self, others: &[&Self]) -> bool {
        if self.length == 0 || self.hash == protected.hash {
            return self.length > 0;
        }
        let is_own = |word: &&Vec<u8>| !others.iter().any(|page| page.words.contains(*word));
        let (mine, theirs) = (self.words.iter().filter(is_own), protected.words.iter().filter(is_own).count());
        let shared = mine.clone().filter(|word| protected.words.contains(*word)).count();
        // Under one title, more may be personal.
        let least = if self.title.is_some() && self.title == protected.title { 8 } else { 9 };
        let covered = shared.saturating_mul(10) >= mine.count().saturating_mul(least);
        let most = shared.saturating_mul(2) >= theirs;
        covered && most && shared >= FEWEST_WORDS && (!self.is_login() || protected.is_login())
    }

    /// Whether it holds what is a protected page's own, by the words that no other page has.
    ///
    /// A page that refuses, or asks to log in, may be written in the site's layout, and have much in common with every page of it: there,
    /// next to nothing may be missing. Elsewhere what is personal may be.
    pub(crate) fn holds(&self, own: &BTreeSet<Vec<u8>>) -> bool {
        let found = own.iter().filter(|word| self.words.contains(*word)).count();
        let is_other = !self.is_success() || self.is_login();
        let (fewest, percent) = if is_other { (FEWEST_OF_REFUSAL, 95) } else { (FEW_WORDS, 75) };
        own.len() >= fewest && found.saturating_mul(100) >= own.len().saturating_mul(percent)
    }

    /// Whether this is the same form to log in as another, apart from a token in it.
    pub(crate) fn is_same_login(&self, other: &Self) -> bool {
        let shared = self.words.intersection(&other.words).count();
        let all = self.words.union(&other.words).count();
        self.is_login() && other.is_login() && shared.saturating_mul(10) >= all.saturating_mul(6)
    }

    /// Lets go of what is not needed to compare other pages with this one.
    pub(crate) fn trim(&mut self) {
        self.body.truncate(MOST_KEPT);
        self.body.shrink_to_fit();
    }

    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    /// Whether it asks for a password.
    pub(crate) fn is_login(&self) -> bool {
        let title = self.title.as_deref().unwrap_or_default().to_ascii_lowercase();
        let text = String::from_utf8_lossy(&self.body).to_ascii_lowercase();
        ["type=\"password\"", "type='password'", "type=password"].iter().any(|field| text.contains(field))
            || ["log in", "login", "sign in", "sign-in"].iter().any(|word| title.contains(word))
    }

    /// Whether it has a link to where people log in, as the page has that somebody gets who is not logged in.
    pub(crate) fn leads_to_login(&self) -> bool {
        let text = String::from_utf8_lossy(&self.body).to_ascii_lowercase();
        let mut links = text.split(['"', '\'', '=', '>']).filter(|part| part.starts_with('/') || part.starts_with("http"));
        links.any(|link| {
            ["login", "signin", "sign-in", "sign_in", "oauth2", "/sso", "/saml", "/authorize"]
                .iter()
                .any(|word| link.contains(word))
        })
    }

    /// Whether this is a page that fills itself in the browser, as single-page applications send for every path: what it will show is
    /// not in it.
    pub(crate) fn is_shell(&self) -> bool {
        let text = String::from_utf8_lossy(&self.body).to_ascii_lowercase();
        let mut parts = text.split('<');
        let first = parts.next().unwrap_or_default().trim();
        let mut shown = parts.filter_map(|part| part.split_once('>')).filter(|(tag, _)| !tag.starts_with("title"));
        text.contains("<script") || (first.is_empty() && shown.all(|(_, shown)| shown.trim().is_empty()))
    }

    /// In a few words, for a report.
    pub(crate) fn describe(&self) -> String {
        let title = self.title.as_ref().map(|title| format!(", title `{title}`")).unwrap_or_default();
        format!("{} with {} bytes{title}", self.status, self.length)
    }
}

impl Markers {
    /// What two calls of the protected page have in common and no stranger's page has, and nothing of what was asked for.
    pub(crate) fn learn(first: &Page, second: &Page, strangers: &[&Page], asked: &str, named: Option<&str>) -> Self {
        let headers = first.headers.intersection(&second.headers);
        let own_header = |header: &&(String, Vec<u8>)| !strangers.iter().any(|page| page.headers.contains(*header));
        let title = first.title.clone().filter(|title| second.title.as_ref() == Some(title));
        Self {
            named: named.map(|text| text.as_bytes().to_vec()),
            hash: first.hash.clone(),
            words: own_words(first, second, strangers, asked),
            title: title.filter(|title| strangers.iter().all(|page| page.title.as_ref() != Some(title))),
            headers: headers.filter(own_header).cloned().collect(),
        }
    }

    /// Says what of the protected page is in this one, if it is enough to be it.
    pub(crate) fn found_in(&self, page: &Page) -> Option<String> {
        if let Some(named) = &self.named {
            let found = !named.is_empty() && page.body.windows(named.len()).any(|part| part == named);
            return found.then(|| "the marker is in it".to_owned());
        }
        if page.length == 0 {
            return None;
        }
        if page.hash == self.hash {
            return Some("byte for byte what is shown with the credential".to_owned());
        }
        let least = if self.title.is_some() { 1 } else { self.words.len().saturating_mul(3) / 5 };
        if page.words.len() < least {
            return None;
        }
        let found: Vec<&Vec<u8>> = self.words.iter().filter(|word| page.words.contains(*word)).collect();
        let is_some = found.len() >= FEWEST_WORDS.min(self.words.len());
        if let Some(title) = self.title.as_ref().filter(|title| is_some && page.title.as_ref() == Some(title)) {
            return Some(format!("the title `{title}` of the protected page"));
        }
        // Of few words, some are easily in another page as well.
        let most = found.len().saturating_mul(5) >= self.words.len().saturating_mul(3);
        let enough = found.len() >= FEWEST_WORDS && (most && self.words.len() > FEW_WORDS || found.len() == self.words.len());
        enough.then(|| {
            let some: Vec<_> = found.iter().rev().take(SHOWN_WORDS).map(|word| String::from_utf8_lossy(word)).collect();
            format!(
                "{} of {} words that only the protected page has, such as `{}`",
                found.len(),
                self.words.len(),
                some.join("`, `")
            )
        })
    }

    /// Says which line of the application's answers is in this one, though its page is not.
    pub(crate) fn header_in(&self, page: &Page) -> Option<String> {
        let header = self.headers.iter().find(|header| page.headers.contains(*header))?;
        Some(format!("the application's own header `{}`", header.0))
    }
}

/// The words that two calls of a page have in common, without those of what was asked for and of these pages.
pub(crate) fn own_words(first: &Page, second: &Page, strangers: &[&Page], asked: &str) -> BTreeSet<Vec<u8>> {
    let asked = words(asked.as_bytes());
    let own = |word: &&Vec<u8>| !asked.contains(*word) && !strangers.iter().any(|page| page.words.contains(*word));
    first.words.intersection(&second.words).filter(own).cloned().collect()
}

/// SHA-256 in hexadecimal, as much as is needed to compare by eye.
pub(crate) fn hash(body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in Sha256::digest(body).iter().take(8) {
        let _ = write!(text, "{byte:02x}"); // a string can always grow
    }
    text
}

/// The words of a text, whatever it is written in; of tags only the values, since their names are in every page.
fn words(body: &[u8]) -> BTreeSet<Vec<u8>> {
    let body = body.get(..MOST_COMPARED).unwrap_or(body);
    let mut found = BTreeSet::new();
    let mut take = |text: &[u8]| {
        let parts = text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_' && *byte < 0x80);
        for word in parts.filter(|word| word.len() > 1) {
            if found.len() >= MOST_WORDS {
                return;
            }
            if word.len() > LONGEST_FOREIGN && !word.is_ascii() {
                // Japanese and Chinese are written without spaces.
                let letters: Vec<char> = String::from_utf8_lossy(word).chars().collect();
                found.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>().into_bytes()));
            } else if word.len() <= LONGEST_WORD {
                found.insert(word.to_vec());
            }
        }
    };
    let mut pieces = body.split(|byte| *byte == b'<');
    take(pieces.next().unwrap_or_default());
    for piece in pieces {
        let is_tag = piece.first().is_some_and(|byte| byte.is_ascii_alphabetic() || b"/!?".contains(byte));
        let end = piece.iter().position(|byte| *byte == b'>').filter(|_| is_tag);
        let Some((tag, text)) = end.and_then(|end| piece.split_at_checked(end)) else {
            take(piece);
            continue;
        };
        take(text);
        let values = tag.split(|byte| *byte == b'=').skip(1);
        values.for_each(|value| match value.split_first() {
            Some((quote @ (b'"' | b'\''), rest)) => take(rest.split(|byte| byte == quote).next().unwrap_or_default()),
            _ => take(value.split(u8::is_ascii_whitespace).next().unwrap_or_default()),
        });
    }
    found
}

fn title(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.get(..MOST_COMPARED).unwrap_or(body));
    let lower = text.to_ascii_lowercase(); // as long as `text`, byte for byte
    let start = lower.find("<title")?;
    let start = start.checked_add(lower.get(start..)?.find('>')?)?.checked_add(1)?;
    let end = start.checked_add(lower.get(start..)?.find("</title")?)?;
    let title = text.get(start..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

/// Pages that are the same this far are the same.
const MOST_COMPARED: usize = 64 << 10;
/// Longer ones are data.
const LONGEST_WORD: usize = 40;
/// In bytes; a longer one of other letters than ASCII is looked at in pairs of letters.
const LONGEST_FOREIGN: usize = 24;
/// Pages with so many words in common are the same.
const MOST_WORDS: usize = 2_000;
/// As much of a page as is kept beyond the moment.
const MOST_KEPT: usize = 16 << 10;
/// One word in common is chance.
const FEWEST_WORDS: usize = 2;
/// So few are told apart only by all of them.
const FEW_WORDS: usize = 4;
/// A refusal in the layout of the site has few words that are not.
const FEWEST_OF_REFUSAL: usize = 8;
const SHOWN_WORDS: usize = 3;

/// Headers that say nothing of who has answered: those of the connection, of the moment, and what proxies add to everything.
const COMMON: [&str; 61] = [
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expect-ct",
    "expires",
    "feature-policy",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "nel",
    "origin-agent-cluster",
    "p3p",
    "permissions-policy",
    "pragma",
    "proxy-authenticate",
    "referrer-policy",
    "report-to",
    "reporting-endpoints",
    "retry-after",
    "server",
    "server-timing",
    "set-cookie",
    "strict-transport-security",
    "timing-allow-origin",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "x-cache",
    "x-cache-hits",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
    "x-request-id",
    "x-robots-tag",
    "x-served-by",
    "x-timer",
    "x-ua-compatible",
    "x-xss-protection",
];

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::super::wire::End;
    use super::*;

    pub(crate) fn page(status: u16, lines: &[&str], body: &str) -> Page {
        let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        let (interim, body, end, time) = (Vec::new(), body.as_bytes().to_vec(), End::Length, Duration::ZERO);
        let length = body.len();
        Page::of(&Response { status, interim, lines, body, length, end, time })
    }

    const SECRET: &str = "<title>Ledger</title><p>quarterly figures of the northern branch</p>token";

    fn learn(named: Option<&str>) -> Markers {
        let first = page(200, &["X-Powered-By: app", "Date: 1"], &format!("{SECRET}=a1"));
        let second = page(200, &["X-Powered-By: app", "Date: 2"], &format!("{SECRET}=b2"));
        Markers::learn(&first, &second, &[&page(401, &[], "<title>No</title>figures")], "/northern", named)
    }

    #[test]
    fn page_that_changes_a_little_is_the_same_and_another_is_not() {
        let filler =
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ";
        let [first, second] = ["aaaa", "bbbb"].map(|token| page(200, &[], &format!("{filler} eighteen nineteen twenty {token}")));
        assert!(first.is_like(&second) && !first.is_like(&page(200, &[], "another page")));
        assert!(!first.is_like(&page(401, &[], filler)) && !page(200, &[], "").is_like(&first));
    }

    #[test]
    fn shell_of_an_application_is_told_from_a_page() {
        for shell in ["<title>App</title><div id=root></div>", "<p>wait</p><SCRIPT src=/a.js></SCRIPT>", ""] {
            assert!(page(200, &[], shell).is_shell(), "{shell}");
        }
        assert!(!page(200, &[], "figures").is_shell() && !page(200, &[], "<title>a</title><p>b</p>").is_shell());
    }

    #[test]
    fn page_without_what_is_personal_in_it_shows_the_page() {
        let filler = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";
        let [alice, nobody] =
            ["alice has mail", "nobody logged in"].map(|who| page(200, &[], &format!("<title>App</title>{filler} {who}")));
        assert!(nobody.shows(&alice, &[]) && !nobody.is_like(&alice));
        assert!(!page(200, &[], "<title>App</title>one two three").shows(&alice, &[]));
    }

    #[test]
    fn protected_page_is_known_again_whatever_its_status() {
        assert!(learn(None).found_in(&page(401, &[], &format!("{SECRET}=c3"))).is_some());
        assert!(learn(None).found_in(&page(200, &[], "quarterly of the branch tokens")).is_some());
        assert!(learn(None).found_in(&page(200, &[], "<title>Log in</title> northern figures, branch")).is_none());
    }

    #[test]
    fn what_every_page_is_made_of_tells_nothing() {
        let text = "<ul class=\"big list\"><li data-x='figures'>one</li><li id=two>a < b</li></ul><!-- no -->";
        let found: Vec<String> = words(text.as_bytes()).into_iter().map(|word| String::from_utf8(word).unwrap()).collect();
        assert_eq!(found, ["big", "figures", "list", "one", "two"]);
        let protected = page(200, &[], "<ul><li>figures</li><li>northern</li></ul>");
        let markers = Markers::learn(&protected, &protected, &[], "/", None);
        assert!(markers.found_in(&page(404, &[], "<ul><li>home</li><li>figures</li></ul>")).is_none());
        assert!(markers.found_in(&page(404, &[], "northern figures")).is_some());
    }

    #[test]
    fn pages_of_people_who_are_not_logged_in_lead_to_the_login() {
        assert!(page(200, &[], "<a href=/oauth2/start?rd=x>Continue</a>").leads_to_login());
        assert!(page(200, &[], "<a href='https://id.test/Login'>x</a>").leads_to_login());
        assert!(!page(200, &[], "<a href=\"/reports\">login figures</a>").leads_to_login());
    }

    #[test]
    fn named_marker_alone_counts() {
        assert!(learn(Some("northern br")).found_in(&page(200, &[], "northern branch")).is_some());
        assert!(learn(Some("other")).found_in(&page(200, &[], SECRET)).is_none());
    }

    #[test]
    fn header_of_the_application_betrays_it() {
        assert!(learn(None).header_in(&page(404, &["x-powered-by: app"], "")).is_some());
        assert!(learn(None).header_in(&page(404, &["X-Powered-By: other", "Date: 1"], "")).is_none());
    }

    #[test]
    fn login_pages_are_known_by_their_password_field_or_title() {
        assert!(page(200, &[], "<INPUT name=p TYPE='password'>").is_login());
        assert!(page(200, &[], "<title lang=en>Please Log in</title>").is_login() && !page(200, &[], SECRET).is_login());
    }
}
