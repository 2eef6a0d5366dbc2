//! Every target over its corpus, over what a fuzzer found, and over the same pseudo-random inputs each time.

use std::fs;
use std::path::Path;

use fuzzing::{TARGETS, Target};

#[test]
fn nothing_that_was_ever_found_is_found_again() {
    for target in TARGETS {
        for folder in ["corpus", "artifacts"] {
            for (name, input) in files(folder, target) {
                run(target, &format!("{folder}/{name}"), &input);
            }
        }
    }
}

#[test]
fn a_few_hundred_inputs_hold() {
    for target in TARGETS {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let seeds = (target.seeds)();
        for round in 0..ROUNDS {
            let input = match seeds.get(round) {
                Some(seed) => seed.clone(),
                None => random.input(&seeds),
            };
            run(target, &input.escape_ascii().to_string(), &input);
        }
    }
}

fn run(target: &Target, name: &str, input: &[u8]) {
    let _named = Named { target: target.name, name };
    (target.body)(input);
}

/// Says which input it was, if it panics.
struct Named<'n> {
    target: &'n str,
    name: &'n str,
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: {}", self.target, self.name);
        }
    }
}

/// The fuzzer's own copies are not kept under version control; the corpus is.
fn files(folder: &str, target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder).join(target.name);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.file_name().unwrap().display().to_string(), fs::read(&path).unwrap())).collect()
}

/// Numbers that look random and are the same each time (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Makes an input of random bytes, or a seed with a few bytes changed.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if seeds.is_empty() || self.below(2) == 0 {
            let length = self.below(200);
            return (0..length).map(|_| self.next().to_le_bytes()[0]).collect();
        }
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(3) {
            if !input.is_empty() {
                let position = self.below(input.len());
                input[position] = self.next().to_le_bytes()[0];
            }
        }
        input
    }
}

const ROUNDS: usize = 300;
