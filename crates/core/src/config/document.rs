//! The file as a tree of values that know their place, whether it came as TOML or as a JSON value.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::certificate::certificate_headers;
use crate::time::{TimeError, UnixTime, parse_duration};

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Bytes of the text.
    Span { start: usize, end: usize },
    /// A byte of the text; from there on the line is not to be shown.
    Secret { start: usize },
    /// A path into a JSON value (`rule[2].allow`), or the name of an environment variable.
    Named(String),
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) place: Place,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A value of the file.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Bool(bool),
    Array(Vec<Node>),
    Table(Vec<Member>),
    Date(Datetime),
    /// A kind of value that no key takes.
    Other(&'static str),
}

impl fmt::Debug for Value {
    /// Leaves texts out: any of them may be a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::Integer(value) => write!(formatter, "Integer({value})"),
            Self::Bool(value) => write!(formatter, "Bool({value})"),
            Self::Array(elements) => formatter.debug_list().entries(elements).finish(),
            Self::Table(members) => formatter.debug_list().entries(members).finish(),
            Self::Date(date) => write!(formatter, "Date({date})"),
            Self::Other(kind) => write!(formatter, "Other({kind})"),
        }
    }
}

/// A key of a table, with its value.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, place: &Place) -> Self {
        Self { message: message.into(), place: place.clone() }
    }
}

impl Node {
    /// Reads a TOML text.
    pub(super) fn from_toml(text: &str) -> Result<Self, Problem> {
        let table = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            Problem { message, place: Place::Span { start: span.start, end: span.end } }
        })?;
        let place = place_of(&table);
        Ok(Self { place, value: table_value(table.into_inner()) })
    }

    /// Takes a JSON value of the same shape.
    pub(super) fn from_json(value: &serde_json::Value, path: &str) -> Self {
        let place = Place::Named(path.to_owned());
        let value = match value {
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or(Value::Other("a number that is no integer"), Value::Integer)
            }
            serde_json::Value::Null => Value::Other("null"),
            serde_json::Value::Array(items) => {
                let item = |(index, item)| Self::from_json(item, &format!("{path}[{index}]"));
                Value::Array(items.iter().enumerate().map(item).collect())
            }
            serde_json::Value::Object(members) => Value::Table(
                members
                    .iter()
                    .map(|(key, value)| {
                        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                        Member { key: key.clone(), place: Place::Named(path.clone()), node: Self::from_json(value, &path) }
                    })
                    .collect(),
            ),
        };
        Self { place, value }
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Bool(_) => "a boolean",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
            Value::Date(_) => "a date",
            Value::Other(kind) => kind,
        }
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(message, &self.place)
    }

    /// Points at a secret without showing it.
    pub(super) fn secret_place(&self) -> Place {
        match &self.place {
            Place::Span { start, .. } | Place::Secret { start } => Place::Secret { start: *start },
            Place::Named(name) => Place::Named(name.clone()),
        }
    }

    pub(super) fn secret_problem(&self, message: impl Into<String>) -> Problem {
        Problem { message: message.into(), place: self.secret_place() }
    }

    fn wanted(&self, what: &str) -> Problem {
        self.problem(format!("expected {what}, found {}", self.kind()))
    }

    pub(super) fn text(&self) -> Result<&str, Problem> {
        match &self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wanted("a string")),
        }
    }

    pub(super) fn bool(&self) -> Result<bool, Problem> {
        match &self.value {
            Value::Bool(value) => Ok(*value),
            _ => Err(self.wanted("`true` or `false`")),
        }
    }

    /// Reads an integer within limits.
    pub(super) fn integer(&self, least: u64, most: u64) -> Result<u64, Problem> {
        match &self.value {
            Value::Integer(value) => match u64::try_from(*value) {
                Ok(value) if (least..=most).contains(&value) => Ok(value),
                _ => Err(self.problem(format!("{value} is not between {least} and {most}"))),
            },
            _ => Err(self.wanted("an integer")),
        }
    }

    /// Reads a duration within limits, in seconds.
    pub(super) fn duration(&self, least: u64, most: u64) -> Result<u64, Problem> {
        let text = self.text().map_err(|_| self.wanted("a duration such as \"90s\", \"15m\", \"12h\" or \"7d\""))?;
        let seconds = parse_duration(text).ok_or_else(|| {
            self.problem(format!("`{text}` is not a duration; write a number and one of s, m, h, d, such as \"15m\""))
        })?;
        if (least..=most).contains(&seconds) {
            return Ok(seconds);
        }
        Err(self.problem(format!("`{text}` is {seconds} s, which is not between {least} s and {most} s")))
    }

    /// Reads a size (`8KiB`, or bytes as an integer) within limits.
    pub(super) fn size(&self, least: u64, most: u64) -> Result<u64, Problem> {
        if let Value::Integer(_) = &self.value {
            return self.integer(least, most);
        }
        let text = self.text().map_err(|_| self.wanted("a size such as \"8KiB\""))?;
        let bytes = text.strip_suffix("KiB").and_then(|number| number.trim().parse::<u64>().ok()?.checked_mul(1024));
        match bytes {
            Some(bytes) if (least..=most).contains(&bytes) => Ok(bytes),
            Some(_) => Err(self.problem(format!("`{text}` is not between {} KiB and {} KiB", least >> 10, most >> 10))),
            None => Err(self.problem(format!("`{text}` is not a size; write such as \"8KiB\""))),
        }
    }

    /// Reads a moment: seconds since 1970, or a date with time and offset (RFC 3339), which may be a string.
    pub(super) fn moment(&self) -> Result<UnixTime, Problem> {
        let moment = match &self.value {
            Value::Integer(_) => return self.integer(0, UnixTime::MAX.as_secs()).map(UnixTime::from_secs),
            Value::Date(date) => UnixTime::from_datetime(*date),
            Value::Text(text) => text.parse(),
            _ => return Err(self.wanted("a moment such as 2026-12-31T23:59:59Z")),
        };
        moment.map_err(|error: TimeError| self.problem(error.to_string()))
    }

    pub(super) fn array(&self) -> Result<&[Self], Problem> {
        match &self.value {
            Value::Array(items) => Ok(items),
            _ => Err(self.wanted("an array")),
        }
    }

    /// Reads an array of tables that the file writes with two brackets.
    pub(super) fn tables(&self, shown: &str) -> Result<&[Self], Problem> {
        self.array().map_err(|_| self.problem(format!("write `{shown}`, with two brackets: there may be several")))
    }

    /// Reads the name of a header that carries a credential, and returns it in lower case.
    pub(super) fn header_name(&self) -> Result<String, Problem> {
        let name = self.text()?;
        let lower = name.to_ascii_lowercase();
        if !is_token(name) {
            return Err(self.problem(format!("`{name}` is no header name")));
        }
        if is_reserved(&lower) {
            return Err(self.problem(format!("the header `{name}` has another use")));
        }
        Ok(lower)
    }

    /// Reads an array with at least one element, each through `read`.
    pub(super) fn list<T>(&self, read: impl FnMut(&Self) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
        let items = self.array()?;
        if items.is_empty() {
            return Err(self.problem("an empty list matches nothing; name at least one, or leave the key out"));
        }
        items.iter().map(read).collect()
    }

    /// Reads a list of non-empty strings.
    pub(super) fn texts(&self) -> Result<Vec<String>, Problem> {
        self.list(|item| match item.text()? {
            "" => Err(item.problem("an empty string matches nothing here")),
            text => Ok(text.to_owned()),
        })
    }

    /// Opens a table for reading key by key; `name` is what messages call it.
    pub(super) fn table(&self, name: &'static str) -> Result<Table<'_>, Problem> {
        match &self.value {
            Value::Table(members) => Ok(Table { name, place: &self.place, members: members.iter().collect(), known: Vec::new() }),
            _ => Err(self.wanted("a table")),
        }
    }
}

/// A table that is read key by key; what is left over at the end is unknown.
#[derive(Debug)]
pub(super) struct Table<'n> {
    name: &'static str,
    pub(super) place: &'n Place,
    members: Vec<&'n Member>,
    known: Vec<&'static str>,
}

impl<'n> Table<'n> {
    /// Takes the value of a key, if it is there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let position = self.members.iter().position(|member| member.key == key)?;
        Some(&self.members.remove(position).node)
    }

    /// Takes the value of a key that must be there.
    pub(super) fn require(&mut self, key: &'static str) -> Result<&'n Node, Problem> {
        if let Some(node) = self.take(key) {
            return Ok(node);
        }
        let misspelt = |member: &&&Member| key.len() > 3 && strsim::damerau_levenshtein(&member.key, key) <= 2;
        Err(match self.members.iter().find(misspelt) {
            Some(member) => self.unknown(member, &format!("did you mean `{key}`?")),
            None => Problem::new(format!("{} needs the key `{key}`", self.shown()), self.place),
        })
    }

    /// Takes every key that is left.
    pub(super) fn rest(&mut self) -> Vec<&'n Member> {
        std::mem::take(&mut self.members)
    }

    /// Reports a key that nothing took.
    pub(super) fn finish(self) -> Result<(), Problem> {
        self.require_known(&self.known)
    }

    /// Reports a key that is none of these, before any is read.
    pub(super) fn require_known(&self, known: &[&'static str]) -> Result<(), Problem> {
        let Some(member) = self.members.iter().find(|member| !known.contains(&member.key.as_str())) else { return Ok(()) };
        Err(self.unknown(member, &suggestion(&member.key, known, "known keys:")))
    }

    fn unknown(&self, member: &Member, hint: &str) -> Problem {
        Problem::new(format!("unknown key `{}` in {}; {hint}", member.key, self.shown()), &member.place)
    }

    /// The name as a sentence has it: a key or `[table]` in quotes, a description as it is.
    fn shown(&self) -> String {
        if self.name.starts_with("the ") { self.name.to_owned() } else { format!("`{}`", self.name) }
    }
}

/// Whether a header, in lower case, says something that this software reads in its own place, and believes only there.
pub(super) fn is_reserved(header: &str) -> bool {
    let own = ["authorization", "cookie", "host", "dpop", "forwarded", "x-real-ip", "x-gatewright-proxy"];
    own.contains(&header)
        || ["x-forwarded-", "x-original-"].iter().any(|prefix| header.starts_with(prefix))
        || certificate_headers().any(|it| it == header)
}

/// RFC 9110 §5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Returns the known word that a mistyped one most likely means.
pub(super) fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(word, known);
    let best = known.iter().copied().min_by_key(|known| distance(known))?;
    (distance(&best) <= word.len().max(best.len()).div_ceil(3)).then_some(best)
}

/// Says which known word is meant, or, after `otherwise`, all of them.
pub(super) fn suggestion(word: &str, known: &[&str], otherwise: &str) -> String {
    match closest(word, known) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("{otherwise} {}", known.join(", ")),
    }
}

fn place_of<T>(spanned: &Spanned<T>) -> Place {
    Place::Span { start: spanned.span().start, end: spanned.span().end }
}

fn node(spanned: Spanned<DeValue<'_>>) -> Node {
    let place = place_of(&spanned);
    let value = match spanned.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or(Value::Other("an integer that is too large"), Value::Integer),
        DeValue::Float(_) => Value::Other("a floating-point number"),
        DeValue::Datetime(date) => Value::Date(date),
        DeValue::Array(items) => Value::Array(items.into_iter().map(node).collect()),
        DeValue::Table(table) => table_value(table),
    };
    Node { place, value }
}

fn table_value(table: DeTable<'_>) -> Value {
    let member = |(key, value): (Spanned<std::borrow::Cow<'_, str>>, Spanned<DeValue<'_>>)| Member {
        place: place_of(&key),
        key: key.into_inner().into_owned(),
        node: node(value),
    };
    Value::Table(table.into_iter().map(member).collect())
}
