//! `osvm plugin new`: a crate to begin with.

use crate::args::NewPluginArgs;
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of the crate, with what each is made from. `{crate}`, `{library}`, `{module}` and `{sdk}` are put in.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("template/Cargo.toml")),
    ("src/lib.rs", include_str!("template/lib.rs")),
    ("tests/primitives.rs", include_str!("template/tests.rs")),
    ("README.md", include_str!("template/README.md")),
    ("vm.toml", include_str!("template/vm.toml")),
    (".gitignore", include_str!("template/gitignore")),
];

/// Makes the folder, and says what to do in it.
pub fn run(args: &NewPluginArgs) -> Result<i32, Failure> {
    let names = Names::from(&args.name, args.module.as_deref()).map_err(|why| Failure::bad_input(&args.name, why))?;
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from(&names.package));
    let sdk = sdk(args.sdk.as_deref())?;
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::bad_input(folder.display(), "there is something in this folder already; name another with --folder"));
    }
    for (file, template) in FILES {
        let path = folder.join(file);
        let above = path.parent().unwrap_or(&folder);
        fs::create_dir_all(above).map_err(|error| Failure::bad_input(above.display(), error))?;
        fs::write(&path, names.fill(template, &sdk)).map_err(|error| Failure::bad_input(path.display(), error))?;
    }
    println!("{}: the crate `{}` of the plugin {}", folder.display(), names.package, names.module);
    println!("There, `cargo test` tests it, and `osvm plugin build` builds it; README.md says more.");
    Ok(0)
}

/// What Cargo.toml says of the SDK.
fn sdk(path: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = path else {
        return Ok(format!("\"{}\"", env!("CARGO_PKG_VERSION")));
    };
    let absolute = fs::canonicalize(path).map_err(|error| Failure::bad_input(path.display(), error))?;
    if !absolute.join("Cargo.toml").is_file() {
        return Err(Failure::bad_input(
            path.display(),
            "this is no folder of a crate: --sdk is the folder `plugin-sdk` of osvm's source",
        ));
    }
    Ok(format!("{{ path = {:?} }}", absolute.to_string_lossy()))
}

/// The names of a plugin.
#[derive(Debug, PartialEq)]
struct Names {
    /// The crate's: `my-plugin`.
    package: String,
    /// What methods of images say: `MyPlugin`.
    module: String,
}

/// Names that a crate cannot have: Rust's keywords, its own crates, and that of the SDK, on which a plugin depends.
const RESERVED: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum extern false final fn for gen \
    if impl in let loop macro match mod move mut osvm-plugin-sdk override priv proc-macro pub ref return self static std struct super test trait \
    true try type typeof unsafe unsized use virtual where while yield";

impl Names {
    /// From a name in either form. The module's name ends in `Plugin` unless it is given.
    fn from(name: &str, module: Option<&str>) -> Result<Names, String> {
        let words = words(name);
        let starts_well = words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
        if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(
                "a plugin's name has letters, digits and `-`, a letter first, such as `string-metrics` or `StringMetrics`".into()
            );
        }
        let package = words.join("-");
        if RESERVED.split(' ').any(|reserved| reserved == package) {
            return Err(format!("`{package}` means something else in Rust: add a word, such as `{package}-tools`"));
        }
        let module = match module {
            Some(module)
                if module.is_empty() || module.contains(|c: char| c.is_whitespace() || c.is_control() || "'\"\\{}".contains(c)) =>
            {
                return Err(format!("`{module}` cannot be the name of a module"));
            }
            Some(module) => module.to_string(),
            None => {
                let camel: String = words.iter().map(|word| word[..1].to_uppercase() + &word[1..]).collect();
                if camel.ends_with("Plugin") { camel } else { camel + "Plugin" }
            }
        };
        Ok(Names { package, module })
    }

    fn fill(&self, template: &str, sdk: &str) -> String {
        template
            .replace("{crate}", &self.package)
            .replace("{library}", &self.package.replace('-', "_"))
            .replace("{module_key}", &osvm_host::config::key(&self.module))
            .replace("{module}", &self.module)
            .replace("{sdk}", sdk)
    }
}

/// The words of a name, in lower case: `HTTPClient2` and `http-client2` are both `http`, `client2`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (i, &c) in chars.iter().enumerate() {
        let lower = |at: usize| chars.get(at).is_some_and(char::is_ascii_lowercase);
        let begins = c.is_ascii_uppercase() && i > 0 && (!chars[i - 1].is_ascii_uppercase() || lower(i + 1));
        if c == '-' || c == '_' || begins {
            words.push(String::new());
        }
        if c != '-' && c != '_' {
            words.last_mut().expect("there is a word").push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_either_form() {
        for (name, package, module) in [
            ("hello", "hello", "HelloPlugin"),
            ("string-metrics", "string-metrics", "StringMetricsPlugin"),
            ("StringMetrics", "string-metrics", "StringMetricsPlugin"),
            ("HTTPClient2", "http-client2", "HttpClient2Plugin"),
            ("my_plugin", "my-plugin", "MyPlugin"),
        ] {
            assert_eq!(Names::from(name, None), Ok(Names { package: package.into(), module: module.into() }));
        }
        assert_eq!(Names::from("b2d", Some("B2DPlugin")).unwrap().module, "B2DPlugin");
        for name in ["", "-", "2d", "a b", "a/b", "é", "fn", "Self", "std", "osvm_plugin_sdk", "yield"] {
            assert!(Names::from(name, None).is_err(), "{name}");
        }
        for module in ["", "a b", "it's", "a\"b"] {
            assert!(Names::from("x", Some(module)).is_err(), "{module}");
        }
    }

    #[test]
    fn nothing_of_the_templates_is_left() {
        let names = Names::from("hello", None).unwrap();
        for (file, template) in FILES {
            let text = names.fill(template, "\"0.1\"");
            for name in ["crate", "library", "module", "module_key", "sdk"] {
                assert!(!text.contains(&format!("{{{name}}}")), "{file} has {{{name}}}");
            }
        }
    }
}
