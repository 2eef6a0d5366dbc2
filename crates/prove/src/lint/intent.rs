//! What the operator means to be so, and what therefore is no finding: paths that are open, headers that carry the identity.

use gatewright::{Authorizer, Config};

/// What is declared beside the configuration.
///
/// In a configuration of nginx the same can be said by comments: `# gatewright: open REASON` at a location, and
/// `# gatewright: identity X-User` anywhere.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Intent<'p> {
    /// Paths that anybody may see; one that ends in `*` stands for all that begin so.
    pub open: &'p [String],
    /// Paths that are protected, with which [`rig()`](crate::rig()) tries most where it does not understand the configuration.
    pub paths: &'p [String],
    /// Headers that tell the application who is asking.
    pub identity: &'p [String],
    /// The policy of the gate, with what decides by it.
    pub policy: Option<(&'p Config, &'p Authorizer)>,
}
