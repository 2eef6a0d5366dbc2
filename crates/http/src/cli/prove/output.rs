//! Where the report goes, and in which form.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gatewright_prove::prove::report::{self, Part};
use gatewright_prove::prove::{Report, Verdict};

use crate::cli::failure::Failure;
use crate::cli::style::Style;

/// Forms of the report.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Also write JUnit's XML to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also write a page for people to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print nothing: the exit code says it, and the files if there are any
    #[arg(long, short, conflicts_with_all = ["format", "json"])]
    quiet: bool,
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Text,
    /// One JSON object, with every request that was made
    Json,
    /// JUnit's XML, for the test report of a CI
    Junit,
    /// A page for people, in one file
    Html,
}

/// Files that wait for the report.
#[derive(Debug)]
pub(super) struct Files(Vec<(Format, PathBuf, File)>);

impl Output {
    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Opens the files before anything is tried: a run is not lost to a name that is wrong, and no report of an earlier one stays.
    pub(super) fn open(&self) -> Result<Files, Failure> {
        let named = [(Format::Junit, &self.junit), (Format::Html, &self.html)];
        let named = named.into_iter().filter_map(|(format, path)| Some((format, path.clone()?)));
        let opened = named.map(|(format, path)| {
            let file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
            Ok((format, path, file))
        });
        Ok(Files(opened.collect::<Result<_, Failure>>()?))
    }

    pub(super) fn write(&self, report: &Report, files: Files, out: &mut dyn Write) -> Result<(), Failure> {
        for (format, path, file) in files.0 {
            let mut file = BufWriter::new(file);
            let written = write(report, format, &mut file).and_then(|()| file.flush());
            written.map_err(|error| unwritable(&path, &error))?;
        }
        if !self.quiet {
            write(report, if self.json { Format::Json } else { self.format }, out)?;
        }
        Ok(())
    }
}

fn write(report: &Report, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => {
            let style = Style::of_stdout();
            let paint = move |part: Part, text: &str| match part {
                Part::Verdict(Verdict::Pass) => style.good(text),
                Part::Verdict(Verdict::Skip) => style.faint(text),
                Part::Verdict(Verdict::Warn | Verdict::Inconclusive) | Part::Nothing => style.warning(text),
                Part::Verdict(Verdict::Open | Verdict::Spoof | Verdict::Loop) => style.bad(text),
                _ => style.strong(text),
            };
            report::text(report, &paint, out)
        }
        Format::Json => report::json(report, out),
        Format::Junit => report::junit(report, out),
        Format::Html => report::html(report, out),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("`{}` cannot be written: {error}", path.display()))
}
