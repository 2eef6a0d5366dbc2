//! A configuration of several files.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::nginx::directive::{Block, Content, Directive, Directives};
use crate::nginx::fault::Fault;
use crate::nginx::tree::Tree;
use crate::source::{FileId, Sources, Span};

/// A main file and all that it includes.
///
/// # Example
/// ```
/// use gatewright_prove::nginx::{Configuration, Disk};
/// assert_eq!(Configuration::load(b"/no/such/file", &Disk).unwrap_err(), std::io::ErrorKind::NotFound);
/// ```
#[derive(Clone, Debug)]
pub struct Configuration {
    pub(crate) sources: Sources,
    pub(crate) main: Arc<Tree>,
    pub(crate) trees: BTreeMap<(FileId, Place), Arc<Tree>>,
    pub(crate) faults: Vec<Fault>,
}

impl Configuration {
    /// The files.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The outermost directives, those of included files among them.
    #[must_use]
    pub fn directives(&self) -> Directives<'_> {
        self.main.directives()
    }

    /// Every file as it was read. One that holds directives here and data there is two.
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.trees.values().map(Arc::as_ref)
    }

    /// What is wrong in any of the files.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The comments that belong to a directive: see [`Tree::comments_of`].
    #[must_use]
    pub fn comments_of(&self, directive: &Directive) -> Vec<Span> {
        let file = directive.span().file;
        let places = [Place::Directives, Place::Data, Place::Geo].into_iter();
        let tree = places.filter_map(|place| self.trees.get(&(file, place))).next();
        tree.map(|tree| tree.comments_of(directive, &self.sources)).unwrap_or_default()
    }
}

/// What an `include` does where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Directives,
    /// In `map` and `types`, which include data.
    Data,
    /// In `geo`, which includes data, but takes a pattern for a name.
    Geo,
    /// Where it is a word like any other.
    Opaque,
}

impl Place {
    pub(crate) fn inside(directive: &Directive) -> Self {
        match directive.block().map(Block::content) {
            Some(Content::Directives) => Self::Directives,
            Some(Content::Data) if directive.is("map") || directive.is("types") => Self::Data,
            Some(Content::Data) if directive.is("geo") => Self::Geo,
            Some(Content::Data | Content::Lua) | None => Self::Opaque,
        }
    }

    pub(crate) const fn content(self) -> Content {
        match self {
            Self::Directives => Content::Directives,
            Self::Data | Self::Geo | Self::Opaque => Content::Data,
        }
    }
}
