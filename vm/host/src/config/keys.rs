//! Every key of `vm.toml`, once: the reader, the JSON schema and the page for users are made from these tables.

use super::{Config, FileGrant, Names, PluginConfig, Source};
use osvm_plugin_sdk::abi::Signature;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// A key of a table that is read into a `T`.
pub(super) struct Key<T: 'static> {
    pub(super) name: &'static str,
    /// For people: sentences.
    pub(super) doc: &'static str,
    pub(super) kind: Kind<T>,
}

/// What the value of a key is, and where it goes.
pub(super) enum Kind<T: 'static> {
    /// A table of keys.
    Table(&'static [Key<T>]),
    /// A table whose keys are names of plugins.
    Plugins(fn(&mut T) -> &mut BTreeMap<String, PluginConfig>, &'static [Key<PluginDraft>]),
    Bool(fn(&mut T, bool)),
    /// `true`, and nothing else.
    True(fn(&mut T)),
    /// A string such as `64 MiB`.
    Size(fn(&mut T, u64), RangeInclusive<u64>),
    /// A string such as `5 s`.
    Time(fn(&mut T, Duration), RangeInclusive<Duration>),
    Count(fn(&mut T, u32), RangeInclusive<u32>),
    /// A path of the host; variables are put in, and it may be relative to the file's folder.
    Path(fn(&mut T, PathBuf)),
    /// An absolute path as images write it; variables are put in.
    Guest(fn(&mut T, PathBuf)),
    /// A list of names, or a boolean: all or none.
    Names(fn(&mut T, Names), NameKind),
    /// A list of tables.
    Files(fn(&mut T, Vec<FileGrant>), &'static [Key<FileDraft>]),
    /// A table of any keys, whose values are texts (with variables put in), numbers or booleans.
    Texts(fn(&mut T, String, String)),
    /// A table of any keys, whose values are signatures.
    Signatures(fn(&mut T, String, Signature)),
}

/// What names are names of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NameKind {
    /// Environment variables.
    Variable,
    /// Hosts, each with a port or without.
    Host,
}

/// A configuration while it is read.
pub(super) struct Draft {
    pub(super) config: Config,
    /// The built-in default is what the file begins with.
    pub(super) defaults: bool,
}

/// What is said of a plugin, while it is read.
pub(super) struct PluginDraft {
    /// `None` until the file, or the default, says where the code is.
    pub(super) source: Option<Source>,
    pub(super) rest: PluginConfig,
}

/// A grant of files, while it is read.
#[derive(Default)]
pub(super) struct FileDraft {
    pub(super) host: Option<PathBuf>,
    pub(super) guest: Option<PathBuf>,
    pub(super) write: bool,
}

/// The whole file.
pub(super) const FILE: &[Key<Draft>] = &[
    Key { name: "vm", doc: "The machine as a whole.", kind: Kind::Table(VM) },
    Key {
        name: "plugins",
        doc: "A table for each plugin, `[plugins.NAME]`: NAME is the module's name in methods of the image.",
        kind: Kind::Plugins(|draft| &mut draft.config.plugins, PLUGIN),
    },
];

const VM: &[Key<Draft>] = &[
    Key {
        name: "image",
        doc: "The image to run if the command line names none.",
        kind: Kind::Path(|draft, path| draft.config.image = Some(path)),
    },
    Key {
        name: "max-heap",
        doc: "The most that the image's objects may take. `--max-heap` goes first.",
        kind: Kind::Size(|draft, bytes| draft.config.max_heap = Some(bytes), 1 << 20..=1 << 46),
    },
    Key {
        name: "defaults",
        doc: "`false`: this file does not begin with the built-in default; there are the plugins that it names and no others.",
        kind: Kind::Bool(|draft, value| draft.defaults = value),
    },
];

const PLUGIN: &[Key<PluginDraft>] = &[
    Key {
        name: "enabled",
        doc: "`false`: the plugin is as if it were missing, and the log says so.",
        kind: Kind::Bool(|draft, value| draft.rest.enabled = value),
    },
    Key {
        name: "module",
        doc: "The code is a wasm module, in this file. One of `module`, `native` and `builtin` is needed, and only one can be there.",
        kind: Kind::Path(|draft, path| draft.source = Some(Source::Wasm(path))),
    },
    Key {
        name: "native",
        doc: "The code is a native library, in this file. It runs with all rights of the VM: grants do not bind native code that goes around them.",
        kind: Kind::Path(|draft, path| draft.source = Some(Source::Native(path))),
    },
    Key {
        name: "builtin",
        doc: "`true`: the code is the one that is linked into `osvm` under this name.",
        kind: Kind::True(|draft| draft.source = Some(Source::Builtin)),
    },
    Key {
        name: "grants",
        doc: "What the plugin may touch of the outside world: what is not granted it cannot reach.",
        kind: Kind::Table(GRANTS),
    },
    Key { name: "limits", doc: "How much a wasm plugin may use.", kind: Kind::Table(LIMITS) },
    Key {
        name: "settings",
        doc: "What the plugin's interface `settings` answers: texts, numbers and booleans by name. What a name can be is the plugin's business.",
        kind: Kind::Texts(|draft, key, value| {
            draft.rest.settings.insert(key, value);
        }),
    },
    Key {
        name: "exports",
        doc: "Signatures that this configuration relies on, by the name of the primitive. A plugin that differs is refused.",
        kind: Kind::Signatures(|draft, name, signature| {
            draft.rest.exports.insert(name, signature);
        }),
    },
];

const GRANTS: &[Key<PluginDraft>] = &[
    Key {
        name: "files",
        doc: "Folders. Of those that a path lies in, the one with the longest `guest` counts.",
        kind: Kind::Files(|draft, files| draft.rest.grants.files = files, FILE_GRANT),
    },
    Key {
        name: "stdio",
        doc: "Standard input, output and error, and the descriptors that the process was started with.",
        kind: Kind::Bool(|draft, value| draft.rest.grants.stdio = value),
    },
    Key { name: "clock", doc: "The time, and the time zone.", kind: Kind::Bool(|draft, value| draft.rest.grants.clock = value) },
    Key {
        name: "random",
        doc: "Numbers that cannot be guessed.",
        kind: Kind::Bool(|draft, value| draft.rest.grants.random = value),
    },
    Key { name: "log", doc: "The log of the VM.", kind: Kind::Bool(|draft, value| draft.rest.grants.log = value) },
    Key {
        name: "console",
        doc: "Lines on standard output and error.",
        kind: Kind::Bool(|draft, value| draft.rest.grants.console = value),
    },
    Key {
        name: "semaphores",
        doc: "Signalling external semaphores of the image.",
        kind: Kind::Bool(|draft, value| draft.rest.grants.semaphores = value),
    },
    Key {
        name: "timers",
        doc: "Being called later, between two primitives.",
        kind: Kind::Bool(|draft, value| draft.rest.grants.timers = value),
    },
    Key {
        name: "environment",
        doc: "Environment variables, by name; `true` is all of them.",
        kind: Kind::Names(|draft, names| draft.rest.grants.environment = names, NameKind::Variable),
    },
    Key {
        name: "security",
        doc: "Giving rights of the image up, and the user's folders.",
        kind: Kind::Bool(|draft, value| draft.rest.grants.security = value),
    },
    Key {
        name: "net",
        doc: "Hosts to connect to, each `name` or `name:port`; `true` is all of them.",
        kind: Kind::Names(|draft, names| draft.rest.grants.net = names, NameKind::Host),
    },
];

const FILE_GRANT: &[Key<FileDraft>] = &[
    Key { name: "host", doc: "The folder.", kind: Kind::Path(|draft, path| draft.host = Some(path)) },
    Key {
        name: "guest",
        doc: "The absolute path by which the image knows it; the folder's own path if it is left out.",
        kind: Kind::Guest(|draft, path| draft.guest = Some(path)),
    },
    Key { name: "write", doc: "`true`: what is in it may be changed too.", kind: Kind::Bool(|draft, value| draft.write = value) },
];

const LIMITS: &[Key<PluginDraft>] = &[
    Key {
        name: "memory",
        doc: "Its memory.",
        kind: Kind::Size(|draft, bytes| draft.rest.limits.memory = bytes, 64 << 10..=4 << 30),
    },
    Key {
        name: "table",
        doc: "Elements of its tables.",
        kind: Kind::Count(|draft, count| draft.rest.limits.table = count, 1..=10_000_000),
    },
    Key { name: "stack", doc: "Its stack.", kind: Kind::Size(|draft, bytes| draft.rest.limits.stack = bytes, 16 << 10..=4 << 20) },
    Key {
        name: "deadline",
        doc: "The longest that one call may take.",
        kind: Kind::Time(
            |draft, time| draft.rest.limits.deadline = time,
            Duration::from_millis(1)..=Duration::from_secs(24 * 3600),
        ),
    },
];
