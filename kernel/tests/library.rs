//! The class library at work: its own tests (`kernel-tests`), in both bytecode sets, and the start of the built-in image.

use osvm_compiler::bootstrap::{BootstrapError, Sources, bootstrap};
use osvm_compiler::service;
use osvm_core::bytecode::BytecodeSet;
use osvm_core::vm::{Options, Outcome};
use osvm_host::{Machine, MachineOptions, PluginOptions, Service};
use std::path::{Path, PathBuf};
use std::time::Instant;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The image of the library and its tests.
fn with_tests(set: BytecodeSet) -> &'static [u8] {
    let mut sources = Sources::read(&folder("kernel")).unwrap();
    sources.files.append(&mut Sources::read(&folder("kernel-tests")).unwrap().files);
    let image = bootstrap(&sources, set).unwrap_or_else(|error| match &error {
        BootstrapError::Sources(problems) => {
            panic!("{}", problems.iter().map(|problem| sources.render(problem).to_string()).collect::<String>())
        }
        BootstrapError::Memory => panic!("{error}"),
    });
    let mut bytes = Vec::new();
    image.write(&mut bytes).unwrap();
    bytes.leak()
}

/// The compiler, which some tests use.
const SERVICES: &[Service] = &[
    Service { module: service::MODULE, function: service::FUNCTION, call: service::compile },
    Service { module: service::MODULE, function: service::FOLLOW_FUNCTION, call: service::follow_fields },
];

fn plugins() -> PluginOptions {
    PluginOptions { services: SERVICES, ..PluginOptions::default() }
}

/// Runs an image in memory, and answers its exit status.
fn run(bytes: &'static [u8], arguments: &[&str], gc_stress: u64) -> i32 {
    run_with(bytes, arguments, Options { gc_stress, ..Options::default() })
}

fn run_with(bytes: &'static [u8], arguments: &[&str], vm: Options) -> i32 {
    let arguments = arguments.iter().map(|argument| argument.to_string()).collect();
    let options = MachineOptions { bytes: Some(bytes), arguments, vm, plugins: plugins(), ..MachineOptions::new("library.image") };
    Machine::start(options).unwrap().run().unwrap()
}

#[test]
fn the_librarys_tests_pass_in_v3_plus_closures() {
    assert_eq!(run(with_tests(BytecodeSet::V3PlusClosures), &["--test"], 0), 0);
}

#[test]
fn the_librarys_tests_pass_in_sista() {
    assert_eq!(run(with_tests(BytecodeSet::SistaV1), &["--test"], 0), 0);
}

#[test]
fn the_librarys_tests_pass_in_native_code_alone_and_without() {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        for jit_after in [0, 1] {
            let options = Options { jit_after, ..Options::default() };
            assert_eq!(run_with(with_tests(set), &["--test"], options), 0, "{set:?}, {jit_after}");
        }
    }
}

#[test]
fn the_librarys_tests_pass_while_garbage_is_always_collected() {
    assert_eq!(run(with_tests(BytecodeSet::SistaV1), &["--test"], 5000), 0);
}

/// What these plugins compute is in the library, too.
#[test]
fn the_librarys_tests_pass_without_plugins_that_compute() {
    let mut options = MachineOptions {
        bytes: Some(with_tests(BytecodeSet::SistaV1)),
        arguments: vec!["--test".into()],
        plugins: plugins(),
        ..MachineOptions::new("library.image")
    };
    for name in ["LargeIntegers", "MiscPrimitivePlugin", "FloatArrayPlugin"] {
        assert!(options.config.plugins.remove(name).is_some());
    }
    assert_eq!(Machine::start(options).unwrap().run().unwrap(), 0);
}

#[test]
fn arguments_of_the_built_in_image() {
    assert_eq!(run(osvm_kernel::IMAGE, &[], 0), 0);
    assert_eq!(run(osvm_kernel::IMAGE, &["--version"], 0), 0);
    assert_eq!(run(osvm_kernel::IMAGE, &["--frobnicate"], 0), 2);
}

#[test]
fn without_anything_to_do_it_is_idle() {
    let options = MachineOptions {
        bytes: Some(osvm_kernel::IMAGE),
        arguments: vec!["--no-quit".into()],
        ..MachineOptions::new(osvm_kernel::NAME)
    };
    let started = Instant::now();
    let mut machine = Machine::start(options).unwrap();
    let outcome = machine.vm.run(1000).unwrap();
    assert_eq!(outcome, Outcome::Idle { until: None });
    assert!(started.elapsed().as_millis() < 1000, "a start takes milliseconds");
}
