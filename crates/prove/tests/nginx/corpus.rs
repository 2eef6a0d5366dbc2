//! nginx and the parser say the same of every configuration at hand.

use std::fs;

use crate::support::corpus::corpus;
use crate::support::nginx::{Nginx, Place, Verdict};
use crate::support::random::Random;

#[test]
fn nginx_agrees_on_files_of_this_machine() {
    let (Some(plain), Some(lua)) = (Nginx::new("files"), Nginx::with_lua("files-lua")) else { return };
    let files = corpus();
    let mut accepted = 0;
    for file in &files {
        let text = fs::read(file).unwrap();
        let has_lua = text.windows(7).any(|window| window == b"_by_lua");
        let nginx = if has_lua { &lua } else { &plain };
        let crlf = text.iter().flat_map(|byte| if *byte == b'\n' { b"\r\n".to_vec() } else { vec![*byte] }).collect();
        let marked = [b"\xef\xbb\xbf", &text[..]].concat();
        for text in [text.clone(), crlf, marked] {
            let verdicts = Place::ALL.map(|place| nginx.agrees(&text, place));
            accepted += u32::from(verdicts.contains(&Verdict::Accepted));
        }
        let mut random = Random::new(text.len() as u64);
        nginx.agrees(&random.mutate(&text), Place::Main);
        nginx.agrees(&random.mutate(&text), Place::Http);
        nginx.agrees(&random.mutate(&text), Place::Server);
    }
    eprintln!("{} files, three spellings each, {accepted} of those accepted somewhere", files.len());
}
