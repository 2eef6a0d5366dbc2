//! What `nginx -T` prints: every file that was read, behind a line with its name. This is what runs, all includes resolved.

use std::collections::BTreeSet;
use std::io;

use crate::nginx::files::Files;

/// A dump, cut into its files.
///
/// # Example
/// ```
/// let dump = gatewright_prove::nginx::Dump::parse(b"# configuration file /etc/nginx/nginx.conf:\nevents {}\n\n").unwrap();
/// assert_eq!(dump.main(), b"/etc/nginx/nginx.conf");
/// assert!(gatewright_prove::nginx::Dump::parse(b"events {}").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Dump<'t> {
    /// Each file's name and text, the main one first.
    files: Vec<(&'t [u8], &'t [u8])>,
}

impl<'t> Dump<'t> {
    /// Cuts a dump; `None` if this is something else.
    ///
    /// Before the first file may stand what nginx says to standard error. A line that names a file a second time is no mark, since
    /// nginx prints each once; but a comment that looks like the mark of a file not yet seen cannot be told from one.
    #[must_use]
    pub fn parse(text: &'t [u8]) -> Option<Self> {
        let mut files: Vec<(&[u8], &[u8])> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut at = 0_usize;
        let mut start = 0_usize;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let end = at.saturating_add(line.len());
            match marked(line).filter(|name| seen.insert(*name)) {
                Some(name) => {
                    if let Some(last) = files.last_mut() {
                        last.1 = text.get(start..at).map(without_added_line_feed).unwrap_or_default();
                    }
                    files.push((name, b""));
                    start = end;
                }
                None if files.is_empty() && !is_message(line) => return None,
                None => {}
            }
            at = end;
        }
        files.last_mut()?.1 = text.get(start..).map(without_added_line_feed).unwrap_or_default();
        Some(Self { files })
    }

    /// The name of the main file.
    #[must_use]
    pub fn main(&self) -> &'t [u8] {
        self.files.first().map(|(name, _)| *name).unwrap_or_default()
    }

    /// The names and texts of the files, in the order in which nginx opened them.
    pub fn files(&self) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
        self.files.iter().copied()
    }
}

impl Files for Dump<'_> {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        let found = self.files.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.to_vec()).ok_or(io::ErrorKind::NotFound)
    }

    fn names(&self, folder: &[u8]) -> Vec<Vec<u8>> {
        let inside = self.files.iter().filter_map(|(name, _)| name.strip_prefix(folder));
        let firsts = inside.filter_map(|rest| rest.split(|byte| *byte == b'/').next());
        let mut names: Vec<Vec<u8>> = firsts.filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The file that a line names.
fn marked(line: &[u8]) -> Option<&[u8]> {
    let name = line.strip_prefix(b"# configuration file ")?;
    // A CR, if the dump came over Windows.
    let name = name.strip_suffix(b":\n").or_else(|| name.strip_suffix(b":\r\n"))?;
    (!name.is_empty()).then_some(name)
}

/// Whether nginx says this to standard error, by itself or into a log: `nginx: …`, `2026/01/02 …`, `[warn] …`.
fn is_message(line: &[u8]) -> bool {
    let is_level = |level: &&str| line.strip_prefix(b"[").is_some_and(|rest| rest.starts_with(level.as_bytes()));
    line.trim_ascii().is_empty()
        || line.starts_with(b"nginx: ")
        || matches!(line, [a, b, c, d, b'/' | b'-', ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()))
        || LEVELS.iter().any(is_level)
}

const LEVELS: [&str; 8] = ["debug] ", "info] ", "notice] ", "warn] ", "error] ", "crit] ", "alert] ", "emerg] "];

/// nginx prints one behind each file.
fn without_added_line_feed(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &[u8] = b"nginx: the configuration file /e/nginx.conf syntax is ok\n\
        nginx: configuration file /e/nginx.conf test is successful\n\
        # configuration file /e/nginx.conf:\nhttp {\n include /e/c/*;\n}\n\n\
        # configuration file /e/c/b:\na;\n# configuration file /e/nginx.conf:\nb;\n\
        # configuration file /e/c/x/y:\n";

    #[test]
    fn files_are_what_nginx_read() {
        let dump = Dump::parse(PRINTED).unwrap();
        let files: Vec<_> = dump.files().collect();
        assert_eq!(
            files,
            [
                (&b"/e/nginx.conf"[..], &b"http {\n include /e/c/*;\n}\n"[..]),
                (b"/e/c/b", b"a;\n# configuration file /e/nginx.conf:\nb;"),
                (b"/e/c/x/y", b""),
            ]
        );
    }

    #[test]
    fn folders_are_those_of_the_names() {
        let dump = Dump::parse(PRINTED).unwrap();
        assert_eq!(dump.names(b"/e/"), [&b"c"[..], b"nginx.conf"]);
        assert_eq!(dump.names(b"/e/c/"), [&b"b"[..], b"x"]);
        assert_eq!(dump.names(b"/f/"), Vec::<Vec<u8>>::new());
        assert_eq!(dump.read(b"/e/c/z"), Err(io::ErrorKind::NotFound));
    }

    #[test]
    fn other_text_is_no_dump() {
        for text in [
            &b""[..],
            b"\n",
            b"nginx: [emerg] no\n",
            b"events {}\n# configuration file /e/nginx.conf:\n",
            b"# configuration file x\n",
            b"# configuration file :\n",
            b" # configuration file x:\n",
            b"[http]\n# configuration file x:\n",
            b"nginx {}\n# configuration file x:\n",
        ] {
            assert!(Dump::parse(text).is_none());
        }
        assert!(Dump::parse(b"2026/01/02 03:04:05 [warn] 1#1: x\n# configuration file x:\r\n").is_some());
        assert!(Dump::parse(b"[warn] 1#1: x\nnginx: y\n2026-01-02T03:04:05 z\n\n# configuration file x:\n").is_some());
    }
}
