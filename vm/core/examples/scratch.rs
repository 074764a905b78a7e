//! TEMPORARY driver
#![allow(clippy::all)]
use osvm_core::platform::*;
use osvm_core::*;
struct P(Vec<String>, std::time::Instant);
impl Platform for P {
    fn utc_microseconds(&mut self) -> u64 {
        self.monotonic_microseconds() + 3_900_000_000_000_000
    }
    fn monotonic_microseconds(&mut self) -> u64 {
        self.1.elapsed().as_micros() as u64
    }
    fn local_offset_seconds(&mut self) -> i64 {
        0
    }
    fn entropy(&mut self) -> u64 {
        1
    }
    fn attribute(&mut self, n: i64) -> Option<String> {
        Some(match n {
            0 => "/osvm".into(),
            1 => self.0[0].clone(),
            1001 => "unix".into(),
            1002 => "1".into(),
            1003 => "x64".into(),
            1004 => "osvm".into(),
            -1 => "--headless".into(),
            n if n >= 2 && (n as usize) <= self.0.len() => self.0[n as usize - 1].clone(),
            _ => return None,
        })
    }
    fn next_event(&mut self) -> Option<Event> {
        None
    }
    fn image_name(&mut self) -> String {
        self.0[0].clone()
    }
    fn set_image_name(&mut self, n: String) {
        self.0[0] = n
    }
    fn write_snapshot(&mut self, w: &mut dyn FnMut(&mut dyn std::io::Write) -> std::io::Result<()>) -> std::io::Result<()> {
        let mut v = Vec::new();
        w(&mut v)?;
        std::fs::write(&self.0[0], v)
    }
    fn report(&mut self, t: &str) {
        eprint!("{t}")
    }
}
fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let trace = args[0] == "-t";
    if trace {
        args.remove(0);
    }
    let bytes = std::fs::read(&args[0]).unwrap();
    let region = Box::new(heap::AllocRegion::new(1 << 30).unwrap());
    let image = image::load(&mut &bytes[..], region, heap::HeapConfig { eden_bytes: 256 << 20, survivor_bytes: 1 << 20 }).unwrap();
    let options = vm::Options { trace_sends: trace, trace_primitives: trace, ..Default::default() };
    let mut vm = vm::Vm::new(image, Box::new(P(args, std::time::Instant::now())), Box::new(plugin::NoPlugins), options).unwrap();
    loop {
        match vm.run(1000000) {
            Ok(vm::Outcome::Quit(n)) => {
                eprintln!("quit {n} {:?}", vm.counters);
                std::process::exit(n)
            }
            Ok(o) => {
                eprintln!("{o:?}");
                std::thread::sleep(std::time::Duration::from_millis(1));
                eprintln!("{}", vm.all_stacks());
            }
            Err(e) => {
                eprintln!("error: {e}\n{}", vm.all_stacks());
                std::process::exit(3)
            }
        }
    }
}
