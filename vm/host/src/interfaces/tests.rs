//! The one dispatch of all interfaces, without a plugin: what it lets through, and how it fails.

use super::{CallObjects, HostCall, Interfaces, Memory, Open, Rights, Scratch, Shared};
use crate::config::{Grants, Names, PluginConfig, Source};
use crate::signals::Events;
use osvm_core::oop::Oop;
use osvm_core::platform::Event;
use osvm_core::plugin::Operands;
use osvm_core::testing::TestImage;
use osvm_plugin_sdk::abi::interfaces::{HostFunction, INTERFACES, Interface, Kind, op};
use osvm_plugin_sdk::abi::{Import, PrimitiveError, encode};
use std::path::Path;

/// The memory of a plugin: 256 bytes.
struct Room([u8; 256]);

impl Memory for Room {
    fn read(&self, address: u64, len: u64) -> Result<&[u8], PrimitiveError> {
        let end = address.checked_add(len).ok_or(PrimitiveError::BadArgument)?;
        self.0.get(address as usize..end as usize).ok_or(PrimitiveError::BadArgument)
    }

    fn write(&mut self, address: u64, len: u64) -> Result<&mut [u8], PrimitiveError> {
        let end = address.checked_add(len).ok_or(PrimitiveError::BadArgument)?;
        self.0.get_mut(address as usize..end as usize).ok_or(PrimitiveError::BadArgument)
    }
}

/// A plugin that imports all interfaces, and what it calls with.
struct Plugin {
    open: Open,
    shared: Shared,
    events: Events,
    memory: Room,
}

impl Plugin {
    fn new(grants: Grants) -> Plugin {
        let import = |i: &Interface| Import { interface: i.name.into(), version: i.version };
        let imports: Vec<Import> = INTERFACES.iter().map(import).collect();
        let settings = [("greeting".to_string(), "Good morning".to_string())].into();
        let config = PluginConfig { grants, settings, ..PluginConfig::new(Source::Builtin) };
        let events = Events::new().unwrap();
        let shared = Shared::new(Path::new("/images/my.image"), events.sender(), Rights::default());
        Plugin { open: Open::new("TestPlugin", &config, &imports), shared, events, memory: Room([0; 256]) }
    }

    /// Calls a function as a hook does, which has no objects.
    fn call(&mut self, op: u32, arguments: &[u64]) -> i64 {
        let mut cx = HostCall { objects: None, open: &mut self.open, shared: &mut self.shared };
        cx.call(op, arguments, &mut self.memory)
    }

    /// Puts a text where it can be named by address and length.
    fn put(&mut self, address: u64, text: &str) -> (u64, u64) {
        self.memory.0[address as usize..][..text.len()].copy_from_slice(text.as_bytes());
        (address, text.len() as u64)
    }
}

fn failure(error: PrimitiveError) -> i64 {
    encode(Err(error))
}

fn functions() -> impl Iterator<Item = (&'static Interface, &'static HostFunction)> {
    INTERFACES.iter().flat_map(|interface| interface.functions.iter().map(move |function| (interface, function)))
}

/// Arguments that are all zero, but for the addresses of data, which are this.
fn zeros(function: &HostFunction, address: u64) -> Vec<u64> {
    let argument = |(_, kind): &(&str, Kind)| match kind {
        Kind::Read | Kind::Write => address,
        Kind::Len => 8,
        _ => 0,
    };
    function.parameters.iter().map(argument).collect()
}

#[test]
fn what_was_not_granted_is_unsupported() {
    let mut plugin = Plugin::new(Grants::default());
    for (interface, function) in functions() {
        let expected = match interface.name {
            // A hook has no objects, and settings need no grant.
            "objects" => failure(PrimitiveError::Inappropriate),
            "settings" => continue,
            _ => failure(PrimitiveError::Unsupported),
        };
        assert_eq!(plugin.call(function.op, &zeros(function, 0)), expected, "{}.{}", interface.name, function.name);
    }
}

#[test]
fn what_is_not_imported_is_unsupported() {
    let mut plugin = Plugin::new(Grants::all());
    let config = PluginConfig { grants: Grants::all(), ..PluginConfig::new(Source::Builtin) };
    plugin.open = Open::new("TestPlugin", &config, &[]);
    for (interface, function) in functions().filter(|(interface, _)| interface.name != "objects") {
        let found = plugin.call(function.op, &zeros(function, 0));
        assert_eq!(found, failure(PrimitiveError::Unsupported), "{}.{}", interface.name, function.name);
    }
}

#[test]
fn numbers_of_no_function_are_unsupported() {
    let mut plugin = Plugin::new(Grants::all());
    for interface in INTERFACES.iter().filter(|interface| interface.name != "objects") {
        let behind = interface.functions[0].op + interface.functions.len() as u32;
        assert_eq!(plugin.call(behind, &[0; 6]), failure(PrimitiveError::Unsupported), "behind {}", interface.name);
    }
    for op in [(INTERFACES.len() as u32) << 8, u32::MAX] {
        assert_eq!(plugin.call(op, &[0; 6]), failure(PrimitiveError::Unsupported), "{op:#x}");
    }
}

#[test]
fn every_function_refuses_addresses_outside_of_memory() {
    for (interface, function) in functions() {
        let name = format!("{}.{}", interface.name, function.name);
        if !function.parameters.iter().any(|(_, kind)| matches!(kind, Kind::Read | Kind::Write)) {
            continue;
        }
        for address in [249, 256, u64::from(u32::MAX), u64::MAX] {
            let mut image = TestImage::new();
            let mut scratch = Scratch::default();
            let receiver = [image.heap.string("a receiver").unwrap()];
            let mut objects = CallObjects::new(&mut image.heap, Operands::new(&receiver), &mut scratch);
            let mut plugin = Plugin::new(Grants::all());
            let mut cx = HostCall { objects: Some(&mut objects), open: &mut plugin.open, shared: &mut plugin.shared };
            let found = cx.call(function.op, &zeros(function, address), &mut plugin.memory);
            // The number 0 is often no file, directory or socket, which may be seen first.
            assert!(found < 0, "{name} at {address:#x} answers {found}");
            assert_eq!(plugin.memory.0, [0; 256], "{name} at {address:#x}");
        }
    }
}

#[test]
fn what_is_stored_is_cut_and_the_whole_length_answered() {
    let mut plugin = Plugin::new(Grants::default());
    let (key, len) = plugin.put(0, "greeting");
    assert_eq!(plugin.call(op::settings::get, &[key, len, 64, 4]), 12);
    assert_eq!(&plugin.memory.0[64..69], b"Good\0");
    assert_eq!(plugin.call(op::settings::get, &[key, len, 64, 100]), 12);
    assert_eq!(&plugin.memory.0[64..77], b"Good morning\0");
    let (key, len) = plugin.put(0, "farewell");
    assert_eq!(plugin.call(op::settings::get, &[key, len, 64, 100]), failure(PrimitiveError::NotFound));
    plugin.memory.0[0] = 0xFF;
    assert_eq!(plugin.call(op::settings::get, &[key, len, 64, 100]), failure(PrimitiveError::BadArgument), "that is no text");
}

#[test]
fn environment_variables_are_granted_by_name() {
    let path = std::env::var("PATH").unwrap();
    let get = |grants: Grants, name: &str| {
        let mut plugin = Plugin::new(grants);
        let (name, len) = plugin.put(0, name);
        plugin.call(op::environment::get, &[name, len, 128, 0])
    };
    let only = |name: &str| Grants { environment: Names::Only(vec![name.into()]), ..Grants::default() };
    assert_eq!(get(only("PATH"), "PATH"), path.len() as i64);
    assert_eq!(get(Grants { environment: Names::All, ..Grants::default() }, "PATH"), path.len() as i64);
    assert_eq!(get(only("HOME"), "PATH"), failure(PrimitiveError::NotFound));
    for impossible in ["", "A=B", "A\0B"] {
        assert_eq!(get(only(impossible), impossible), failure(PrimitiveError::NotFound), "{impossible:?}");
    }
}

#[test]
fn rights_are_given_up_for_good() {
    let mut plugin = Plugin::new(Grants::all());
    let (name, len) = plugin.put(0, "PATH");
    assert!(plugin.call(op::environment::get, &[name, len, 128, 0]) > 0);
    for right in 0..4 {
        assert_eq!(plugin.call(op::security::allowed, &[right]), 1);
        assert_eq!(plugin.call(op::security::give_up, &[right]), 0);
        assert_eq!(plugin.call(op::security::give_up, &[right]), 0, "again");
        assert_eq!(plugin.call(op::security::allowed, &[right]), 0);
    }
    assert_eq!(plugin.call(op::environment::get, &[name, len, 128, 0]), failure(PrimitiveError::NotFound));
    for function in [op::security::allowed, op::security::give_up] {
        assert_eq!(plugin.call(function, &[4]), failure(PrimitiveError::BadArgument));
    }
    let untrusted = plugin.call(op::security::directory, &[1, 64, 100]);
    assert!(untrusted > 0);
    assert_eq!(plugin.call(op::security::directory, &[2, 64, 100]), failure(PrimitiveError::BadArgument));
}

#[test]
fn timers_run_out_in_their_order() {
    let mut plugin = Plugin::new(Grants::all());
    let micros = |number: i64| number.cast_unsigned();
    assert_eq!(plugin.call(op::timers::start, &[micros(-1), 1, 0]), failure(PrimitiveError::BadArgument));
    assert_eq!(plugin.call(op::timers::start, &[micros(i64::MAX), 9, 0]), 1, "in a hundred years at the most");
    let now = plugin.shared.monotonic_micros();
    assert_eq!(plugin.call(op::timers::start, &[2_000_000, 2, 0]), 2);
    assert_eq!(plugin.call(op::timers::start, &[1_000_000, 1, 1]), 3);
    assert_eq!(plugin.open.due_timer(now), None);
    let later = now + 60_000_000;
    assert_eq!([plugin.open.due_timer(later), plugin.open.due_timer(later)], [Some(1), Some(2)]);
    assert_eq!(plugin.open.due_timer(later), None, "one that repeats waits a period again");
    assert_eq!(plugin.open.due_timer(later + 1_000_000), Some(1));
    assert_eq!(plugin.call(op::timers::cancel, &[3]), 0);
    assert_eq!(plugin.call(op::timers::cancel, &[3]), failure(PrimitiveError::NotFound));
    assert_eq!(plugin.open.due_timer(later + 9_000_000), None);
    let started = (0..1000).take_while(|_| plugin.call(op::timers::start, &[0, 0, 0]) > 0).count();
    assert_eq!(started, 255);
    assert_eq!(plugin.call(op::timers::start, &[0, 0, 0]), failure(PrimitiveError::LimitExceeded));
}

#[test]
fn semaphores_are_signalled_by_number_from_1() {
    let mut plugin = Plugin::new(Grants::all());
    assert_eq!(plugin.call(op::semaphores::signal, &[0]), failure(PrimitiveError::BadIndex));
    assert_eq!(plugin.call(op::semaphores::signal, &[7]), 0);
    assert!(matches!(plugin.events.poll(), Some(Event::Semaphore(7, 1))));
    assert!(plugin.events.poll().is_none());
}

#[test]
fn held_objects_have_numbers() {
    let mut image = TestImage::new();
    let mut scratch = Scratch::default();
    let mut plugin = Plugin::new(Grants::default());
    let mut in_call = |image: &mut TestImage, op: u32, argument: u64| {
        let receiver = [Oop::from_small_int(5)];
        let mut objects = CallObjects::new(&mut image.heap, Operands::new(&receiver), &mut scratch);
        let mut cx = HostCall { objects: Some(&mut objects), open: &mut plugin.open, shared: &mut plugin.shared };
        let answer = cx.call(op, &[argument], &mut plugin.memory);
        (answer, u32::try_from(answer).ok().and_then(|handle| objects.oop(handle).ok()))
    };
    assert_eq!(in_call(&mut image, op::objects::hold, 0).0, 0);
    assert_eq!(in_call(&mut image, op::objects::hold, 0).0, 1);
    assert_eq!(in_call(&mut image, op::objects::held, 1).1, Some(Oop::from_small_int(5)));
    assert_eq!(in_call(&mut image, op::objects::release, 0).0, 0);
    for op in [op::objects::held, op::objects::release] {
        assert_eq!(in_call(&mut image, op, 0).0, failure(PrimitiveError::BadArgument), "it was released");
        assert_eq!(in_call(&mut image, op, 2).0, failure(PrimitiveError::BadArgument), "there is none");
    }
    assert_eq!(in_call(&mut image, op::objects::hold, 0).0, 0, "the number is used again");
}
