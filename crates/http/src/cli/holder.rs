//! Whose a credential is that a command makes.

use clap::Args;

/// Whoever holds it.
#[derive(Debug, Args)]
pub(crate) struct Holder {
    /// The user's identifier
    #[arg(long)]
    pub(crate) subject: String,
    /// The user's e-mail address
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The user's name to show
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A group the user is in; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// A scope; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
}
