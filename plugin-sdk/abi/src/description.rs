//! What a plugin says of itself: text in a custom section of a wasm module, or in the table of a native library.
//!
//! ```text
//! osvm-plugin 1.0                                        the version of the boundary that it was built for
//! module FilePlugin 0.1.0                                the name by which methods of images refer to it; its own version
//! import files 1.0                                       an interface of the host that it uses, and the version it needs
//! hook quit                                              what it wants to be told
//! primitive primitiveFileSize (file: resource) -> int    what it offers
//! ```
//!
//! One item a line; the first two lines come first, the others in any order, each line ends with a line feed.

use crate::parse::SignatureError;
use crate::{Signature, Version};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// The most bytes that a description may have.
pub const MAX_DESCRIPTION: usize = 1 << 20;

/// What a plugin says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    /// The version of the boundary that it was built for.
    pub abi: Version,
    /// The module's name, by which methods refer to it.
    pub module: String,
    /// The plugin's own version, for people.
    pub version: String,
    /// The interfaces of the host that it uses.
    pub imports: Vec<Import>,
    /// What it wants to be told.
    pub hooks: Vec<Hook>,
    /// What it offers.
    pub primitives: Vec<PrimitiveDescription>,
}

/// An interface that a plugin uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// Its name.
    pub interface: String,
    /// The version that the plugin was built for.
    pub version: Version,
}

/// A primitive that a plugin offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrimitiveDescription {
    /// The name by which methods refer to it, and by which a wasm plugin exports it.
    pub name: String,
    /// Its signature.
    pub signature: Signature,
}

/// What a plugin can be told. A hook's answer is a status; a failure is logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Hook {
    /// `()`: an image starts, or goes on after it was saved and loaded; before the first primitive.
    Start,
    /// `()`: the image is about to be saved.
    Snapshot,
    /// `()`: the VM is about to end.
    Quit,
    /// `(token: i64)`: a timer that the plugin started has run out.
    Timer,
}

impl Hook {
    /// All hooks with their names and the names of their wasm exports.
    pub const ALL: [(Hook, &'static str, &'static str); 4] = [
        (Hook::Start, "start", "osvm_on_start"),
        (Hook::Snapshot, "snapshot", "osvm_on_snapshot"),
        (Hook::Quit, "quit", "osvm_on_quit"),
        (Hook::Timer, "timer", "osvm_on_timer"),
    ];

    fn row(self) -> &'static (Hook, &'static str, &'static str) {
        Hook::ALL.iter().find(|(hook, ..)| *hook == self).expect("every hook is listed")
    }

    /// Its name in a description.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The name of the function that a wasm plugin exports for it.
    pub fn export(self) -> &'static str {
        self.row().2
    }
}

/// Why a text is no description, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DescriptionError {
    /// Line, from 1; 0 where the whole is meant.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}, column {}: {}", self.column, self.message),
        }
    }
}

impl std::error::Error for DescriptionError {}

impl Description {
    /// Reads the bytes of a description. Of one that was made for another major version only that version is looked at; the
    /// error then says which side to build again.
    pub fn read(bytes: &[u8]) -> Result<Description, DescriptionError> {
        let whole = |message: String| DescriptionError { line: 0, column: 0, message };
        if bytes.len() > MAX_DESCRIPTION {
            return Err(whole(format!("the description has {} bytes, and at most {MAX_DESCRIPTION} are read", bytes.len())));
        }
        std::str::from_utf8(bytes).map_err(|e| whole(format!("the description is not UTF-8 at byte {}", e.valid_up_to())))?.parse()
    }

    /// The version of the boundary for which a plugin was built, by the first line of its description, which is the same in all versions.
    pub fn version_of(bytes: &[u8]) -> Option<Version> {
        let line = bytes.split(|&byte| byte == b'\n').next()?;
        std::str::from_utf8(line).ok()?.strip_prefix("osvm-plugin ")?.parse().ok()
    }

    /// The primitive of this name, with its index.
    pub fn find(&self, primitive: &str) -> Option<(usize, &PrimitiveDescription)> {
        self.primitives.iter().enumerate().find(|(_, p)| p.name == primitive)
    }

    /// The version of the boundary, from the first line alone.
    fn abi_of(line: Option<&str>) -> Result<Version, DescriptionError> {
        let error = |column, message| DescriptionError { line: 1, column, message };
        let line = line.unwrap_or_default();
        let version = line.strip_prefix("osvm-plugin ").ok_or_else(|| error(1, "expected `osvm-plugin` and a version".into()))?;
        let version: Version = version.parse().map_err(|e| error(13, e))?;
        if crate::ABI.serves(version) {
            return Ok(version);
        }
        let who = if version > crate::ABI { "osvm is the older side: use a newer osvm" } else { "build the plugin again" };
        Err(error(
            13,
            format!("the plugin was built for version {version} of the boundary, and this osvm has {}; {who}", crate::ABI),
        ))
    }

    fn line(&mut self, line: &str) -> Result<(), (usize, String)> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        // Where what follows the word is, or would be.
        let at = (word.len() + 2).min(line.len() + 1);
        match word {
            "import" => {
                let (interface, version) = rest.split_once(' ').ok_or((at, "expected an interface and its version".to_string()))?;
                if !is_name(interface) {
                    return Err((at, format!("`{interface}` is no name of an interface")));
                }
                if self.imports.iter().any(|i| i.interface == interface) {
                    return Err((at, format!("`{interface}` is imported twice")));
                }
                let version = version.parse().map_err(|e| (at + interface.chars().count() + 1, e))?;
                self.imports.push(Import { interface: interface.into(), version });
            }
            "hook" => {
                let known = || Hook::ALL.map(|(_, name, _)| name).join(", ");
                let found = Hook::ALL.iter().find(|(_, name, _)| *name == rest);
                let &(hook, ..) = found.ok_or_else(|| (at, format!("expected a hook ({}), found `{rest}`", known())))?;
                if self.hooks.contains(&hook) {
                    return Err((at, format!("the hook `{rest}` is there twice")));
                }
                self.hooks.push(hook);
            }
            "primitive" => {
                let (name, signature) = rest.split_once(' ').ok_or((at, "expected a name and a signature".to_string()))?;
                if !is_name(name) {
                    return Err((at, "expected the name of a primitive".into()));
                }
                let place = |e: SignatureError| (at + name.chars().count() + e.column, e.message);
                let signature = signature.parse().map_err(place)?;
                self.primitives.push(PrimitiveDescription { name: name.into(), signature });
            }
            _ => return Err((1, format!("expected `import`, `hook` or `primitive`, found `{word}`"))),
        }
        Ok(())
    }
}

/// True for what can be the name of a module, primitive or interface: visible characters, not too many.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

impl FromStr for Description {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Description, DescriptionError> {
        let mut lines = text.split_terminator('\n').enumerate();
        let abi = Description::abi_of(lines.next().map(|(_, line)| line))?;
        let error = |line, (column, message)| DescriptionError { line, column, message };
        let module = lines.next().and_then(|(_, line)| line.strip_prefix("module ")).and_then(|rest| rest.split_once(' '));
        let (module, version) = module
            .filter(|(module, version)| is_name(module) && is_name(version))
            .ok_or_else(|| error(2, (1, "expected `module`, the module's name and the plugin's version".into())))?;
        let mut description = Description {
            abi,
            module: module.into(),
            version: version.into(),
            imports: Vec::new(),
            hooks: Vec::new(),
            primitives: Vec::new(),
        };
        let mut names = HashSet::new();
        for (number, line) in lines {
            description.line(line).map_err(|e| error(number + 1, e))?;
            if let Some(last) = description.primitives.last()
                && line.starts_with("primitive ")
                && !names.insert(last.name.clone())
            {
                return Err(error(number + 1, (11, format!("the primitive `{}` is there twice", last.name))));
            }
        }
        Ok(description)
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "osvm-plugin {}\nmodule {} {}", self.abi, self.module, self.version)?;
        self.imports.iter().try_for_each(|i| writeln!(f, "import {} {}", i.interface, i.version))?;
        self.hooks.iter().try_for_each(|hook| writeln!(f, "hook {}", hook.name()))?;
        self.primitives.iter().try_for_each(|p| writeln!(f, "primitive {} {}", p.name, p.signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "osvm-plugin 1.0\nmodule FilePlugin 0.1.0\nimport files 1.0\nhook quit\n\
        primitive primitiveFileSize (file: resource) -> int\nprimitive primitiveLog:level: (a: text, b: text) -> self\n";

    fn error(text: &str) -> String {
        text.parse::<Description>().unwrap_err().to_string()
    }

    #[test]
    fn a_description_prints_as_it_was_read() {
        let description = Description::read(TEXT.as_bytes()).unwrap();
        assert_eq!(description.to_string(), TEXT);
        assert_eq!(description.find("primitiveLog:level:").unwrap().0, 1);
        assert_eq!(description.hooks, [Hook::Quit]);
    }

    #[test]
    fn errors_say_where() {
        let with = |line: &str| format!("osvm-plugin 1.0\nmodule A 1\n{line}\n");
        for (text, expected) in [
            (String::new(), "line 1, column 1: expected `osvm-plugin` and a version"),
            ("osvm-plugin 1".into(), "line 1, column 13: expected a version such as 1.0, found `1`"),
            (
                "osvm-plugin 2.0\nwhatever".into(),
                "line 1, column 13: the plugin was built for version 2.0 of the boundary, and this osvm has 1.0; osvm is the older \
                 side: use a newer osvm",
            ),
            (
                "osvm-plugin 0.9\n".into(),
                "line 1, column 13: the plugin was built for version 0.9 of the boundary, and this osvm has 1.0; build the plugin again",
            ),
            ("osvm-plugin 1.0\n".into(), "line 2, column 1: expected `module`, the module's name and the plugin's version"),
            (with("primitive p (a: itn) -> nil"), "line 3, column 17: expected a type"),
            (with("hook sleep"), "line 3, column 6: expected a hook (start, snapshot, quit, timer), found `sleep`"),
            (with("hook quit\nhook quit"), "line 4, column 6: the hook `quit` is there twice"),
            (with("import files"), "line 3, column 8: expected an interface and its version"),
            (with("import größe "), "line 3, column 14: expected a version such as 1.0, found ``"),
            (with("import"), "line 3, column 7: expected an interface and its version"),
            (with("import files 1.0\nimport files 1.0"), "line 4, column 8: `files` is imported twice"),
            (with("primitive p () -> nil\nprimitive p () -> nil"), "line 4, column 11: the primitive `p` is there twice"),
            (with("osvm-plugin 1.0"), "line 3, column 1: expected `import`, `hook` or `primitive`, found `osvm-plugin`"),
        ] {
            assert!(error(&text).starts_with(expected), "{text:?}: {}", error(&text));
        }
        assert_eq!(Description::read(b"osvm\xFF").unwrap_err().to_string(), "the description is not UTF-8 at byte 4");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, cut in 0..TEXT.len(), line in "\\PC*") {
            let _ = Description::read(&bytes);
            let _ = TEXT[..cut].parse::<Description>();
            if let Ok(read) = format!("{TEXT}{line}\n").parse::<Description>() {
                prop_assert_eq!(read.to_string().parse::<Description>().unwrap(), read);
            }
        }
    }
}
