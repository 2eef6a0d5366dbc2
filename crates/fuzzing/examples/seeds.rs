//! Writes the inputs that corpora begin with: `cargo run -p fuzzing --example seeds -- FOLDER`, then `cargo fuzz cmin`.

use std::fs;
use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("name the folder"))?.into();
    for target in fuzzing::TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            fs::write(own.join(format!("seed-{number:02}")), seed)?;
        }
    }
    Ok(())
}
