//! Blocks within blocks, and which directives are in force in one: nginx inherits a directive only where the inner block has none of
//! that name, and then all lines of it at once.

use crate::nginx::Directive;
use crate::source::Span;

/// One of the blocks of a [`Scopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ScopeId(usize);

/// What kind of block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// `http`, or what stands outside of any block in a file that is meant to be included there.
    Http,
    Server,
    Location,
    /// `if`, in a server or a location.
    If,
    LimitExcept,
}

/// A block with its own directives.
#[derive(Debug)]
pub(crate) struct Scope<'c> {
    pub(crate) block: Block,
    pub(crate) parent: Option<ScopeId>,
    /// The directive whose block it is; none for the outermost.
    pub(crate) directive: Option<&'c Directive>,
    /// In the order of the file.
    own: Vec<&'c Directive>,
    /// Sorted by name; those of one name in the order of the file.
    by_name: Vec<&'c Directive>,
    /// The `if` and `limit_except` blocks in it.
    conditions: Vec<ScopeId>,
    /// What can be in the block, and in it or around it: most questions are about directives that are in neither.
    marks: Marks,
    marks_around: Marks,
}

/// A set of names, some of which look alike: it says for certain that a name is not in it.
#[derive(Clone, Copy, Debug, Default)]
struct Marks(u64);

impl Marks {
    fn of(name: &[u8]) -> Self {
        let mixed = name.iter().fold(0_u32, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        Self(1_u64.wrapping_shl(mixed ^ mixed.wrapping_shr(7)))
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn can_hold(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// All blocks that say what is done with requests.
#[derive(Debug, Default)]
pub(crate) struct Scopes<'c> {
    scopes: Vec<Scope<'c>>,
    /// Blocks with an `include` whose file could not be read.
    unread: Vec<ScopeId>,
}

impl<'c> Scopes<'c> {
    /// Takes in a block.
    pub(crate) fn add(
        &mut self,
        block: Block,
        parent: Option<ScopeId>,
        directive: Option<&'c Directive>,
        own: impl Iterator<Item = &'c Directive>,
    ) -> ScopeId {
        let id = ScopeId(self.scopes.len());
        let own: Vec<_> = own.collect();
        let mut by_name = own.clone();
        by_name.sort_by_key(|directive| directive.name());
        let marks = own.iter().fold(Marks::default(), |marks, directive| marks.and(Marks::of(directive.name())));
        let around = parent.and_then(|parent| self.get(parent)).map(|parent| parent.marks_around).unwrap_or_default();
        let conditions = Vec::new();
        self.scopes.push(Scope { block, parent, directive, own, by_name, conditions, marks, marks_around: marks.and(around) });
        if matches!(block, Block::If | Block::LimitExcept)
            && let Some(parent) = parent.and_then(|parent| self.scopes.get_mut(parent.0))
        {
            parent.conditions.push(id);
        }
        id
    }

    fn get(&self, id: ScopeId) -> Option<&Scope<'c>> {
        self.scopes.get(id.0)
    }

    /// The directive whose block it is.
    pub(crate) fn directive(&self, id: ScopeId) -> Option<&'c Directive> {
        self.get(id)?.directive
    }

    /// The directives of a name in the block itself.
    pub(crate) fn own(&self, id: ScopeId, name: &str) -> &[&'c Directive] {
        self.own_marked(id, name, Marks::of(name.as_bytes()))
    }

    fn own_marked(&self, id: ScopeId, name: &str, mark: Marks) -> &[&'c Directive] {
        let Some(scope) = self.get(id).filter(|scope| scope.marks.can_hold(mark)) else { return &[] };
        let from = scope.by_name.partition_point(|directive| directive.name() < name.as_bytes());
        let rest = scope.by_name.get(from..).unwrap_or_default();
        let length = rest.iter().take_while(|directive| directive.is(name)).count();
        rest.get(..length).unwrap_or_default()
    }

    /// Everything in the block itself, in the order of the file.
    pub(crate) fn all_own(&self, id: ScopeId) -> &[&'c Directive] {
        self.get(id).map(|scope| scope.own.as_slice()).unwrap_or_default()
    }

    /// The lines that are in force: those of the nearest block, outward from this one, that has any.
    pub(crate) fn effective(&self, id: ScopeId, name: &str) -> &[&'c Directive] {
        let mark = Marks::of(name.as_bytes());
        if !self.get(id).is_some_and(|scope| scope.marks_around.can_hold(mark)) {
            return &[];
        }
        self.outward(id).map(|id| self.own_marked(id, name, mark)).find(|lines| !lines.is_empty()).unwrap_or_default()
    }

    /// The last line that is in force: of what can be said once, the only one.
    pub(crate) fn value(&self, id: ScopeId, name: &str) -> Option<&'c Directive> {
        self.effective(id, name).last().copied()
    }

    /// Takes in where an `include` stands whose file could not be read: what is said there is not all known.
    pub(super) fn note_unread(&mut self, include: Span) {
        let holds = |scope: &Scope<'_>| {
            let span = scope.directive.and_then(Directive::block).map(|block| block.span());
            span.is_none_or(|span| span.file == include.file && span.start <= include.start && include.end <= span.end)
        };
        // Inner blocks come later.
        let innermost = self.scopes.iter().rposition(holds);
        self.unread.extend(innermost.map(ScopeId));
    }

    /// Whether no file that the block itself includes is missing.
    pub(crate) fn is_whole(&self, id: ScopeId) -> bool {
        !self.unread.contains(&id)
    }

    /// Whether all that is said of a directive was read: in no block up to that of the nearest line a file is missing.
    pub(crate) fn is_known(&self, id: ScopeId, name: &str) -> bool {
        for scope in self.outward(id) {
            if !self.is_whole(scope) {
                return false;
            }
            if !self.own(scope, name).is_empty() {
                return true;
            }
        }
        true
    }

    /// The `allow` and `deny` that are in force, in their order: the first that fits an address decides. They are inherited together.
    pub(crate) fn addresses(&self, id: ScopeId) -> Vec<&'c Directive> {
        let has_own = |id: &ScopeId| ["allow", "deny"].iter().any(|name| !self.own(*id, name).is_empty());
        let nearest = self.outward(id).find(has_own).map(|id| self.all_own(id)).unwrap_or_default();
        nearest.iter().copied().filter(|line| line.is("allow") || line.is("deny")).collect()
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, id: ScopeId, name: &str) -> bool {
        self.value(id, name).and_then(|line| line.argument(0)) == Some(b"on")
    }

    /// The block and those around it, outward.
    pub(crate) fn outward(&self, id: ScopeId) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(Some(id), |id| self.get(*id)?.parent)
    }

    /// The `if` and `limit_except` blocks in it.
    pub(crate) fn conditions(&self, id: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope<'c>)> {
        let found = self.get(id).map(|scope| scope.conditions.as_slice()).unwrap_or_default();
        found.iter().filter_map(|id| self.get(*id).map(|scope| (*id, scope)))
    }

    /// Every block, outer ones first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ScopeId, &Scope<'c>)> {
        self.scopes.iter().enumerate().map(|(index, scope)| (ScopeId(index), scope))
    }
}
