//! The API of the SDK's `Tester`, in the real host.

use super::RealHost;
use super::fakes::{Exchange, Memory};
use crate::check::{self, source_of};
use crate::config::{Config, Grants, PluginConfig, Source};
use crate::plugins::{PluginOptions, Refusal};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::{Call, NamedPrimitive, Operands, PluginHost};
use osvm_plugin_sdk::abi::{Description, Hook};
use osvm_plugin_sdk::testing::{Arguments, Fake};
use osvm_plugin_sdk::{PluginTable, PrimitiveError};
use std::fmt;
use std::io;
use std::path::Path;

/// A plugin in the real host, called with the values of [`osvm_plugin_sdk::testing`] and in the same way as by its
/// [`Tester`](osvm_plugin_sdk::testing::Tester): the same test can run in both.
///
/// ```
/// use osvm_host::testing::PluginTest;
/// use osvm_plugin_sdk::PrimitiveError;
/// use osvm_plugin_sdk::prelude::*;
/// use osvm_plugin_sdk::testing::{Arguments, Fake, Tester};
///
/// #[plugin(name = "SquarePlugin")]
/// mod square_plugin {
///     use super::*;
///
///     #[primitive]
///     fn primitive_squared(number: i64) -> Result<i64, PrimitiveError> {
///         number.checked_mul(number).ok_or(PrimitiveError::BadArgument)
///     }
/// }
///
/// /// The test, whoever calls.
/// fn squares(mut call: impl FnMut(&str, Vec<Fake>) -> Result<Fake, PrimitiveError>) {
///     assert_eq!(call("primitiveSquared", (12,).into_fakes()), Ok(Fake::Int(144)));
///     assert_eq!(call("primitiveSquared", (i64::MAX,).into_fakes()), Err(PrimitiveError::BadArgument));
///     assert_eq!(call("primitiveSquared", ("12",).into_fakes()), Err(PrimitiveError::BadArgument));
/// }
///
/// # fn main() {
/// let mut fake = Tester::new(&PLUGIN);
/// squares(|name, arguments| fake.call(name, arguments));
/// // In the real host: linked in, or `PluginTest::file("square.wasm".as_ref())` for a file of either form.
/// let mut real = PluginTest::linked(&PLUGIN).unwrap();
/// squares(|name, arguments| real.call(name, arguments));
/// # }
/// ```
///
/// The world is the real one, as far as it was granted: there is no `world` to look into. The hook `start` runs before the first call, as
/// in a VM.
pub struct PluginTest {
    host: RealHost,
    module: String,
    description: Description,
    memory: Memory,
}

/// Why a plugin is not tested.
#[derive(Debug)]
pub enum TestError {
    /// It is not loaded.
    Refused(Box<Refusal>),
    /// There are no means for a host.
    System(io::Error),
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TestError::Refused(refusal) => refusal.fmt(f),
            TestError::System(error) => write!(f, "no host can be set up: {error}"),
        }
    }
}

impl std::error::Error for TestError {}

impl PluginTest {
    /// A plugin that is linked into the test, with all that it imports granted, but no folder.
    pub fn linked(table: &'static PluginTable) -> Result<PluginTest, TestError> {
        PluginTest::linked_with(table, Grants::all())
    }

    /// A plugin that is linked into the test, with these grants.
    pub fn linked_with(table: &'static PluginTable, grants: Grants) -> Result<PluginTest, TestError> {
        let config = PluginConfig { grants, ..PluginConfig::new(Source::Builtin) };
        let mut host = RealHost::new(&Config::default(), PluginOptions::default()).map_err(TestError::System)?;
        let description = host.plugins.link(&config, table).map_err(TestError::Refused)?;
        Ok(PluginTest { host, module: description.module.clone(), description, memory: Memory::default() })
    }

    /// A wasm module or a native library, with all that it imports granted, but no folder.
    pub fn file(path: &Path) -> Result<PluginTest, TestError> {
        let source = source_of(path);
        PluginTest::configured(PluginConfig { grants: Grants::all(), ..PluginConfig::new(source) }, PluginOptions::default())
    }

    /// A plugin as a configuration has it.
    pub fn configured(config: PluginConfig, options: PluginOptions) -> Result<PluginTest, TestError> {
        let named = check::describe(&config.source).map_err(TestError::Refused)?;
        let module = named.module;
        let description = check::check(&module, &config, &options).map_err(TestError::Refused)?;
        let mut whole = Config::default();
        whole.plugins.insert(module.clone(), PluginConfig { enabled: true, ..config });
        let host = RealHost::new(&whole, options).map_err(TestError::System)?;
        Ok(PluginTest { host, module, description, memory: Memory::default() })
    }

    /// The host that the plugin is in.
    pub fn into_host(self) -> RealHost {
        self.host
    }

    /// What the plugin says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Calls a primitive with nil as the receiver.
    ///
    /// # Panics
    /// If there is no such primitive.
    pub fn call(&mut self, name: &str, arguments: impl Arguments) -> Result<Fake, PrimitiveError> {
        self.call_on(Fake::Nil, name, arguments)
    }

    /// Calls a primitive with a receiver.
    ///
    /// # Panics
    /// If there is no such primitive.
    pub fn call_on(&mut self, receiver: impl Into<Fake>, name: &str, arguments: impl Arguments) -> Result<Fake, PrimitiveError> {
        let result = self.signature(name);
        self.make_room();
        let primitive = self.host.plugins.resolve(&self.module, name).map_err(|_| PrimitiveError::NotFound)?;
        let RealHost { image, plugins, .. } = &mut self.host;
        let mut exchange = Exchange::new(image, &mut self.memory);
        let receiver = exchange.object(&receiver.into()).map_err(failure)?;
        let arguments = arguments.into_fakes().iter().map(|fake| exchange.object(fake)).collect::<Result<Vec<Oop>, _>>();
        let arguments = arguments.map_err(failure)?;
        let stack = Operands::stack(receiver, &arguments);
        let answer = plugins.call(primitive, &mut Call { heap: exchange.heap(), operands: Operands::new(&stack) });
        exchange.update();
        answer.map(|oop| exchange.result(oop, &result)).map_err(failure)
    }

    /// Calls a primitive so many times with the same arguments, and answers what the last call did: for measuring. The arguments are
    /// converted once.
    ///
    /// # Panics
    /// If there is no such primitive.
    pub fn repeat(&mut self, receiver: &Fake, name: &str, arguments: &[Fake], times: u64) -> Result<(), PrimitiveError> {
        self.signature(name);
        let primitive = self.host.plugins.resolve(&self.module, name).map_err(|_| PrimitiveError::NotFound)?;
        let mut left = times;
        while left > 0 {
            self.make_room();
            left -= self.repeat_in_room(primitive, receiver, arguments, left)?;
        }
        Ok(())
    }

    /// Calls until objects fill the room; how many times.
    fn repeat_in_room(
        &mut self,
        primitive: NamedPrimitive,
        receiver: &Fake,
        arguments: &[Fake],
        times: u64,
    ) -> Result<u64, PrimitiveError> {
        let mut exchange = Exchange::new(&mut self.host.image, &mut self.memory);
        let receiver = exchange.object(receiver).map_err(failure)?;
        let arguments = arguments.iter().map(|fake| exchange.object(fake)).collect::<Result<Vec<Oop>, _>>().map_err(failure)?;
        let stack = Operands::stack(receiver, &arguments);
        for done in 1..=times {
            let mut call = Call { heap: &mut self.host.image.heap, operands: Operands::new(&stack) };
            self.host.plugins.call(primitive, &mut call).map_err(failure)?;
            if self.host.is_filled() {
                return Ok(done);
            }
        }
        Ok(times)
    }

    /// The hook `snapshot`: the image is about to be saved. As in a VM a hook that fails is told to the log alone, and none runs
    /// before the first call.
    pub fn snapshot(&mut self) {
        self.host.plugins.hook(&self.module, Hook::Snapshot, 0);
    }

    /// The hook `quit`, and the end of the plugin's instance with its resources. The next call makes a new one.
    pub fn quit(&mut self) {
        self.host.plugins.unload(&self.module);
    }

    /// The hook `timer`, whether or not a timer runs.
    pub fn timer(&mut self, token: i64) {
        self.host.plugins.hook(&self.module, Hook::Timer, token);
    }

    /// What a VM does between two primitives: the hook `timer` of timers that have run out. Answers in how many microseconds the next one
    /// will, if there is one.
    pub fn between_primitives(&mut self) -> Option<u64> {
        self.host.plugins.between_primitives()
    }

    /// What a primitive answers, by its signature.
    fn signature(&self, name: &str) -> osvm_plugin_sdk::abi::ResultType {
        let found = self.description.find(name).map(|(_, primitive)| primitive.signature.result.clone());
        found.unwrap_or_else(|| panic!("{} has no primitive {name}", self.module))
    }

    fn make_room(&mut self) {
        if self.host.is_filled() {
            self.host.collect();
        }
    }
}

/// A failure as plugins know it. Only plugins fail here, so there are no others.
fn failure(error: PrimError) -> PrimitiveError {
    let system = error.system_number().unwrap_or(0);
    u8::try_from(error.code()).ok().and_then(|code| PrimitiveError::from_code(code, system)).unwrap_or(PrimitiveError::Failed)
}
