//! Configurations of nginx are read as nginx reads them: the same are accepted and refused, with the same words, and nothing that
//! anybody could write takes long or panics.

mod agreement;
mod corpus;
mod inclusion;
mod properties;
mod support;
mod variables;
