//! `osvm bootstrap`: an image from nothing but source.

use crate::args::{BootstrapArgs, Bytecodes};
use crate::failure::Failure;
use osvm_compiler::bootstrap::{BootstrapError, Sources, bootstrap};
use osvm_core::bytecode::BytecodeSet;
use std::io;
use std::time::Instant;

/// Makes the image and replaces the file by it.
pub fn run(args: &BootstrapArgs) -> Result<i32, Failure> {
    let started = Instant::now();
    let sources = Sources::read(&args.folder).map_err(|(path, error)| Failure::bad_input(path.display(), reason(&error)))?;
    if sources.files.is_empty() {
        return Err(Failure::bad_input(args.folder.display(), "there are no .st files in this folder"));
    }
    let set = match args.bytecodes {
        Bytecodes::V3 => BytecodeSet::V3PlusClosures,
        Bytecodes::Sista => BytecodeSet::SistaV1,
    };
    let image = bootstrap(&sources, set).map_err(|error| refusal(args, &sources, &error))?;
    let mut bytes = Vec::new();
    image.write(&mut bytes).map_err(|error| Failure::bad_input(args.output.display(), error))?;
    osvm_host::replace_file(&args.output, &mut |out| out.write_all(&bytes))
        .map_err(|error| Failure::bad_input(args.output.display(), reason(&error)))?;
    println!(
        "{}: {} classes, {} methods in {}, {} bytes, {} ms",
        args.output.display(),
        image.classes,
        image.methods,
        set.name(),
        bytes.len(),
        started.elapsed().as_millis()
    );
    Ok(0)
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_string()
}

/// All problems, and how many there are.
fn refusal(args: &BootstrapArgs, sources: &Sources, error: &BootstrapError) -> Failure {
    if let BootstrapError::Sources(problems) = error {
        problems.iter().for_each(|problem| eprint!("{}", sources.render(problem)));
    }
    Failure::bad_input(format_args!("{} was not made", args.output.display()), error)
}
