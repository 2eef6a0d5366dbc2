//! Writes `vectors/decisions`, or checks that it is what would be written.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use vectors::case::File;
use vectors::token::Signer;
use vectors::topics;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/decisions"));
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => write(folder),
        ["--check"] => check(folder),
        _ => {
            eprintln!("usage: vectors [--check]");
            ExitCode::from(2)
        }
    }
}

fn write(folder: &Path) -> ExitCode {
    let present = read(folder).unwrap_or_default();
    let files = files(&present);
    fs::create_dir_all(folder).expect("the folder of the vectors can be made");
    for (name, text) in texts(&files) {
        if present.get(&name) != Some(&text) {
            fs::write(folder.join(&name), text).expect("a vector file can be written");
            println!("wrote {name}");
        }
    }
    report(&files);
    for stale in stale(&present, &files) {
        fs::remove_file(folder.join(stale)).expect("a file that no topic writes any more can be removed");
        println!("removed {stale}");
    }
    ExitCode::SUCCESS
}

fn check(folder: &Path) -> ExitCode {
    let present = match read(folder) {
        Ok(present) => present,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    let files = files(&present);
    let texts = texts(&files);
    let changed = texts.iter().filter(|(name, text)| present.get(*name) != Some(text)).map(|(name, _)| name.as_str());
    let differing: Vec<&str> = changed.chain(stale(&present, &files)).collect();
    report(&files);
    for name in &differing {
        eprintln!("{name} is not what `cargo run -p vectors` writes");
    }
    if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn files(present: &BTreeMap<String, String>) -> Vec<File> {
    let mut signer = Signer::default();
    present.values().for_each(|text| signer.remember(text));
    topics::files(&signer)
}

fn texts(files: &[File]) -> BTreeMap<String, String> {
    files.iter().map(|file| (format!("{}.json", file.name), file.text())).collect()
}

fn stale<'p>(present: &'p BTreeMap<String, String>, files: &[File]) -> Vec<&'p str> {
    let written = texts(files);
    present.keys().filter(|name| !written.contains_key(*name)).map(String::as_str).collect()
}

fn read(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut present = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            present.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(present)
}

fn report(files: &[File]) {
    for file in files {
        println!("{:>5} {}", file.cases.len(), file.name);
    }
    let count: usize = files.iter().map(|file| file.cases.len()).sum();
    println!("{count} decisions in {} files", files.len());
}
