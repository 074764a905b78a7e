//! What files say, and what is said of files that are wrong.

use super::places::places_for_tests;
use super::*;
use std::path::Path;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("etc/vm.toml"), None, &places_for_tests())
}

fn error(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

/// The comments of the default that show keys, without their `#`.
fn example() -> String {
    let lines = DEFAULT.lines().filter_map(|line| line.strip_prefix("# "));
    lines.skip_while(|line| *line != "[plugins.ExamplePlugin]").take_while(|line| !line.starts_with("Files:")).fold(
        String::new(),
        |text, line| {
            // A plugin's code is in one place only.
            if line.starts_with("native") || line.starts_with("builtin") { text } else { text + line + "\n" }
        },
    )
}

#[test]
fn the_default_is_right() {
    let config = Config::builtin(&places_for_tests());
    assert_eq!((config.path, config.image, config.max_heap), (None, None, None));
    let files = &config.plugins["FilePlugin"].grants.files;
    let grant = |path: &str, write| FileGrant { host: path.into(), guest: path.into(), write };
    assert_eq!(*files, [grant("/", false), grant("/images", true), grant("/work", true), grant("/tmp", true)]);
    assert_eq!(config.plugins["LargeIntegers"], PluginConfig::new(Source::Builtin));
    assert_eq!(parse("").unwrap().plugins, config.plugins);
}

#[test]
fn the_example_in_the_default_has_every_key_and_the_limits_that_there_are() {
    let config = parse(&example()).unwrap();
    let example_plugin = &config.plugins["ExamplePlugin"];
    assert_eq!(example_plugin.limits, Limits::default());
    assert_eq!(example_plugin.source, Source::Wasm("/work/etc/example.wasm".into()));
    assert!(!example_plugin.enabled && example_plugin.exports.contains_key("primitiveExample"));
    for interface in osvm_plugin_sdk::abi::interfaces::INTERFACES {
        assert!(example_plugin.grants.has(interface.name), "`{}` has no grant in the example", interface.name);
    }
    let keys = markdown();
    for key in keys.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(key, _)| key) {
        let name = key.rsplit('.').next().unwrap_or(key);
        assert!(key.starts_with("${") || DEFAULT.contains(name), "{key} is not in vm.toml");
    }
}

#[test]
fn the_examples_of_the_page_are_right() {
    let page = include_str!("../../../../docs/configuration.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        parse(example).unwrap();
        assert!(fits_schema(example));
    }
}

#[test]
fn a_file_changes_the_default_key_by_key() {
    let config = parse(
        "[vm]\nimage = 'a/my.image'\n[plugins.FilePlugin]\nmodule = 'file.wasm'\ngrants.clock = true\nlimits.deadline = '1 s'\n\
         [plugins.LargeIntegers]\nenabled = false\n[plugins.New]\nnative = '${DATA}/x.so'\nsettings = { a = '$$1', b = 0x10, c = 1.50, d = true }\n\
         grants.environment = true\ngrants.net = ['a.b:80', '[::1]:1', 'c']\n",
    )
    .unwrap();
    assert_eq!(config.path, Some("/work/etc/vm.toml".into()));
    assert_eq!(config.image, Some("/work/etc/a/my.image".into()));
    let file = &config.plugins["FilePlugin"];
    assert_eq!(file.source, Source::Wasm("/work/etc/file.wasm".into()));
    assert!(file.grants.stdio && file.grants.clock && file.enabled);
    assert_eq!(file.grants.files.len(), 4);
    assert_eq!(file.grants.files[1].host, PathBuf::from("/work/etc/a"), "the image of the file gives image-dir");
    assert_eq!(file.limits, Limits { deadline: Duration::from_secs(1), ..Limits::default() });
    assert!(!config.plugins["LargeIntegers"].enabled);
    let new = &config.plugins["New"];
    assert_eq!(new.source, Source::Native("/data/x.so".into()));
    assert_eq!(new.settings.values().collect::<Vec<_>>(), ["$1", "16", "1.50", "true"]);
    assert_eq!(new.grants.environment, Names::All);
    assert_eq!(new.grants.net, Names::Only(vec!["a.b:80".into(), "[::1]:1".into(), "c".into()]));
    assert!(new.grants.has("net") && !new.grants.has("files"));
}

#[test]
fn lists_are_replaced_and_the_same_folder_counts_once() {
    let config = parse(
        "[plugins.FilePlugin]\ngrants.files = [{ host = '../x/.' }, { host = '/work/x', write = true, guest = '/work/x/' }, { host = '/', guest = '/r/../s' }]\n",
    );
    let files = config.unwrap_err().to_string();
    assert!(files.contains("`/work/x` is already the folder /work/etc/../x"), "{files}");
    let config = parse(
        "[plugins.FilePlugin]\ngrants.files = [{ host = 'x/.' }, { host = 'x', write = true }, { host = '/', guest = '/r/../s' }]\n",
    );
    let grant = |host: &str, guest: &str, write| FileGrant { host: host.into(), guest: guest.into(), write };
    let expected = [grant("/work/etc/x", "/work/etc/x", true), grant("/", "/s", false)];
    assert_eq!(config.unwrap().plugins["FilePlugin"].grants.files, expected);
}

#[test]
fn what_is_printed_reads_back() {
    let text = "[vm]\nimage = 'a$$b\\n\"é'\nmax-heap = '3 GiB'\n[plugins.\"a b.c\"]\nenabled = false\nmodule = \"it's\"\nlimits.stack = '1 MiB'\n\
        grants.environment = true\ngrants.net = ['a:1', 'b']\ngrants.security = true\nsettings = { 'x y' = \"$$ \\t\", z = 1 }\n\
        [plugins.\"a b.c\".exports]\n'p:q:' = '(a: int) -> nil'\n[plugins.b]\nnative = '/x'\nlimits.deadline = '1500 us'\n";
    for config in [parse(text).unwrap(), parse("").unwrap(), parse("[vm]\ndefaults = false").unwrap(), parse(&example()).unwrap()] {
        let printed = config.to_string();
        assert_eq!(parse(&printed).expect(&printed), config, "{printed}");
        assert!(fits_schema(&printed));
    }
}

#[test]
fn a_file_can_begin_with_nothing() {
    let config = parse("[vm]\ndefaults = false\n[plugins.FilePlugin]\nbuiltin = true\n").unwrap();
    assert_eq!(config.plugins.keys().collect::<Vec<_>>(), ["FilePlugin"]);
    assert_eq!(config.plugins["FilePlugin"], PluginConfig::new(Source::Builtin));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        (
            "[plugins.FilePlugin]\nmodul = 'file.wasm'\n",
            "etc/vm.toml:2:1: [plugins.FilePlugin] has no key `modul`\n    2 | modul = 'file.wasm'\n      | ^^^^^\n      = did you mean `module`?",
        ),
        (
            "[vm]\ncolour = 1",
            "etc/vm.toml:2:1: [vm] has no key `colour`\n    2 | colour = 1\n      | ^^^^^^\n      = there are image, max-heap, defaults",
        ),
        (
            "[plugin.X]\n",
            "etc/vm.toml:1:2: there is no table or key `plugin`\n    1 | [plugin.X]\n      |  ^^^^^^\n      = did you mean `plugins`?",
        ),
        (
            "[plugins.FilePlugin]\nlimits = { memory = \"64 MB\", table = 0, deadline = 5 }\n",
            "etc/vm.toml:2:21: `MB` is no unit of size; there are B, KiB, MiB, GiB, TiB\n    2 | limits = { memory = \"64 MB\", table = 0, deadline = 5 }\n      \
             |                     ^^^^^^^\n\
             etc/vm.toml:2:38: this can be from 1 to 10000000\n    2 | limits = { memory = \"64 MB\", table = 0, deadline = 5 }\n      \
             |                                      ^\n\
             etc/vm.toml:2:52: expected a string with a number and a unit, such as `\"5 s\"`, found an integer\n    2 | limits = { memory = \"64 MB\", table = 0, deadline = 5 }\n      \
             |                                                    ^",
        ),
        (
            "[plugins.FilePlugin.exports]\nprimitiveFileOpen = \"(path: bytes, writable: boolean) -> resource?\"\n",
            "etc/vm.toml:2:46: in the signature: expected a type (int, float, bool, char, bytes, words, floats, text, symbol, oop, resource), found `boolean`\n    \
             2 | primitiveFileOpen = \"(path: bytes, writable: boolean) -> resource?\"\n      \
             |                                              ^^^^^^^",
        ),
        (
            "[plugins.FilePlugin]\ngrants.files = [{ host = '${image-dir}/${NOPE}', write = true }]\n",
            "etc/vm.toml:2:40: the environment variable `NOPE` is not set\n    2 | grants.files = [{ host = '${image-dir}/${NOPE}', write = true }]\n      \
             |                                        ^^^^^^^",
        ),
        (
            "[plugins.FilePlgin]\nenabled = false\n",
            "etc/vm.toml:1:10: nothing says where the code of `FilePlgin` is, and the default has no such plugin\n    1 | [plugins.FilePlgin]\n      \
             |          ^^^^^^^^^\n      = did you mean the default's `FilePlugin`?",
        ),
        (
            "[plugins.X]\nnative = 'x'\nmodule = 'y'\n",
            "etc/vm.toml:3:1: there is `native` already, and a plugin's code can be only in one place\n    3 | module = 'y'\n      | ^^^^^^\n      \
             = leave out all but one of `module`, `native` and `builtin`",
        ),
        (
            "[plugins.X]\nbuiltin = false\n",
            "etc/vm.toml:2:11: this can only be `true`\n    2 | builtin = false\n      |           ^^^^^\n      \
             = leave the key out, or leave the plugin out by `enabled = false`",
        ),
        (
            "[plugins.FilePlugin]\ngrants.net = ['ws://x']\ngrants.environment = ['A=B']\ngrants.clock = 'yes'\n",
            "etc/vm.toml:2:15: `ws://x` is no host: write a name or an address, and a port if only one is meant, such as `localhost:8080`\n    \
             2 | grants.net = ['ws://x']\n      |               ^^^^^^^^\n\
             etc/vm.toml:3:23: `A=B` is no name of an environment variable\n    3 | grants.environment = ['A=B']\n      |                       ^^^^^\n\
             etc/vm.toml:4:16: expected `true` or `false`, found a string\n    4 | grants.clock = 'yes'\n      |                ^^^^^",
        ),
        (
            "[plugins.FilePlugin]\ngrants.files = [{ guest = 'x', host = '' }, {}]\n",
            "etc/vm.toml:2:27: a path as images write it is absolute\n    2 | grants.files = [{ guest = 'x', host = '' }, {}]\n      \
             |                           ^^^\n      = begin it with `/`\n\
             etc/vm.toml:2:39: an empty path leads nowhere\n    2 | grants.files = [{ guest = 'x', host = '' }, {}]\n      \
             |                                       ^^\n      = the file's own folder is `.`\n\
             etc/vm.toml:2:45: a folder needs `host`, the path of the folder\n    2 | grants.files = [{ guest = 'x', host = '' }, {}]\n      \
             |                                             ^^",
        ),
        ("[vm\n", "etc/vm.toml:1:4: unclosed table, expected `]`\n    1 | [vm\n      |    ^"),
        ("[vm]\nimage = 1\nimage = 2\n", "etc/vm.toml:3:1: duplicate key\n    3 | image = 2\n      | ^^^^^"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn within_a_string_with_escapes_the_whole_is_meant() {
    let message = error("[plugins.X.exports]\na = \"\\u0028a: itn) -> nil\"\n");
    assert!(message.starts_with("etc/vm.toml:2:5: in the signature: expected a type"), "{message}");
    let message = error("[plugins.X.exports]\na = \"\"\"\n(a: itn) -> nil\"\"\"\n");
    assert!(message.starts_with("etc/vm.toml:3:5: in the signature: expected a type"), "{message}");
}

#[test]
fn many_problems_are_cut() {
    let message = error(&format!("[vm]\n{}", (0..50).map(|i| format!("k{i} = 1\n")).collect::<String>()));
    assert_eq!(message.matches("has no key").count(), 20);
    assert!(message.ends_with("and 30 more problems"), "{message}");
}

/// What the JSON schema says of a text: it is a reader of its own.
fn fits_schema(text: &str) -> bool {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("vm.schema.json", schema()).unwrap();
    let index = compiler.compile("vm.schema.json", &mut schemas).unwrap();
    let value: toml::Table = toml::from_str(text).unwrap();
    schemas.validate(&serde_json::to_value(value).unwrap(), index).is_ok()
}

#[test]
fn the_schema_and_the_reader_agree() {
    assert!(fits_schema(DEFAULT) && fits_schema(&example()));
    for right in [
        "",
        "[vm]\nmax-heap = '2GiB'\ndefaults = true",
        "[plugins.X]\nnative = 'a'\ngrants.net = false\nsettings = { a = 1.5, b = 'x' }\nexports.a = '() -> nil'",
        "[plugins.FilePlugin]\nlimits = { memory = '1 MiB', table = 5, stack = '64 KiB', deadline = '5 min' }",
    ] {
        assert!(parse(right).is_ok() && fits_schema(right), "{right}");
    }
    for wrong in [
        "vm = 1",
        "x = 1",
        "[vm]\nimage = ''",
        "[vm]\nmax-heap = 5",
        "[vm]\nmax-heap = '5'",
        "[vm]\nmax-heap = '5 MB'",
        "[vm]\nx = 5",
        "[plugins]\nX = 1",
        "[plugins.'']\nbuiltin = true",
        "[plugins.X]\nbuiltin = false",
        "[plugins.X]\nbuiltin = true\nmodule = 'x'",
        "[plugins.X]\nnative = 'y'\nmodule = 'x'",
        "[plugins.FilePlugin]\nenabled = 1",
        "[plugins.FilePlugin]\ngrants.files = [{}]",
        "[plugins.FilePlugin]\ngrants.files = [{ host = '/', gust = '/' }]",
        "[plugins.FilePlugin]\ngrants.files = true",
        "[plugins.FilePlugin]\ngrants.clocks = true",
        "[plugins.FilePlugin]\ngrants.net = [1]",
        "[plugins.FilePlugin]\ngrants.environment = ['']",
        "[plugins.FilePlugin]\nlimits.table = 0",
        "[plugins.FilePlugin]\nlimits.table = -1",
        "[plugins.FilePlugin]\nlimits.table = 100_000_000_000",
        "[plugins.FilePlugin]\nlimits.table = 1.5",
        "[plugins.FilePlugin]\nlimits.deadline = '5 m'",
        "[plugins.FilePlugin]\nsettings.a = []",
        "[plugins.FilePlugin]\nexports.a = 1",
    ] {
        assert!(parse(wrong).is_err() && !fits_schema(wrong), "{wrong}");
    }
}
