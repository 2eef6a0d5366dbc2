//! nginx as a second opinion, and bytes that nobody would write.

pub(crate) mod corpus;
pub(crate) mod holds;
pub(crate) mod nginx;
pub(crate) mod random;
