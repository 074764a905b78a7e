//! Modules of WebAssembly text with little in them.

use libtest_mimic::Failed;
use std::fs;
use std::path::Path;

/// A module: its name, the lines of its description after those that all have, its imports, and its functions. Its result slots are
/// at 64, and the data of arguments comes to 1024.
pub struct Module {
    pub name: &'static str,
    pub lines: &'static str,
    pub imports: &'static str,
    pub body: String,
}

impl Module {
    pub fn bytes(&self) -> Result<Vec<u8>, Failed> {
        let Module { name, lines, imports, body } = self;
        let lines = lines.replace('\n', "\\n");
        let text = format!(
            "(module {imports}
                (memory (export \"memory\") 1)
                (global (export \"osvm_results\") i32 (i32.const 64))
                (func (export \"osvm_arena\") (param i32) (result i32) (i32.const 1024))
                {body}
                (@custom \"osvm.plugin\" \"osvm-plugin 1.0\\nmodule {name} 1.0\\n{lines}\\n\"))"
        );
        Ok(wat::parse_str(text)?)
    }

    /// Writes it as a linker does: under another name first, so that nobody sees half of it.
    pub fn put(&self, file: &Path) -> Result<(), Failed> {
        put(file, &self.bytes()?)
    }
}

pub fn put(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let other = file.with_extension("new");
    fs::write(&other, bytes)?;
    Ok(fs::rename(other, file)?)
}
