//! A file as it is written.

use serde_json::{Value, json};

use crate::canonical::canonical;
use crate::case::File;

/// A file of vectors: its name, its text, and how many cases it holds.
#[derive(Clone, Debug)]
pub struct Written {
    /// Without `.json`.
    pub name: &'static str,
    /// What is written.
    pub text: String,
    /// How many cases.
    pub cases: usize,
}

impl Written {
    /// Writes a file of another form than decisions: what its cases share, and one case a line.
    #[must_use]
    pub fn new(name: &'static str, shared: &[(&str, Value)], cases: &[Value]) -> Self {
        let head: String = shared.iter().map(|(name, value)| format!("  {}: {},\n", json!(name), canonical(value))).collect();
        let lines: Vec<String> = cases.iter().map(|case| format!("    {}", canonical(case))).collect();
        let text = format!("{{\n{head}  \"cases\": [\n{}\n  ]\n}}\n", lines.join(",\n"));
        Self { name, text, cases: cases.len() }
    }

    /// Returns the file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.json", self.name)
    }
}

impl From<&File> for Written {
    fn from(file: &File) -> Self {
        Self { name: file.name, text: file.text(), cases: file.cases.len() }
    }
}
