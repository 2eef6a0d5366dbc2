//! Watching files for change, through symlinks, whatever swaps them: their metadata is looked at several times a second, their
//! content when that has changed, and every second in any case.
//!
//! A change counts once two looks in a row find the same new content, so that a file still being written is left alone.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::reference::{Print, Prints, Stamp};

/// The files a policy depends on, and those of its revocations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    pub(crate) policy: Prints,
    pub(crate) revocations: Prints,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Policy,
    Revocations,
}

/// Looks at the files every [`INTERVAL`] and reports, until the sender of `updates` is gone.
pub(crate) fn run(watched: Watched, updates: &Receiver<Watched>, mut report: impl FnMut(Change)) {
    let mut policy = Watch::new(watched.policy);
    let mut revocations = Watch::new(watched.revocations);
    loop {
        match updates.recv_timeout(INTERVAL) {
            Ok(watched) => {
                policy = Watch::new(watched.policy);
                revocations = Watch::new(watched.revocations);
            }
            Err(RecvTimeoutError::Timeout) => {
                if policy.is_due() && policy.look(Print::of) {
                    report(Change::Policy);
                }
                if revocations.is_due() && revocations.look(Print::of) {
                    report(Change::Revocations);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// One group of files that change together.
#[derive(Debug)]
struct Watch {
    applied: Prints,
    last: Prints,
    stamps: Vec<Option<Stamp>>,
    /// Looks at the metadata alone since the content was read.
    idle: u32,
}

impl Watch {
    /// Watches the files of `applied`, whose content is in force.
    fn new(applied: Prints) -> Self {
        Self { last: applied.clone(), applied, stamps: Vec::new(), idle: 0 }
    }

    /// Whether the content is to be read: the metadata have changed, a change is waiting for the second look, or it is time.
    fn is_due(&mut self) -> bool {
        let stamps: Vec<Option<Stamp>> = self.applied.keys().map(|path| Stamp::of(path)).collect();
        let due = stamps != self.stamps || self.last != self.applied || self.idle >= MOST_IDLE;
        self.stamps = stamps;
        self.idle = if due { 0 } else { self.idle.saturating_add(1) };
        due
    }

    /// Looks once; true if this look and the one before found the same content, and another than is in force.
    fn look(&mut self, print: impl Fn(&Path) -> Print) -> bool {
        let now: Prints = self.applied.keys().map(|path: &PathBuf| (path.clone(), print(path))).collect();
        let changed = now != self.applied && now == self.last;
        self.last = now;
        if changed {
            self.applied = self.last.clone();
        }
        changed
    }
}

/// How often the files are looked at; a change is therefore in force within a third of a second.
const INTERVAL: Duration = Duration::from_millis(100);
/// Not every file system tells every change in the metadata.
const MOST_IDLE: u32 = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn watch(folder: &Folder, names: &[&str]) -> Watch {
        let paths = names.iter().map(|name| folder.path().join(name));
        Watch::new(paths.map(|path| (path.clone(), Print::of(&path))).collect())
    }

    #[test]
    fn changed_file_is_reported_once_at_the_second_equal_look() {
        let folder = Folder::new();
        folder.write("a", "1");
        let mut watch = watch(&folder, &["a"]);
        assert!(!watch.look(Print::of));
        folder.write("a", "2");
        assert_eq!([watch.look(Print::of), watch.look(Print::of), watch.look(Print::of)], [false, true, false]);
    }

    #[test]
    fn file_that_is_still_being_written_is_left_alone() {
        let folder = Folder::new();
        folder.write("a", "1");
        let mut watch = watch(&folder, &["a"]);
        for half in ["2", "2, 3", "2, 3, 4"] {
            folder.write("a", half);
            assert!(!watch.look(Print::of), "{half}");
        }
        assert!(watch.look(Print::of));
    }

    #[test]
    fn file_written_back_as_it_was_is_no_change() {
        let folder = Folder::new();
        folder.write("a", "1");
        let mut watch = watch(&folder, &["a"]);
        folder.write("a", "2");
        assert!(!watch.look(Print::of));
        folder.write("a", "1");
        assert!(!watch.look(Print::of) && !watch.look(Print::of));
    }

    #[test]
    fn second_file_still_changing_holds_back_the_first() {
        let folder = Folder::new();
        folder.write("a", "1");
        folder.write("b", "1");
        let mut watch = watch(&folder, &["a", "b"]);
        folder.write("a", "2");
        assert!(!watch.look(Print::of));
        folder.write("b", "2");
        assert!(!watch.look(Print::of));
        assert!(watch.look(Print::of));
    }

    #[test]
    fn missing_file_is_a_content_too() {
        let folder = Folder::new();
        let mut watch = watch(&folder, &["a"]);
        assert!(!watch.look(Print::of));
        folder.write("a", "1");
        assert_eq!([watch.look(Print::of), watch.look(Print::of)], [false, true]);
        std::fs::remove_file(folder.path().join("a")).unwrap();
        assert_eq!([watch.look(Print::of), watch.look(Print::of)], [false, true]);
    }

    #[cfg(unix)]
    #[test]
    fn swapped_symlink_of_the_folder_is_followed() {
        let folder = Folder::new();
        for (version, content) in [("v1", "1"), ("v2", "2")] {
            std::fs::create_dir(folder.path().join(version)).unwrap();
            folder.write(&format!("{version}/a"), content);
        }
        let link = folder.path().join("current");
        std::os::unix::fs::symlink("v1", &link).unwrap();
        let mut watch = watch(&folder, &["current/a"]);
        std::os::unix::fs::symlink("v2", folder.path().join("next")).unwrap();
        std::fs::rename(folder.path().join("next"), &link).unwrap();
        assert_eq!([watch.look(Print::of), watch.look(Print::of)], [false, true]);
    }

    #[test]
    fn content_is_read_when_the_metadata_change_and_now_and_then() {
        let folder = Folder::new();
        folder.write("a", "1");
        let mut watch = watch(&folder, &["a"]);
        assert!(watch.is_due(), "the first time");
        assert_eq!((1..=10).filter(|_| watch.is_due()).count(), 1, "one look in ten");
        folder.write("a", "22");
        assert!(watch.is_due());
        assert!(!watch.look(Print::of) && watch.is_due(), "the second look at a change is due at once");
        assert!(watch.look(Print::of) && !watch.is_due());
    }

    #[test]
    fn watching_ends_when_nobody_wants_to_know() {
        let (sender, receiver) = std::sync::mpsc::channel();
        drop(sender);
        run(Watched::default(), &receiver, |_| panic!("nothing changed"));
    }
}
