//! P06: the same path in other words. A proxy that takes them for another path, and an application that does not, let people in.

use crate::lint::Severity;
use crate::prove::judge::Twin;
use crate::prove::options::Prove;
use crate::prove::prober::{Place, Prober, Variant};

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let variant = |spelling: Spelling| {
        let mut variant = Variant::new(spelling.name, prober.get(spelling.target), spelling.lint).severity(spelling.severity);
        variant.twin = spelling.twin;
        variant.everywhere = WORST.contains(&spelling.name);
        variant
    };
    let variants: Vec<Variant> = spellings(&prober.path(place.subject), prober.options).into_iter().map(variant).collect();
    prober.expect_all_refused(place, &variants);
    if place.subject == 0 {
        folders(prober, place);
    }
}

/// Files that do not exist, in folders that are often open: whoever answers for them is not a file.
fn folders(prober: &mut Prober<'_>, place: Place) {
    let nonce = prober.options.nonce;
    let variant = |folder| {
        let request = prober.get(format!("/{folder}/{nonce:016x}.txt"));
        let mut variant = Variant::new(format!("a file that does not exist, in /{folder}/"), request, "error-page-opens");
        variant.twin = Twin::Around;
        variant
    };
    let variants = FOLDERS.map(variant);
    prober.expect_all_refused(place, &variants);
}

/// Another way to write a path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spelling {
    name: &'static str,
    target: String,
    twin: Twin,
    lint: &'static str,
    severity: Severity,
}

/// All of them, without the path itself and without doubles.
fn spellings(path: &str, options: &Prove) -> Vec<Spelling> {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let path = path.strip_prefix('/').unwrap_or(path);
    let base = path.trim_end_matches('/'); // without any slash around it
    let nonce = format!("{:016x}", options.nonce);
    let host = options.target.authority();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let first = base.split('/').next().unwrap_or_default();
    let (folder, last) = base.rsplit_once('/').map_or(("", base), |(folder, last)| (folder, last));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let escaped = |escape: fn(char) -> String| {
        let mut letters = last.chars();
        letters.next().filter(char::is_ascii).map(|letter| format!("/{folder}{}{}", escape(letter), letters.as_str()))
    };
    let changed = |case: fn(char) -> char| format!("/{}", base.chars().map(case).collect::<String>());
    let capital = || {
        let mut letters = base.chars();
        letters.next().map(|letter| format!("/{}{}", letter.to_ascii_uppercase(), letters.as_str())).unwrap_or_default()
    };

    let mut found = Vec::new();
    let mut add = |name, target: String, twin, lint, severity| {
        let spelling = Spelling { name, target, twin, lint, severity };
        let is_new = !found.iter().any(|other: &Spelling| other.target == spelling.target);
        if is_new && spelling.target != format!("/{path}{query}") {
            found.push(spelling);
        }
    };
    if !base.is_empty() {
        let mut around =
            |name, target: String, lint| add(name, format!("{target}{query}"), Twin::Around, lint, Severity::Critical);
        around("with a slash at the end", format!("/{base}/"), INDEX);
        around("without a slash at the end", format!("/{base}"), INDEX);
        around("an escaped space at the end", format!("/{base}%20"), SIBLING);
        around("a semicolon at the end", format!("/{base};x"), SIBLING);
        around("a parameter before a slash", format!("/{base};/x"), SIBLING);
        // Beside the page: another resource, unless it shows the protected one.
        let mut beside = |name, ending: &str| {
            let target = format!("/{base}{ending}{query}");
            add(name, target, Twin::Elsewhere, REGEX, Severity::Critical);
        };
        for ending in [".php", ".css", ".js", ".json", ".html"] {
            beside(ending, ending);
        }
        beside("/health behind .php", ".php/health");
    }
    let slash = if base.is_empty() { String::new() } else { format!("/{base}") };
    let open = || options.open.iter().take(MOST_OPEN).map(|open| open.trim_end_matches('*'));
    let mut within = |name, target: String, lint| add(name, format!("{target}{query}"), Twin::Within, lint, Severity::Critical);
    if !base.is_empty() {
        within("a dot at the end", format!("/{base}/."), SIBLING);
    }
    within("a page below it", format!("{slash}/{nonce}"), SIBLING);
    // Names of no file that could be there: who answers is an application.
    for (name, ending) in [("a .php below it", "php"), ("a .css below it", "css"), ("a .js below it", "js")] {
        within(name, format!("{slash}/{nonce}.{ending}"), REGEX);
    }
    within("a .json below it", format!("{slash}/{nonce}.json"), REGEX);
    within("a .txt below it", format!("{slash}/{nonce}.txt"), REGEX);
    for (name, part) in [
        ("a page in /static/ below it", "static"),
        ("a page in /assets/ below it", "assets"),
        ("a page in /public/ below it", "public"),
        ("a page in /media/ below it", "media"),
        ("a page in /api/ below it", "api"),
    ] {
        within(name, format!("{slash}/{part}/{nonce}"), SIBLING);
    }
    within("index.html", format!("{slash}/index.html"), INDEX);
    within("index.php", format!("{slash}/index.php"), INDEX);
    within("/health below it", format!("{slash}/health"), REGEX);
    within("/healthz behind a semicolon", format!("{slash}/x;/healthz"), REGEX);
    // What is left open by an expression that is not tied to the start of the path (CVE-2025-54576).
    for open in open() {
        within("an open path below it", format!("{slash}{open}"), REGEX);
        within("an open path behind a semicolon", format!("{slash}/;{open}"), REGEX);
    }
    for open in open() {
        add("an open path in its query", format!("/{path}?{open}"), Twin::Within, REGEX, Severity::Critical);
        add("an open path in a fragment", format!("/{path}{query}#{open}"), Twin::Around, REGEX, Severity::Critical);
    }
    add("?debug=1", format!("/{path}?debug=1"), Twin::Within, RETURN, Severity::High);
    add("an empty query", format!("/{path}?"), Twin::Within, RETURN, Severity::High);
    add("a fragment", format!("/{path}{query}#x"), Twin::Around, SIBLING, Severity::Critical);
    add("a URL", format!("http://{host}/{path}{query}"), Twin::Within, "auth-location-http-host", Severity::High);

    let mut fold = |name, target: String, lint| add(name, format!("{target}{query}"), Twin::Elsewhere, lint, Severity::High);
    fold("two slashes", format!("//{path}"), "merge-slashes");
    fold("three slashes", format!("///{path}"), "merge-slashes");
    fold("a dot in front", format!("/./{path}"), SIBLING);
    fold("an escaped dot in front", format!("/%2e/{path}"), SIBLING);
    fold("a folder and back", format!("/x/../{path}"), SIBLING);
    fold("a folder and back, escaped", format!("/x/%2e%2e/{path}"), SIBLING);
    fold("a folder and back, escaped twice", format!("/x/%252e%252e/{path}"), SIBLING);
    fold("back by an escaped slash", format!("/x/..%2f{path}"), SIBLING);
    fold("back by a slash escaped twice", format!("/x/..%252f{path}"), SIBLING);
    fold("an escaped slash in front", format!("/%2f{path}"), SIBLING);
    fold("a semicolon in front", format!("/;/{path}"), SIBLING);
    fold("a folder and back, with a semicolon", format!("/x/..;/{path}"), SIBLING);
    fold("a backslash", format!("/\\{path}"), SIBLING);
    fold("back by a backslash", format!("/x/..\\{path}"), SIBLING);
    fold("back by an escaped backslash", format!("/x/..%5c{path}"), SIBLING);
    if !base.is_empty() {
        if !folder.is_empty() {
            fold("two slashes within", format!("/{folder}/{last}"), "merge-slashes");
            fold("an escaped slash within", format!("/{}%2f{last}", folder.trim_end_matches('/')), SIBLING);
        }
        escaped(|letter| format!("%{:02x}", u32::from(letter)))
            .into_iter()
            .for_each(|target| fold("an escaped letter", target, SIBLING));
        let twice = escaped(|letter| format!("%25{:02x}", u32::from(letter)));
        twice.into_iter().for_each(|target| fold("a letter escaped twice", target, SIBLING));
        fold("a capital letter", capital(), SIBLING);
        fold("capital letters", changed(|letter| letter.to_ascii_uppercase()), SIBLING);
        fold("an escaped backslash at the end", format!("/{base}%5cx"), SIBLING);
        fold("an escaped NUL at the end", format!("/{base}%00"), SIBLING);
        fold("a longer name", format!("/{base}x"), SIBLING);
        for start in ["static", "assets", "public", "files"] {
            fold("out of an alias", format!("/{start}../{path}"), "alias-traversal");
        }
        fold("out of an alias of its own", format!("/{first}../{path}"), "alias-traversal");
    }
    found
}

/// Folders of which locations of their own are often made.
const FOLDERS: [&str; 13] =
    ["static", "assets", "public", "css", "js", "images", "favicon.ico", "media", "uploads", "files", "docs", "api", "rest"];
/// What other addresses of the same name are asked for, too: one of each kind.
const WORST: [&str; 8] = [
    "with a slash at the end",
    "a page below it",
    "a .php below it",
    ".php",
    "two slashes",
    "a folder and back, with a semicolon",
    "an escaped letter",
    "a capital letter",
];
/// How many of the open paths are tried at each protected one.
const MOST_OPEN: usize = 3;

const SIBLING: &str = "open-sibling";
const REGEX: &str = "open-regex";
const INDEX: &str = "index-around-gate";
const RETURN: &str = "return-before-gate";

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(path: &str) -> Vec<String> {
        let options = Prove::new("http://app.test/".parse().unwrap());
        spellings(path, &options).into_iter().map(|spelling| spelling.target).collect()
    }

    #[test]
    fn path_is_written_in_every_way_that_proxies_and_applications_differ_on() {
        let targets = targets("/admin/users?x=1");
        for target in [
            "/admin/users/?x=1",
            "//admin/users?x=1",
            "/x/../admin/users?x=1",
            "/x/..;/admin/users?x=1",
            "/admin//users?x=1",
            "/admin%2fusers?x=1",
            "/admin/%75sers?x=1",
            "/admin/%2575sers?x=1",
            "/x/..\\admin/users?x=1",
            "/ADMIN/USERS?x=1",
            "/Admin/users?x=1",
            "/admin/users.php?x=1",
            "/admin/users?debug=1",
            "/admin/users?x=1#x",
            "/admin../admin/users?x=1",
            "http://app.test/admin/users?x=1",
            "/admin/users%00?x=1",
        ] {
            assert!(targets.iter().any(|other| other == target), "{target} in {targets:#?}");
        }
    }

    #[test]
    fn the_path_itself_is_not_among_them_and_nothing_is_twice() {
        for path in ["/", "/admin", "/admin/", "/a/b/c?d"] {
            let mut targets = targets(path);
            assert!(!targets.iter().any(|target| target == path), "{path}");
            let count = targets.len();
            targets.sort();
            targets.dedup();
            assert_eq!(targets.len(), count, "{path}");
        }
    }
}
