//! `osvm plugin call`: one primitive, from the shell.

use super::literal;
use super::target::{Target, options};
use crate::args::CallPluginArgs;
use crate::failure::Failure;
use osvm_host::testing::{PluginTest, TestError};
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::Fake;

/// Calls it, and prints the result; a failure is printed as the symbol that an image sees, with the exit status 1.
pub fn run(args: &CallPluginArgs) -> Result<i32, Failure> {
    let target = Target::to_run(&args.target)?;
    let mut call = Prepared::new(target, &args.function, args.receiver.as_deref(), &args.arguments)?;
    match call.plugin.call_on(call.receiver, &args.function, call.arguments) {
        Ok(value) => {
            println!("{}", literal::print(&value));
            Ok(0)
        }
        Err(error) => {
            eprintln!("{}", failed(error));
            Ok(1)
        }
    }
}

/// The failure as the image sees it.
pub fn failed(error: PrimitiveError) -> String {
    match error {
        PrimitiveError::Failed => "nil".into(),
        PrimitiveError::OperatingSystem(number) => {
            let text = std::io::Error::from_raw_os_error(number).to_string();
            format!("#'operating system error' {number}: {}", text.split(" (os error").next().unwrap_or(&text))
        }
        error => literal::print_symbol(&error.to_string()),
    }
}

/// A plugin and what its primitive is called with.
pub struct Prepared {
    /// The plugin in the host.
    pub plugin: PluginTest,
    /// The receiver.
    pub receiver: Fake,
    /// The arguments.
    pub arguments: Vec<Fake>,
}

impl Prepared {
    /// Loads the plugin and reads the arguments.
    pub fn new(target: Target, function: &str, receiver: Option<&str>, arguments: &[String]) -> Result<Prepared, Failure> {
        let Some((_, primitive)) = target.description.find(function) else {
            let names: Vec<&str> = target.description.primitives.iter().map(|primitive| primitive.name.as_str()).collect();
            let why = format!("{} has no such primitive; it has {}", target.description.module, names.join(", "));
            return Err(Failure::bad_input(function, why));
        };
        let read = |text: &str| literal::parse(text).map_err(|why| Failure::bad_input(format_args!("`{text}`"), why));
        let arguments = arguments.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
        if !primitive.signature.arg_count().contains(&arguments.len()) {
            let why = format!("it is called as {}, and {} arguments are given", primitive.signature, arguments.len());
            return Err(Failure::bad_input(function, why));
        }
        let receiver = receiver.map_or(Ok(Fake::Nil), read)?;
        let plugin = PluginTest::configured(target.config, options()).map_err(|error| match error {
            TestError::Refused(refusal) => Failure::refused(refusal),
            TestError::System(error) => Failure::bad_input("the host", error),
        })?;
        Ok(Prepared { plugin, receiver, arguments })
    }
}
