//! Biscuits made, narrowed and looked into: what the other side of `[[biscuit]]` does.
//!
//! Here and not in the engine, because new blocks need new keys, and those need randomness. What the tokens mean is the engine's
//! to say: every minted token is shown to it before it is handed out.

mod restriction;
#[cfg(test)]
mod tests;

use std::fmt;

use biscuit_auth::builder::{fact, string};
use biscuit_auth::error::Token as TokenError;
use biscuit_auth::{Biscuit, KeyPair, PrivateKey, UnverifiedBiscuit};
use gatewright::{Authorizer, Config};

pub use self::restriction::Restrictions;

/// The private half of a root key. Its `Debug` shows the public half.
///
/// # Example
/// ```
/// use gatewright_issuer::biscuit::RootKey;
/// let key = RootKey::generate();
/// assert!(key.private_text().starts_with("ed25519-private/") && key.public_text().starts_with("ed25519/"));
/// assert_eq!(RootKey::parse(&key.private_text())?.public_text(), key.public_text());
/// # Ok::<(), gatewright_issuer::biscuit::BiscuitError>(())
/// ```
pub struct RootKey(KeyPair);

/// What cannot be done with a token, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BiscuitError(String);

/// Whose a token is, in facts that the documented `identity` queries find: `user`, `email`, `name`, `group`, `scope`.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    /// The user's identifier.
    pub subject: String,
    /// The user's e-mail address.
    pub email: Option<String>,
    /// The user's name to show.
    pub name: Option<String>,
    /// The groups the user is in.
    pub groups: Vec<String>,
    /// The scopes the token has.
    pub scopes: Vec<String>,
}

/// What a token holds; nobody vouches for any of it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Which root key it says it is signed with.
    pub key_id: Option<u32>,
    /// Whether nothing can be appended to it.
    pub sealed: bool,
    /// The blocks, in order.
    pub blocks: Vec<InspectedBlock>,
}

/// A block of a token.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedBlock {
    /// Its facts, rules and checks as datalog. What could act on a terminal is escaped.
    pub datalog: String,
    /// The key of the third party that signed it, if one did.
    pub signer: Option<String>,
    /// What `tokens` of a list of revocations names to revoke it, and every token made from it.
    pub revocation_id: String,
}

impl RootKey {
    /// Makes an Ed25519 key.
    #[must_use]
    pub fn generate() -> Self {
        Self(KeyPair::new())
    }

    /// Reads `ed25519-private/<hex>` or `secp256r1-private/<hex>`.
    ///
    /// # Errors
    /// It is no such text. What it says is not repeated.
    pub fn parse(text: &str) -> Result<Self, BiscuitError> {
        let private: Result<PrivateKey, _> = text.trim().parse();
        let wrong = |_| BiscuitError("this is no private key such as `ed25519-private/<64 hexadecimal digits>`".to_owned());
        Ok(Self(KeyPair::from(&private.map_err(wrong)?)))
    }

    /// Returns the private half, in the form that [`RootKey::parse`] reads.
    #[must_use]
    pub fn private_text(&self) -> String {
        self.0.private().to_prefixed_string()
    }

    /// Returns the public half, in the form that the policy file takes.
    #[must_use]
    pub fn public_text(&self) -> String {
        self.0.public().to_string()
    }

    /// Makes a token.
    ///
    /// # Errors
    /// The engine would not accept it: the reason is said with its code.
    ///
    /// # Example
    /// ```
    /// use gatewright_issuer::biscuit::{Holder, Restrictions, RootKey};
    /// let holder = Holder { subject: "report-bot".to_owned(), ..Holder::default() };
    /// let narrow = Restrictions::default().method("GET")?.path("/reports/**")?.until("2026-12-04T00:00:00Z".parse()?);
    /// let token = RootKey::generate().mint(None, &holder, &narrow)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mint(&self, key_id: Option<u32>, holder: &Holder, narrow: &Restrictions) -> Result<String, BiscuitError> {
        let mut builder = Biscuit::builder().merge(narrow.block()?);
        let lists = holder.groups.iter().map(|group| ("group", group)).chain(holder.scopes.iter().map(|scope| ("scope", scope)));
        let singles = holder.email.iter().map(|email| ("email", email)).chain(holder.name.iter().map(|name| ("name", name)));
        for (predicate, text) in std::iter::once(("user", &holder.subject)).chain(singles).chain(lists) {
            builder = builder.fact(fact(predicate, &[string(text)])).map_err(refused)?;
        }
        if let Some(id) = key_id {
            builder = builder.root_key_id(id);
        }
        let token = builder.build(&self.0).and_then(|token| token.to_base64()).map_err(refused)?;
        self.check(&token)?;
        Ok(token)
    }

    /// Shows the token to the engine.
    fn check(&self, token: &str) -> Result<(), BiscuitError> {
        let config = format!(
            "version = 1\n[[biscuit]]\npublic_keys = [\"{}\"]\nidentity = {{ subject = \"data($v) <- user($v)\", \
             email = \"data($v) <- email($v)\", name = \"data($v) <- name($v)\", groups = \"data($v) <- group($v)\", \
             scopes = \"data($v) <- scope($v)\" }}\nmax_token = \"64KiB\"\n",
            self.public_text()
        );
        let authorizer = Config::from_toml(&config).and_then(|config| Authorizer::new(&config));
        let authorizer = authorizer.map_err(|error| BiscuitError(error.to_string()))?;
        authorizer.inspect_biscuit(token).map_err(|reason| BiscuitError(format!("it would be refused: {reason}")))?;
        Ok(())
    }
}

/// Appends a block that narrows a token, which needs no key: whoever holds a token may make it weaker.
///
/// With `seal`, nothing can be appended afterwards.
///
/// # Errors
/// The text is no biscuit, it is sealed, or the restrictions are empty and nothing is to be sealed.
///
/// # Example
/// ```
/// use gatewright_issuer::biscuit::{Holder, Restrictions, RootKey, attenuate, inspect};
/// let holder = Holder { subject: "alice".to_owned(), ..Holder::default() };
/// let token = RootKey::generate().mint(None, &holder, &Restrictions::default())?;
/// let weaker = attenuate(&token, &Restrictions::default().method("GET")?, true)?;
/// assert_eq!(inspect(&weaker)?.blocks[1].datalog, "check if operation($o), {\"GET\", \"HEAD\"}.contains($o);\n");
/// assert!(attenuate(&weaker, &Restrictions::default().method("POST")?, false).is_err(), "sealed");
/// # Ok::<(), gatewright_issuer::biscuit::BiscuitError>(())
/// ```
pub fn attenuate(token: &str, narrow: &Restrictions, seal: bool) -> Result<String, BiscuitError> {
    let mut token = UnverifiedBiscuit::from_base64(padded(token)).map_err(no_biscuit)?;
    if narrow.is_empty() && !seal {
        return Err(BiscuitError("there is nothing to narrow it to".to_owned()));
    }
    if !narrow.is_empty() {
        token = token.append(narrow.block()?).map_err(refused)?;
    }
    if seal {
        token = token.seal().map_err(refused)?;
    }
    token.to_base64().map_err(refused)
}

/// Reads what a token holds. Signatures are not checked: [`Authorizer::inspect_biscuit`] does that.
///
/// # Errors
/// The text is no biscuit.
///
/// # Example
/// ```
/// use gatewright_issuer::biscuit::{Holder, Restrictions, RootKey, inspect};
/// let holder = Holder { subject: "alice".to_owned(), ..Holder::default() };
/// let token = RootKey::generate().mint(Some(7), &holder, &Restrictions::default())?;
/// let inspected = inspect(&token)?;
/// assert_eq!((inspected.key_id, inspected.sealed), (Some(7), false));
/// assert_eq!(inspected.blocks[0].datalog, "user(\"alice\");\n");
/// # Ok::<(), gatewright_issuer::biscuit::BiscuitError>(())
/// ```
pub fn inspect(token: &str) -> Result<Inspected, BiscuitError> {
    let token = UnverifiedBiscuit::from_base64(padded(token)).map_err(no_biscuit)?;
    let ids = token.revocation_identifiers();
    let signers = token.external_public_keys();
    let mut blocks = Vec::with_capacity(ids.len());
    for (index, (id, signer)) in ids.iter().zip(signers).enumerate() {
        blocks.push(InspectedBlock {
            datalog: printable(&token.print_block_source(index).map_err(no_biscuit)?),
            signer: signer.map(|key| key.to_string()),
            revocation_id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        });
    }
    Ok(Inspected { key_id: token.root_key_id(), sealed: token.seal().is_err(), blocks })
}

/// Adds the padding that `biscuit-auth` wants and a header need not have.
fn padded(token: &str) -> String {
    let token = token.trim().trim_end_matches('=');
    let missing = token.len().next_multiple_of(4).saturating_sub(token.len());
    format!("{token}{}", "=".repeat(missing))
}

fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let hidden = character.is_control() && character != '\n';
            let escaped = hidden.then(|| character.escape_unicode());
            escaped.into_iter().flatten().chain((!hidden).then_some(character))
        })
        .collect()
}

fn no_biscuit(error: impl Into<TokenError>) -> BiscuitError {
    BiscuitError(format!("this is no biscuit: {}", error.into()))
}

fn refused(error: TokenError) -> BiscuitError {
    BiscuitError(match error {
        TokenError::AppendOnSealed | TokenError::AlreadySealed => "the token is sealed: nothing can be appended to it".to_owned(),
        other => other.to_string(),
    })
}

impl fmt::Display for BiscuitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BiscuitError {}

impl fmt::Debug for RootKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RootKey({})", self.public_text())
    }
}
