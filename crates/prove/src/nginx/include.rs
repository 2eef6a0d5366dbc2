//! Reads a configuration: each `include` gets the files that it stands for.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::sync::Arc;

use crate::nginx::configuration::{Configuration, Place};
use crate::nginx::directive::Directive;
use crate::nginx::fault::{Cause, Fault, HELD};
use crate::nginx::files::Files;
use crate::nginx::glob;
use crate::nginx::parse::parse;
use crate::nginx::tree::Tree;
use crate::source::{FileId, Sources, Span};

impl Configuration {
    /// Reads a main file and all that it includes.
    ///
    /// As in nginx, a relative name is one beside the main file, a pattern may match nothing, and blocks do not cross files. Where
    /// nginx would stop at a fault, reading goes on without what cannot be read.
    ///
    /// # Errors
    /// The main file itself cannot be read.
    pub fn load(main: &[u8], files: &dyn Files) -> Result<Self, io::ErrorKind> {
        let text = files.read(main)?;
        let folder = main.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.saturating_add(1));
        let mut loader = Loader {
            files,
            folder: main.get(..folder).unwrap_or_default(),
            sources: Sources::default(),
            ids: BTreeMap::new(),
            open: Vec::new(),
            trees: BTreeMap::new(),
            faults: Vec::new(),
        };
        let id = loader.add(main, text);
        let main = loader.tree(id, Place::Directives);
        Ok(Self { sources: loader.sources, main, trees: loader.trees, faults: loader.faults })
    }
}

/// What is known while files are read.
struct Loader<'f> {
    files: &'f dyn Files,
    /// Where relative names start, with its `/`.
    folder: &'f [u8],
    sources: Sources,
    ids: BTreeMap<Vec<u8>, FileId>,
    /// The files that include each other down to the one at hand.
    open: Vec<FileId>,
    trees: BTreeMap<(FileId, Place), Arc<Tree>>,
    faults: Vec<Fault>,
}

impl Loader<'_> {
    fn add(&mut self, name: &[u8], text: Vec<u8>) -> FileId {
        let id = self.sources.add(name, text);
        self.ids.insert(name.to_vec(), id);
        id
    }

    /// Reads a file that is already among the sources, once for all places that include it.
    fn tree(&mut self, file: FileId, place: Place) -> Arc<Tree> {
        if let Some(tree) = self.trees.get(&(file, place)) {
            return Arc::clone(tree);
        }
        let mut tree = parse(&self.sources, file, place.content());
        self.faults.extend(tree.faults());
        self.open.push(file);
        let mut directives = mem::take(&mut tree.directives);
        // Blocks that are being walked through, with what they belong to; no function calls itself per block.
        let outermost = Arc::get_mut(&mut directives).unwrap_or_default();
        let mut walks = vec![(outermost.iter_mut(), place)];
        while let Some((walk, place)) = walks.last_mut() {
            let place = *place;
            match walk.next() {
                None => drop(walks.pop()),
                Some(include) if include.is("include") && place != Place::Opaque => {
                    let Some(found) = self.included(include, place) else { continue };
                    let weight = found.iter().fold(tree.weight, |sum, tree| sum.saturating_add(tree.weight));
                    if weight > WEIGHT {
                        self.fault(include.span(), Cause::IncludesTooMuch);
                    } else {
                        tree.weight = weight;
                        include.included = Some(found.iter().map(|tree| Arc::clone(&tree.directives)).collect());
                    }
                }
                Some(directive) => {
                    let place = Place::inside(directive);
                    if let Some(block) = &mut directive.block {
                        walks.push((block.children.iter_mut(), place));
                    }
                }
            }
        }
        tree.directives = directives;
        self.open.pop();
        let tree = Arc::new(tree);
        self.trees.insert((file, place), Arc::clone(&tree));
        tree
    }

    /// The files that an `include` stands for; `None` if it does not say.
    fn included(&mut self, include: &Directive, place: Place) -> Option<Vec<Arc<Tree>>> {
        let ([argument], None) = (include.arguments(), include.block()) else {
            self.fault(include.span(), Cause::IncludeForm);
            return None;
        };
        let is_absolute = argument.value().starts_with(b"/");
        let name = [if is_absolute { b"" } else { self.folder }, argument.value()].concat();
        if name.len() > HELD {
            self.fault(argument.span(), Cause::Unreadable(io::ErrorKind::InvalidFilename));
            return None;
        }
        let names = if place != Place::Geo && glob::is_glob(&name) {
            glob::expand(&name, |folder| self.files.names(folder))
        } else {
            vec![name]
        };
        let mut trees = Vec::new();
        for name in names {
            match self.open(&name, place) {
                Ok(tree) => trees.push(tree),
                Err(cause) => self.fault(argument.span(), cause),
            }
        }
        Some(trees)
    }

    fn open(&mut self, name: &[u8], place: Place) -> Result<Arc<Tree>, Cause> {
        if self.open.len() >= DEPTH {
            return Err(Cause::IncludesTooDeep);
        }
        let id = match self.ids.get(name) {
            Some(id) => *id,
            None if self.ids.len() >= FILES => return Err(Cause::IncludesTooMuch),
            None => {
                let text = self.files.read(name).map_err(Cause::Unreadable)?;
                self.add(name, text)
            }
        };
        if self.open.contains(&id) { Err(Cause::IncludesItself) } else { Ok(self.tree(id, place)) }
    }

    fn fault(&mut self, span: Span, cause: Cause) {
        self.faults.push(Fault::new(span, cause));
    }
}

/// How deep files include files. nginx has no limit but that of open files; people need three.
const DEPTH: usize = 20;

/// How many files are read: a hosting machine has a few thousand sites.
const FILES: usize = 20_000;

/// How many directives and entries a configuration has when every include is written out. Twenty files that each include the next
/// one twice are a million; the largest real ones are lists of addresses.
const WEIGHT: usize = 5_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::dump::Dump;

    /// Reads files given as `=== NAME` and the text below; the first is the main one.
    fn load(text: &str) -> Configuration {
        let printed = text.replace("=== ", "# configuration file ").replace(" ===", ":");
        let dump = Dump::parse(printed.as_bytes()).unwrap();
        Configuration::load(dump.main(), &dump).unwrap()
    }

    /// The names of the directives below the outermost, with their places.
    fn inner(configuration: &Configuration) -> Vec<String> {
        let show = |directive: &Directive| {
            format!("{} {}", String::from_utf8_lossy(directive.name()), configuration.sources().place(directive.span()))
        };
        let inner = |outer| Directive::directives(outer).chain(Directive::entries(outer));
        configuration.directives().flat_map(inner).map(show).collect()
    }

    fn causes(configuration: &Configuration) -> Vec<Cause> {
        configuration.faults().iter().map(|fault| fault.cause).collect()
    }

    #[test]
    fn include_is_replaced_by_its_files_in_order() {
        let configuration = load(
            "=== /e/n.conf ===\nhttp { a; include c/*.conf; include 'd'; b; }\n\n\
             === /e/c/2.conf ===\ntwo;\n\n=== /e/c/1.conf ===\none; include d;\n\n=== /e/d ===\n\n\td;\n\n=== /e/c/no ===\n",
        );
        let places =
            ["a /e/n.conf:1:8", "one /e/c/1.conf:1:1", "d /e/d:2:2", "two /e/c/2.conf:1:1", "d /e/d:2:2", "b /e/n.conf:1:42"];
        assert_eq!(inner(&configuration), places);
        assert_eq!(causes(&configuration), []);
        assert_eq!(configuration.sources().iter().count(), 4);
    }

    #[test]
    fn plain_name_without_a_file_is_a_fault_and_a_pattern_is_none() {
        let configuration = load("=== /n.conf ===\ninclude none; include none*; include /none/[a]; include x\\y; x;\n");
        assert_eq!(causes(&configuration), [Cause::Unreadable(io::ErrorKind::NotFound); 2]);
        assert_eq!(configuration.directives().count(), 1);
    }

    #[test]
    fn include_in_data_brings_data_and_in_other_data_is_a_word() {
        let configuration = load(
            "=== /n ===\nmap a b { include c; } geo d { include c; include c*; } types { include c; } match e { include c; }\n\
             split_clients f g { include c; }\n\n=== /c ===\nmap {\n\n",
        );
        let map = "map /c:1:1";
        assert_eq!(inner(&configuration), [map, map, map, "include /n:1:88", "include /n:2:21"]);
        let kinds = [Cause::BlockInData, Cause::NotClosed, Cause::BlockInData, Cause::NotClosed];
        assert!(causes(&configuration).starts_with(&kinds[..1]), "{:?}", causes(&configuration));
        assert!(causes(&configuration).contains(&Cause::Unreadable(io::ErrorKind::NotFound)));
    }

    #[test]
    fn same_file_in_two_contexts_is_read_for_each() {
        let configuration = load("=== /n ===\nmap a b { include c; } http { include c; }\n\n=== /c ===\nmap c { d { e; } }\n\n");
        let [map, http] = configuration.directives().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!(map.entries().map(Directive::name).collect::<Vec<_>>(), [&b"map"[..], b"d", b"e"]);
        assert_eq!(http.directives().map(Directive::name).collect::<Vec<_>>(), [b"map"]);
        assert_eq!(configuration.trees().count(), 3);
    }

    #[test]
    fn blocks_do_not_cross_files() {
        let configuration = load("=== /n ===\nhttp { include c; }\n\n=== /c ===\n} a {\n\n");
        assert_eq!(causes(&configuration), [Cause::NotOpened, Cause::NotClosed]);
        assert_eq!(inner(&configuration), ["a /c:1:3"]);
    }

    #[test]
    fn include_takes_one_name() {
        let configuration = load("=== /n ===\ninclude; include a b; include c { d; } map x y { include; }\n");
        assert_eq!(causes(&configuration), [Cause::IncludeForm; 4]);
    }

    #[test]
    fn file_that_includes_itself_is_read_once() {
        let configuration =
            load("=== /n ===\ninclude a;\n\n=== /a ===\nx; include b;\n\n=== /b ===\ny; include [a]; include ./n; include n;\n");
        assert_eq!(
            causes(&configuration),
            [Cause::IncludesItself, Cause::Unreadable(io::ErrorKind::NotFound), Cause::IncludesItself]
        );
        assert_eq!(configuration.directives().count(), 2);
    }

    #[test]
    fn files_do_not_include_without_end() {
        let chain = |times: usize| {
            let file = |index: usize| format!("=== /{index} ===\nx; {}\n\n", format!("include {};", index + 1).repeat(times));
            load(&((0..30).map(file).collect::<String>() + "=== /30 ===\n"))
        };
        assert_eq!(causes(&chain(1)), [Cause::IncludesTooDeep]);
        assert_eq!(chain(1).directives().count(), 20);
        // 5^20 directives, if written out.
        assert!(causes(&chain(5)).contains(&Cause::IncludesTooMuch));
        assert!(chain(5).directives().count() <= WEIGHT);
    }

    #[test]
    fn comments_are_found_in_included_files() {
        let configuration = load("=== /n ===\n# no\ninclude a;\n\n=== /a ===\n# yes\nx;\n\n");
        let directive = configuration.directives().next().unwrap();
        let comments = configuration.comments_of(directive);
        assert_eq!(comments.iter().map(|span| configuration.sources().text(*span)).collect::<Vec<_>>(), [b"# yes"]);
    }
}
