//! The command line as a definition: parser, help, completions and man page are made from it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use osvm_core::TraceFilter;
use osvm_core::vm::JIT_AFTER;
use osvm_host::config::Search;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// Runs Smalltalk images: Pharo, Squeak and Cuis, in the Spur format.
///
/// Everything after IMAGE belongs to the image, options too. The exit status is the image's; 2 says that the command line or
/// the image file is wrong, 70 that the VM had to stop.
#[derive(Debug, Parser)]
#[command(name = "osvm", version, args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
#[command(override_usage = "osvm [run] [OPTIONS] [IMAGE [ARGUMENTS FOR THE IMAGE]...]\n       osvm <COMMAND>")]
pub struct Cli {
    /// What to do; without it, to run an image.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What running takes.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an image (the default)
    Run(RunArgs),
    /// Evaluate Smalltalk expressions in an image, which needs no compiler
    Eval(EvalArgs),
    /// Enter expressions one after the other
    Repl(ReplArgs),
    /// Make an image from class and method source alone
    Bootstrap(BootstrapArgs),
    /// Show what an image file contains
    Info(InfoArgs),
    /// List the bytecodes of a method
    Disasm(DisasmArgs),
    /// Show the processes of an image and their stacks, without running it
    Stack(StackArgs),
    /// Load packages into an image: Tonel, FileTree, and files of chunks
    Load(LoadArgs),
    /// Run the tests of an image
    Test(TestArgs),
    /// Serve the VM, an image and its plugins to a browser on this machine
    Serve(ServeArgs),
    /// Look at configurations (vm.toml)
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make, build and look at plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Options and arguments of `run`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// The most memory that the image's objects may take, such as 512M or 4G [default: what the configuration says, or 4G]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_heap: Option<u64>,
    /// What the configuration is looked for with
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Look at the files of plugins while the image runs, and load again what has changed
    #[arg(long)]
    pub watch_plugins: bool,
    /// Give each call of a wasm plugin so much fuel, a unit for about one instruction: a limit that is the same on every machine
    #[arg(long, value_name = "N")]
    pub wasm_fuel: Option<u64>,
    /// Report each send, bytecode, primitive or collection on standard error
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub trace: Vec<Trace>,
    /// Trace only this class, selector, 'Class>>selector' or plugin; * stands for any text
    #[arg(long, value_name = "NAME", requires = "trace")]
    pub trace_filter: Option<TraceFilter>,
    /// Compile a method to native code when it was activated, or jumped back, N times; 0 interprets everything
    #[arg(long, value_name = "N", default_value_t = JIT_AFTER)]
    pub jit_after: u32,
    /// Collect garbage at every Nth allocation, and check the heap afterwards
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub gc_stress: u64,
    /// Print counts of what the VM did when it ends, on standard error
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub stats: Option<StatsFormat>,
    /// The image file [default: what the configuration says, or the built-in image], and the arguments that belong to it
    // One list, so that whatever follows the image's name is taken as it is.
    #[arg(value_name = "IMAGE", trailing_var_arg = true, num_args = 0..)]
    pub image: Vec<OsString>,
}

/// Options by which a configuration is found.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// The configuration to read [default: IMAGE.toml, or vm.toml beside the image, or in the user's folder, or the built-in one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the plugins that come with osvm [default: OSVM_PLUGINS, or `plugins` beside the executable]
    #[arg(long, value_name = "FOLDER")]
    pub plugins: Option<PathBuf>,
}

impl ConfigArgs {
    /// Where to look, for this image.
    pub fn search(&self, image: Option<PathBuf>) -> Search {
        Search { config: self.config.clone(), image, plugins: self.plugins.clone() }
    }
}

/// Options and arguments of `bootstrap`.
#[derive(Args, Debug)]
pub struct BootstrapArgs {
    /// The folder of packages in Tonel format
    pub folder: PathBuf,
    /// The image file to write
    #[arg(short, long, value_name = "IMAGE")]
    pub output: PathBuf,
    /// The bytecode set of the methods
    #[arg(long, value_enum, value_name = "SET", default_value = "sista")]
    pub bytecodes: Bytecodes,
}

/// The image in which something is evaluated, and how.
#[derive(Args, Clone, Debug)]
pub struct SessionArgs {
    /// The image file [default: what the configuration says, or the built-in image]
    #[arg(long)]
    pub image: Option<PathBuf>,
    /// The most memory that the image's objects may take, such as 512M or 4G [default: what the configuration says, or 4G]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_heap: Option<u64>,
    /// What the configuration is looked for with
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The bytecode set of compiled expressions [default: that of the image's methods]
    #[arg(long, value_enum, value_name = "SET")]
    pub bytecodes: Option<Bytecodes>,
    /// Collect garbage at every Nth allocation, and check the heap afterwards
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub gc_stress: u64,
    /// How many seconds an expression may take
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub timeout: Option<Duration>,
}

/// Options and arguments of `eval`.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Where to evaluate
    #[command(flatten)]
    pub session: SessionArgs,
    /// Load these packages first, into a copy of the image
    #[arg(long, value_name = "DIR")]
    pub load: Vec<PathBuf>,
    /// Evaluate what this file holds, before the expressions; - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// Save the image as this file afterwards
    #[arg(long, value_name = "NEW")]
    pub save: Option<PathBuf>,
    /// Go on with the next expression after one that fails
    #[arg(long)]
    pub keep_going: bool,
    /// Print a JSON object a line for each expression
    #[arg(long)]
    pub json: bool,
    /// The expressions; without one and without a file, standard input is one. What begins with - comes behind --
    #[arg(value_name = "EXPRESSION")]
    pub expressions: Vec<String>,
}

/// Options of `repl`.
#[derive(Args, Debug)]
pub struct ReplArgs {
    /// Where to evaluate
    #[command(flatten)]
    pub session: SessionArgs,
    /// Load these packages first, into a copy of the image
    #[arg(long, value_name = "DIR")]
    pub load: Vec<PathBuf>,
}

/// A bytecode set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bytecodes {
    /// V3PlusClosures
    V3,
    /// Sista V1
    Sista,
}

/// Options and arguments of `info`.
#[derive(Args, Debug)]
pub struct InfoArgs {
    /// The image file
    pub image: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Walk all objects and check them; what is wrong makes the exit status 1
    #[arg(long)]
    pub verify: bool,
}

/// Arguments of `disasm`.
#[derive(Args, Debug)]
pub struct DisasmArgs {
    /// The image file
    pub image: PathBuf,
    /// The method, such as 'Integer>>factorial' or 'Object class>>new'
    pub method: String,
}

/// Arguments of `stack`.
#[derive(Args, Debug)]
pub struct StackArgs {
    /// The image file
    pub image: PathBuf,
}

/// Options and arguments of `load`.
#[derive(Args, Debug)]
pub struct LoadArgs {
    /// The image to load into, which stays as it is, and how initialisers are run
    #[command(flatten)]
    pub session: SessionArgs,
    /// The image file to write; it may be the same
    #[arg(long, value_name = "NEW")]
    pub save: PathBuf,
    /// Leave out what is wrong and load the rest; names that nothing declares are variables that are nil
    #[arg(long)]
    pub keep_going: bool,
    /// Do not run the class-side `initialize` of loaded classes, nor the expressions in files of chunks
    #[arg(long)]
    pub no_initialize: bool,
    /// Packages: folders with Tonel or FileTree, or files of chunks
    #[arg(value_name = "DIR", required = true)]
    pub packages: Vec<PathBuf>,
}

/// Options and arguments of `test`.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// The image, and how long a test may take [default: 10 seconds]
    #[command(flatten)]
    pub session: SessionArgs,
    /// Load these packages first, into a copy of the image
    #[arg(long, value_name = "DIR")]
    pub load: Vec<PathBuf>,
    /// Load what is right in packages with errors
    #[arg(long, requires = "load")]
    pub keep_going: bool,
    /// Write the results to this file as JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Print a line for tests that pass and for those that are skipped, too
    #[arg(short, long)]
    pub verbose: bool,
    /// Run only the tests of this class, this selector or 'Class>>selector'; * stands for any text
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<TraceFilter>,
}

/// Options and arguments of `serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The port; 0 takes one that is free. What a page keeps in a browser belongs to its address, port and all
    #[arg(long, value_name = "N", default_value_t = 8521)]
    pub port: u16,
    /// The address to listen at: 127.0.0.1 is this machine alone, 0.0.0.0 is everybody who can reach it
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub address: IpAddr,
    /// What the configuration is looked for with
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Put what is in this folder into the page's files when it is opened, save what begins with a dot
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// The folder of the browser build [default: OSVM_WEB, or `web` beside the executable]
    #[arg(long, value_name = "FOLDER")]
    pub web: Option<PathBuf>,
    /// The image file [default: what the configuration says, or the built-in image]
    pub image: Option<PathBuf>,
}

/// What to do with a configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Tell what is wrong with a configuration file
    Check(CheckConfigArgs),
    /// Print the configuration that holds, as a file that says it all by itself
    Show(ShowConfigArgs),
}

/// Arguments of `config check`.
#[derive(Args, Debug)]
pub struct CheckConfigArgs {
    /// The file [default: the one that would be read]
    pub file: Option<PathBuf>,
    /// The image that it would be read for
    #[arg(long)]
    pub image: Option<PathBuf>,
}

/// Arguments of `config show`.
#[derive(Args, Debug)]
pub struct ShowConfigArgs {
    /// What the configuration is looked for with
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The image that it is read for
    #[arg(long)]
    pub image: Option<PathBuf>,
}

/// What to do about plugins.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Make a crate to begin with, with example primitives, tests and a vm.toml
    New(NewPluginArgs),
    /// Build a plugin's crate as a wasm module and as a native library, and check that it can be built in
    Build(BuildPluginArgs),
    /// Show what a plugin's file says of itself, without running anything of it
    Inspect(InspectPluginArgs),
    /// Check whether a VM would load a plugin, without running it (libraries run their initialisers when they are loaded)
    Check(CheckPluginArgs),
    /// Call one primitive, with literals of Smalltalk as arguments, and print the result
    Call(CallPluginArgs),
    /// Measure how long a plugin takes to load, and one primitive to be called
    Bench(BenchPluginArgs),
    /// List the plugins of the configuration: from where, with which grants and limits, and whether they can be loaded
    List(ListPluginArgs),
    /// Write a plugin's block into a configuration
    Add(AddPluginArgs),
}

/// Arguments of `plugin new`.
#[derive(Args, Debug)]
pub struct NewPluginArgs {
    /// The plugin's name, such as `string-metrics` or `StringMetrics`
    pub name: String,
    /// The folder to make [default: the crate's name]
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// The name by which methods of images refer to it [default: from NAME, such as StringMetricsPlugin]
    #[arg(long, value_name = "NAME")]
    pub module: Option<String>,
    /// The folder of the SDK (`plugin-sdk` of osvm's source) [default: the published crate]
    #[arg(long, value_name = "PATH")]
    pub sdk: Option<PathBuf>,
}

/// Arguments of `plugin build`.
#[derive(Args, Debug)]
pub struct BuildPluginArgs {
    /// The folder of the plugin's crate, or of a workspace with plugins
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// The wasm module alone
    #[arg(long)]
    pub wasm: bool,
    /// The native library alone
    #[arg(long)]
    pub native: bool,
}

/// Arguments of `plugin inspect`.
#[derive(Args, Debug)]
pub struct InspectPluginArgs {
    /// The plugin's file
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `plugin check`.
#[derive(Args, Debug)]
pub struct CheckPluginArgs {
    /// What the configuration is looked for with
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The plugins' files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// A plugin to run, and what it may touch.
#[derive(Args, Debug)]
pub struct PluginTargetArgs {
    /// What the configuration is looked for with: what it grants to the plugin holds
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Grant this too: clock, log, ..., `files=FOLDER`, `files=FOLDER:write`, `net=HOST:PORT`, `environment=NAME`, or all
    #[arg(long, value_name = "GRANT")]
    pub grant: Vec<String>,
    /// The plugin's file
    pub file: PathBuf,
}

/// Arguments of `plugin call`.
#[derive(Args, Debug)]
pub struct CallPluginArgs {
    /// The plugin
    #[command(flatten)]
    pub target: PluginTargetArgs,
    /// The receiver, a literal [default: nil]
    #[arg(long, value_name = "LITERAL", allow_hyphen_values = true)]
    pub receiver: Option<String>,
    /// The primitive
    pub function: String,
    /// Its arguments: 3, -7, 1.5, "'text'", '#sym', '$a', true, nil, '#(1 2)', '#[1 2 3]'
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// Arguments of `plugin bench`.
#[derive(Args, Debug)]
pub struct BenchPluginArgs {
    /// The plugin
    #[command(flatten)]
    pub target: PluginTargetArgs,
    /// The receiver, a literal [default: nil]
    #[arg(long, value_name = "LITERAL", allow_hyphen_values = true)]
    pub receiver: Option<String>,
    /// The primitive to measure too
    pub function: Option<String>,
    /// Its arguments, as for `call`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// Arguments of `plugin list`.
#[derive(Args, Debug)]
pub struct ListPluginArgs {
    /// What the configuration is looked for with
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The image that it is read for
    #[arg(long)]
    pub image: Option<PathBuf>,
    /// Load native libraries too, to see whether they can be: their initialisers run
    #[arg(long)]
    pub native: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `plugin add`.
#[derive(Args, Debug)]
pub struct AddPluginArgs {
    /// The plugin's file
    pub file: PathBuf,
    /// The configuration to write to; it is made if it is not there
    #[arg(long, value_name = "FILE", default_value = "vm.toml")]
    pub config: PathBuf,
}

/// What to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Trace {
    /// Sends: class of the receiver and selector
    Sends,
    /// Bytecodes
    Bytecodes,
    /// Primitives, and how they ended
    Primitives,
    /// Garbage collections
    Gc,
}

/// How to print counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatsFormat {
    /// Lines
    Text,
    /// A JSON object
    Json,
}

/// A size in bytes, with K, M, G or T for powers of 1024; `iB` and `B` behind it and a space before it are allowed.
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| "expected a number of bytes, such as 512M or 4G".to_string())?;
    let shift = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        unit => return Err(format!("`{unit}` is not a unit; K, M, G and T are")),
    };
    number.checked_mul(1 << shift).ok_or_else(|| "more bytes than there are addresses".to_string())
}

/// A number of seconds, with fractions.
fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).filter(|time| !time.is_zero());
    seconds.ok_or_else(|| "expected a number of seconds, such as 10 or 0.5".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn image_args(line: &[&str]) -> Vec<String> {
        let cli = Cli::try_parse_from(line).unwrap();
        let run = match cli.command {
            Some(Command::Run(run)) => run,
            None => cli.run,
            other => panic!("{other:?}"),
        };
        run.image.into_iter().map(|a| a.into_string().unwrap()).collect()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn everything_behind_the_image_belongs_to_it() {
        for run in [&["osvm"][..], &["osvm", "run"], &["osvm", "--stats", "--max-heap=1G"], &["osvm", "run", "--gc-stress", "5"]] {
            for arguments in [&["--help"][..], &["--version"], &["info", "x"], &["--stats=json", "--", "-h"], &["-V", "run"], &[]] {
                let line = [run, &["x.image"], arguments].concat();
                assert_eq!(image_args(&line), [&["x.image"], arguments].concat(), "{line:?}");
            }
        }
    }

    #[test]
    fn what_is_no_option_is_refused() {
        assert!(Cli::try_parse_from(["osvm", "--frobnicate", "x.image"]).is_err());
    }

    #[test]
    fn sizes() {
        for (text, size) in [("4096", 4096), ("512M", 512 << 20), ("2 GiB", 2 << 30), ("1t", 1 << 40), ("3kB", 3 << 10)] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        for text in ["", "M", "12X", "-1", "99999999999T", "1.5G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
