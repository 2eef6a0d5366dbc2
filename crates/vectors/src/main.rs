//! Writes the files of `vectors/`, or checks that they are what would be written.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vectors::token::Signer;
use vectors::{Written, attacks, topics};

/// The folders, and what makes their files.
const FOLDERS: [(&str, Make); 2] = [("decisions", topics::written), ("attacks", attacks::written)];

type Make = fn(&Signer) -> Vec<Written>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let write = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => true,
        ["--check"] => false,
        _ => {
            eprintln!("usage: vectors [--check]");
            return ExitCode::from(2);
        }
    };
    let mut all_same = true;
    for (name, make) in FOLDERS {
        let folder = Folder::read(name);
        let files = folder.make(make);
        if write {
            folder.write(&files);
        } else {
            all_same &= folder.is_the_same(&files);
        }
        report(name, &files);
    }
    if all_same { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A folder as it is on disk.
struct Folder {
    path: PathBuf,
    present: BTreeMap<String, String>,
}

impl Folder {
    fn read(name: &str) -> Self {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors")).join(name);
        let present = read(&path).unwrap_or_default();
        Self { path, present }
    }

    fn make(&self, make: Make) -> Vec<Written> {
        let mut signer = Signer::default();
        self.present.values().for_each(|text| signer.remember(text));
        make(&signer)
    }

    fn write(&self, files: &[Written]) {
        fs::create_dir_all(&self.path).expect("the folder of the vectors can be made");
        for file in self.differing(files) {
            fs::write(self.path.join(file.file_name()), &file.text).expect("a vector file can be written");
            println!("wrote {}", file.file_name());
        }
        for stale in self.stale(files) {
            fs::remove_file(self.path.join(stale)).expect("a file that no topic writes any more can be removed");
            println!("removed {stale}");
        }
    }

    fn is_the_same(&self, files: &[Written]) -> bool {
        let changed = self.differing(files).map(Written::file_name);
        let differing: Vec<String> = changed.chain(self.stale(files).map(str::to_owned)).collect();
        for name in &differing {
            eprintln!("{name} is not what `cargo run -p vectors` writes");
        }
        differing.is_empty()
    }

    fn differing<'f>(&self, files: &'f [Written]) -> impl Iterator<Item = &'f Written> {
        files.iter().filter(|file| self.present.get(&file.file_name()) != Some(&file.text))
    }

    fn stale(&self, files: &[Written]) -> impl Iterator<Item = &str> {
        let written: Vec<String> = files.iter().map(Written::file_name).collect();
        self.present.keys().map(String::as_str).filter(move |name| !written.iter().any(|it| it == name))
    }
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

fn report(name: &str, files: &[Written]) {
    for file in files {
        println!("{:>5} {}", file.cases, file.name);
    }
    let count: usize = files.iter().map(|file| file.cases).sum();
    println!("{count} {name} in {} files\n", files.len());
}
