//! Writes the built-in data into a folder, in the files that engines and other
//! tools read: conversations, and a tokenizer with its chat template.
//!
//! `cargo run -p tokenometer-workload --example builtin_data -- DIR [COUNT]`
//!
//! COUNT is the number of conversations, 10,000 where it is left out.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use tokenometer_workload::{Tokenizer, write_builtin_conversations};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("name the folder to write into")?);
    let count = arguments.next().map_or(Ok(10_000), |count| count.parse())?;
    fs::create_dir_all(&directory)?;
    let path = directory.join("sharegpt.json");
    let mut file = BufWriter::new(File::create(&path)?);
    write_builtin_conversations(&mut file, count)?;
    file.flush()?;
    println!("{count} conversations in {}", path.display());
    for (name, contents) in Tokenizer::builtin_files() {
        let path = directory.join(name);
        fs::write(&path, contents)?;
        println!("{}", path.display());
    }
    Ok(())
}
