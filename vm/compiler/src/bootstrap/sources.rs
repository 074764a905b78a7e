//! The files that an image is made from, and what is wrong with them.

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::tonel::{self, Definition, Kind};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its name, for people.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Something that is wrong with the sources.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file, by its index; `None` for something that no file has.
    pub file: Option<usize>,
    /// What and where.
    pub diagnostic: Diagnostic,
}

/// Files of packages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    /// The files, in the order in which they are read.
    pub files: Vec<SourceFile>,
}

impl Sources {
    /// Reads all files whose names end in `.st` in a folder and the folders in it, in the order of their names.
    ///
    /// # Errors
    /// The path that could not be read, and why; a file that is not UTF-8 is `InvalidData`.
    pub fn read(folder: &Path) -> Result<Sources, (PathBuf, io::Error)> {
        let mut sources = Sources::default();
        sources.read_folder(folder)?;
        Ok(sources)
    }

    fn read_folder(&mut self, folder: &Path) -> Result<(), (PathBuf, io::Error)> {
        let failed = |error| (folder.to_path_buf(), error);
        let entries: io::Result<Vec<PathBuf>> =
            fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut paths = entries.map_err(failed)?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                self.read_folder(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "st") {
                let text = fs::read_to_string(&path).map_err(|error| (path.clone(), error))?;
                self.files.push(SourceFile { name: path.display().to_string(), text });
            }
        }
        Ok(())
    }

    /// Reads the definitions; packages have none.
    pub(super) fn definitions(&self, problems: &mut Vec<Problem>) -> Vec<(usize, Definition)> {
        let mut definitions = Vec::new();
        for (file, SourceFile { text, .. }) in self.files.iter().enumerate() {
            match tonel::read(text) {
                Ok(definition) if definition.kind == Kind::Package => {}
                Ok(definition) => definitions.push((file, definition)),
                Err(diagnostic) => problems.push(Problem { file: Some(file), diagnostic }),
            }
        }
        definitions
    }

    /// The place in a file's header of the value of a property, or else of its key.
    pub(super) fn span_of(&self, file: usize, key: &str, value: &str) -> Span {
        let text = &self.files[file].text;
        let start = text.find(&format!("#{key}")).map_or(0, |at| at + 1);
        let behind = start + key.len().min(text.len() - start);
        match text[behind..].find(value).filter(|_| !value.is_empty()) {
            Some(at) => Span::new(behind + at, behind + at + value.len()),
            None => Span::new(start, behind),
        }
    }

    /// A problem as text: file, line, column, message, the line and a caret.
    pub fn render<'a>(&'a self, problem: &'a Problem) -> impl fmt::Display + 'a {
        Rendered { sources: self, problem }
    }
}

struct Rendered<'a> {
    sources: &'a Sources,
    problem: &'a Problem,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let diagnostic = &self.problem.diagnostic;
        match self.problem.file.and_then(|file| self.sources.files.get(file)) {
            Some(file) => diagnostic.render(&file.name, &file.text).fmt(f),
            None => {
                writeln!(f, "error: {}", diagnostic.message)?;
                diagnostic.help.iter().try_for_each(|help| writeln!(f, "  {help}"))
            }
        }
    }
}
