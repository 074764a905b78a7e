//! Packages of source as values: classes, methods, extensions and expressions, each with its place in a file. `osvm load` makes
//! objects of them.
//!
//! Three formats are read to this one model: Tonel, FileTree, and files of chunks as `fileOut` writes them. Which one a file has is
//! seen from its folder and its first word.

pub mod chunk;
mod definition;
mod directory;
pub mod filetree;
#[cfg(test)]
mod tests;
mod tonel;
mod traits;

pub use directory::ReadError;
pub use traits::{TraitUse, composition};

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use std::path::PathBuf;

/// A file by its index in [`Packages::files`].
pub type FileId = usize;

/// A file that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its path, as it is told to people.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// It is a file of chunks, which says itself what is to be initialised.
    pub is_chunks: bool,
}

/// A part of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The part.
    pub span: Span,
}

/// A text that is taken out of a file, and where each of its bytes is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// The text.
    pub text: String,
    /// The file.
    pub file: FileId,
    /// From which byte of the text on it follows the file from which byte on; ascending, the first from byte 0 of the text.
    pub pieces: Vec<(u32, u32)>,
}

impl Excerpt {
    /// A text that stands in the file as it is.
    pub fn plain(text: impl Into<String>, file: FileId, start: usize) -> Excerpt {
        Excerpt { text: text.into(), file, pieces: vec![(0, start as u32)] }
    }

    /// The place in the file of a part of the text.
    pub fn place(&self, span: Span) -> Place {
        let offset = |at: u32| {
            let piece = self.pieces.partition_point(|&(start, _)| start <= at).saturating_sub(1);
            self.pieces.get(piece).map_or(at, |&(start, file)| file + (at - start))
        };
        // The end is that of the last byte, which may be in another piece than what follows.
        let end = if span.end > span.start { offset(span.end - 1) + 1 } else { offset(span.start) };
        Place { file: self.file, span: Span { start: offset(span.start), end } }
    }
}

/// What the instances of a class are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Kind {
    /// Named fields.
    Normal,
    /// Named and indexable fields.
    Variable,
    /// Named fields, and indexable ones that are weak.
    Weak,
    /// Fields of which the first is a key that decides over the others.
    Ephemeron,
    /// Bytes.
    Bytes,
    /// 16-bit units.
    DoubleBytes,
    /// 32-bit words.
    Words,
    /// 64-bit words.
    DoubleWords,
    /// Immediates.
    Immediate,
    /// Compiled code.
    CompiledMethod,
}

/// A class or trait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassDefinition {
    /// Its name.
    pub name: String,
    /// Its superclass; `None` for nil.
    pub superclass: Option<String>,
    /// It is a trait.
    pub is_trait: bool,
    /// What its instances are made of.
    pub kind: Kind,
    /// Names of the instance variables that it adds.
    pub instance_variables: Vec<String>,
    /// Names of the instance variables that its metaclass adds; `None` if the definition does not say.
    pub class_instance_variables: Option<Vec<String>>,
    /// Names of its class variables.
    pub class_variables: Vec<String>,
    /// Names of the pools that it shares.
    pub pools: Vec<String>,
    /// The traits that it uses.
    pub traits: Vec<TraitUse>,
    /// The traits that its metaclass uses, beside the class sides of `traits`.
    pub class_traits: Vec<TraitUse>,
    /// Its category.
    pub category: String,
    /// Its comment.
    pub comment: String,
    /// Where it is defined.
    pub place: Place,
}

impl ClassDefinition {
    /// A class with nothing but a name and a superclass.
    pub fn new(name: impl Into<String>, superclass: Option<String>, place: Place) -> ClassDefinition {
        ClassDefinition {
            name: name.into(),
            superclass,
            is_trait: false,
            kind: Kind::Normal,
            instance_variables: Vec::new(),
            class_instance_variables: None,
            class_variables: Vec::new(),
            pools: Vec::new(),
            traits: Vec::new(),
            class_traits: Vec::new(),
            category: String::new(),
            comment: String::new(),
            place,
        }
    }
}

/// A method.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MethodDefinition {
    /// The class, or trait, that it is of.
    pub class_name: String,
    /// It is of the class side.
    pub class_side: bool,
    /// Its protocol.
    pub category: String,
    /// Message pattern and body.
    pub source: Excerpt,
}

/// What has been read.
#[derive(Clone, Default, Debug)]
pub struct Packages {
    /// The files.
    pub files: Vec<SourceFile>,
    /// Classes and traits, in the order of the files.
    pub classes: Vec<ClassDefinition>,
    /// Methods of these and of other classes.
    pub methods: Vec<MethodDefinition>,
    /// Comments of classes that no file has defined before, by the names of the classes, in the order of the files.
    pub comments: Vec<(String, String)>,
    /// Expressions to evaluate when everything is loaded.
    pub expressions: Vec<Excerpt>,
    /// What is wrong with the files.
    pub problems: Vec<(FileId, Diagnostic)>,
}

impl Packages {
    /// Adds a file whose text is known, in the format that it has by its looks. `path` is what it is called in messages.
    pub fn add_text(&mut self, path: impl Into<PathBuf>, text: String) {
        let is_tonel = tonel::looks_like(&text);
        let file = self.add_file(path.into(), text);
        self.files[file].is_chunks = !is_tonel;
        if is_tonel { tonel::read(self, file) } else { chunk::read(self, file) }
    }

    fn add_file(&mut self, path: PathBuf, text: String) -> FileId {
        self.files.push(SourceFile { path, text, is_chunks: false });
        self.files.len() - 1
    }

    /// What is wrong somewhere, as text with the line and a caret.
    pub fn render(&self, file: FileId, diagnostic: &Diagnostic) -> String {
        let source = &self.files[file];
        diagnostic.render(&source.path.display().to_string(), &source.text).to_string()
    }

    /// A diagnostic of an excerpt as one of its file.
    pub fn in_file(excerpt: &Excerpt, diagnostic: &Diagnostic) -> Diagnostic {
        Diagnostic { span: excerpt.place(diagnostic.span).span, ..diagnostic.clone() }
    }
}
