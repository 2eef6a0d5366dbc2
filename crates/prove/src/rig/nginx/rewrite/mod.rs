//! A configuration written anew, so that it runs without root in a temporary folder and reaches nothing but loopback.
//!
//! Only what has to differ does, to the byte: addresses, paths of files, what needs root. Lines stay lines; included files are written
//! where they are included, since the same file can mean something else in another place.

mod address;
mod edit;
mod listen;
mod rename;
#[cfg(test)]
mod testing;

pub(crate) use edit::RETURN;

use std::io;

use super::plan::Plan;
use crate::lint::Subject;
use crate::model::{LocationId, ServerId};
use crate::nginx::{Content, Directive, Word};
use crate::source::Span;
use edit::Edit;

/// What nginx is given.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) text: Vec<u8>,
    /// Where pieces of the configuration start in the text, in order.
    places: Vec<(usize, Span)>,
}

/// What a directive stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Main,
    Http,
    Server(ServerId, LocationId),
    Location(ServerId, LocationId),
    /// `if` and `limit_except`.
    Condition(ServerId, LocationId),
    /// A group of programs, by the span of its line.
    Upstream(Span),
    Other,
}

struct Writer<'s, 'c> {
    subject: &'s Subject<'c>,
    plan: &'s mut Plan,
    text: Vec<u8>,
    places: Vec<(usize, Span)>,
    /// All locations in the order of the file, of which so many are behind.
    locations: Vec<LocationId>,
    seen: usize,
    /// Variables that hold addresses, with the port behind them.
    holders: address::Holders,
    /// Whether there is a listen with TLS, which is taken off.
    is_unwrapped: bool,
}

/// Writes a configuration anew.
///
/// # Errors
/// No port of loopback is free.
pub(crate) fn rewrite(subject: &Subject<'_>, plan: &mut Plan) -> io::Result<Rewritten> {
    let model = &subject.model;
    let configuration = model.configuration;
    let locations = model.locations().map(|(id, _)| id).collect();
    let holders = address::holders(subject);
    let is_unwrapped = listen::has_tls(subject);
    let mut writer = Writer { subject, plan, text: Vec::new(), places: Vec::new(), locations, seen: 0, holders, is_unwrapped };
    // Addresses of variables are known only behind; what stands in `http` is put in at last.
    let outermost: Vec<&Directive> = configuration.directives().collect();
    let has = |name: &str| outermost.iter().any(|directive| directive.is(name));
    let around = if has("http") { Around::Main } else { Around::Http };
    if !has("events") {
        writer.text.extend_from_slice(b"events { } ");
    }
    let is_bare = !has("http");
    let mut start = None;
    if is_bare {
        writer.text.extend_from_slice(b"http { ");
        start = Some(writer.text.len());
        if has("location") {
            return Err(io::Error::other("locations outside of any server: give the main file"));
        }
    }
    let main = configuration.main.as_ref();
    writer.file(main.file(), &main.directives, around, &mut start)?;
    if is_bare {
        writer.text.extend_from_slice(b"\n}\n");
    }
    let Writer { mut text, mut places, plan, is_unwrapped, .. } = writer;
    if let Some(at) = start {
        let put = edit::in_http(plan, is_unwrapped);
        for (place, _) in places.iter_mut().filter(|(place, _)| *place >= at) {
            *place = place.saturating_add(put.len());
        }
        text.splice(at..at, put);
    }
    Ok(Rewritten { text, places })
}

impl Writer<'_, '_> {
    /// A file with its directives.
    fn file(
        &mut self,
        file: crate::source::FileId,
        directives: &[Directive],
        around: Around,
        http: &mut Option<usize>,
    ) -> io::Result<()> {
        let length = self.subject.model.configuration.sources().get(file).map_or(0, |source| source.text().len());
        self.list(Span { file, start: 0, end: length }, directives, around, http)
    }

    /// What stands in a span, in which these are the directives.
    fn list(&mut self, span: Span, directives: &[Directive], around: Around, http: &mut Option<usize>) -> io::Result<()> {
        let mut at = span.start;
        for directive in directives {
            self.copy(Span { start: at, end: directive.span().start, ..span });
            self.directive(directive, around, http)?;
            at = directive.span().end;
        }
        self.copy(Span { start: at, ..span });
        Ok(())
    }

    fn directive(&mut self, directive: &Directive, around: Around, http: &mut Option<usize>) -> io::Result<()> {
        if let Some(files) = &directive.included {
            for directives in files {
                let Some(first) = directives.first() else { continue };
                self.text.push(b'\n');
                self.file(first.span().file, directives, around, http)?;
                self.text.push(b'\n');
            }
            return Ok(());
        }
        let inside = self.inside(directive, around);
        match edit::edit(self, directive, around)? {
            Edit::Drop => self.drop(directive.span()),
            Edit::Whole(text) => {
                self.mark(directive.span());
                self.text.extend_from_slice(&text);
            }
            Edit::Words(words) => self.words(directive, &words, inside, http)?,
        }
        Ok(())
    }

    /// Its words, of which some are others, and then its block.
    fn words(
        &mut self,
        directive: &Directive,
        other: &[(usize, Vec<u8>)],
        inside: Around,
        http: &mut Option<usize>,
    ) -> io::Result<()> {
        let span = directive.span();
        let mut at = span.start;
        for (index, word) in directive.words().iter().enumerate() {
            self.copy(Span { start: at, end: word.span().start, ..span });
            match other.iter().find(|(other, _)| *other == index) {
                Some((_, value)) => {
                    self.mark(word.span());
                    let quoted = quoted(value);
                    self.text.extend_from_slice(&quoted);
                }
                None => self.word(word),
            }
            at = word.span().end;
        }
        let Some(block) = directive.block() else {
            self.copy(Span { start: at, ..span });
            return Ok(());
        };
        self.copy(Span { start: at, end: block.span().start, ..span });
        if directive.is("http") && http.is_none() {
            *http = Some(self.text.len());
        }
        if block.content() == Content::Lua {
            self.copy(block.span());
        } else {
            let put = edit::in_block(self, inside);
            self.text.extend_from_slice(put.as_bytes());
            self.list(block.span(), &block.children, inside, http)?;
        }
        self.copy(Span { start: block.span().end, ..span });
        Ok(())
    }

    fn word(&mut self, word: &Word) {
        let raw = self.subject.model.configuration.sources().text(word.span());
        if self.is_unwrapped && raw.contains(&b'$') {
            let renamed = rename::renamed(raw);
            self.mark(word.span());
            self.text.extend_from_slice(&renamed);
        } else {
            self.copy(word.span());
        }
    }

    /// What is in a directive's block; counts servers and locations as the model has.
    fn inside(&mut self, directive: &Directive, around: Around) -> Around {
        let mut next = || {
            let id = self.locations.get(self.seen).copied();
            self.seen = self.seen.saturating_add(1);
            id
        };
        match (directive.name(), around) {
            (b"http", Around::Main) => Around::Http,
            (b"upstream", Around::Http) => {
                let name = directive.arguments().first().map_or(directive.span(), Word::span);
                Around::Upstream(name)
            }
            (b"server", Around::Http) => {
                next().map_or(Around::Other, |id| Around::Server(self.subject.model.location(id).server, id))
            }
            (b"location", Around::Server(server, _) | Around::Location(server, _)) => {
                next().map_or(Around::Other, |id| Around::Location(server, id))
            }
            (b"if" | b"limit_except", Around::Server(server, id) | Around::Location(server, id)) => Around::Condition(server, id),
            _ => Around::Other,
        }
    }

    /// Takes bytes over as they are.
    fn copy(&mut self, span: Span) {
        self.mark(span);
        let text = self.subject.model.configuration.sources().text(span);
        self.text.extend_from_slice(text);
    }

    /// Leaves bytes out, but keeps the lines.
    fn drop(&mut self, span: Span) {
        let text = self.subject.model.configuration.sources().text(span);
        let feeds = text.iter().filter(|byte| **byte == b'\n').count();
        self.text.extend(std::iter::repeat_n(b'\n', feeds));
    }

    fn mark(&mut self, span: Span) {
        if span.start < span.end {
            self.places.push((self.text.len(), span));
        }
    }
}

impl Rewritten {
    /// What stood in the configuration where a line of the text is.
    pub(crate) fn original(&self, line: usize) -> Option<Span> {
        let mut lines = self.text.split_inclusive(|byte| *byte == b'\n');
        let start = lines.by_ref().take(line.checked_sub(1)?).fold(0, |sum: usize, line| sum.saturating_add(line.len()));
        let blank = lines.next()?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let at = start.saturating_add(blank);
        let before = self.places.partition_point(|(place, _)| *place <= at);
        let (place, span) = self.places.get(before.checked_sub(1)?)?;
        let skipped = at.saturating_sub(*place).min(span.end.saturating_sub(span.start));
        Some(Span { start: span.start.saturating_add(skipped), ..*span })
    }
}

/// A word in quotes.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
    text
}
