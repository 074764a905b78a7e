//! Runs an image from a program of one's own: `cargo run --release -p osvm-host --example embed -- IMAGE ARGUMENTS...`

use osvm_host::{Machine, MachineOptions};
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let image = arguments.next().ok_or("name an image")?;
    let mut options = MachineOptions::new(image);
    options.arguments = arguments.collect();
    options.max_heap = 512 << 20;

    let mut machine = Machine::start(options)?;
    let status = machine.run()?;
    println!("the image quit with {status} after {} process switches", machine.vm.counters.process_switches);
    Ok(ExitCode::from(status as u8))
}
