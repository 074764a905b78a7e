//! Compiles the methods of all classes, and enters them in method dictionaries.

use super::classes::{Classes, METHODS};
use super::hierarchy::Hierarchy;
use super::names::{ClassNames, ImageLinker};
use super::objects::Objects;
use super::protocols::Protocols;
use super::sources::{Problem, Sources};
use crate::codegen::{Options, compile_method};
use crate::diagnostic::{Diagnostic, Severity};
use crate::install::{InstallError, install_method};
use crate::source::Span;
use crate::tonel::Method;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use std::collections::HashMap;

/// What the methods of an image are made with.
pub(super) struct Compiler<'a> {
    pub heap: &'a mut Heap,
    pub objects: &'a mut Objects,
    pub sources: &'a Sources,
    pub hierarchy: &'a Hierarchy,
    pub classes: &'a Classes,
    pub options: &'a Options,
    pub problems: &'a mut Vec<Problem>,
    /// Number of methods that were made.
    pub count: usize,
}

impl Compiler<'_> {
    /// Compiles everything, and notes what does not compile.
    pub fn compile_all(&mut self) -> Result<(), InstallError> {
        let common = &self.hierarchy.classes[self.hierarchy.by_name["Class"]].all_fields[0];
        let place = Protocols::new(self.hierarchy, self.classes);
        for (index, plan) in self.hierarchy.classes.iter().enumerate() {
            for side in 0..2 {
                let names = ClassNames::new(self.hierarchy, &self.classes.variables, index, side, common);
                let (mut methods, mut protocols) = (Vec::new(), Vec::new());
                let mut seen: HashMap<String, usize> = HashMap::new();
                for (file, method) in &plan.methods[side] {
                    let Some((selector, oop)) = self.compile(&names, *file, method)? else { continue };
                    if let Some(other) = seen.insert(selector.clone(), *file) {
                        self.twice(&selector, *file, method, other);
                        continue;
                    }
                    methods.push((self.objects.symbol(self.heap, &selector)?, oop));
                    protocols.push((method.category.as_str(), selector));
                }
                self.count += methods.len();
                let dictionary = self.objects.method_dictionary(self.heap, &methods)?;
                let class = self.classes.oops[index][side];
                self.heap.store(class, METHODS, dictionary);
                if let Some(place) = place.as_ref().filter(|_| !protocols.is_empty()) {
                    place.put(self.heap, self.objects, class, &mut protocols)?;
                }
            }
        }
        Ok(())
    }

    /// Compiles a method; `None` if there are problems.
    fn compile(&mut self, names: &ClassNames<'_>, file: usize, method: &Method) -> Result<Option<(String, Oop)>, InstallError> {
        let compilation = compile_method(&method.source, names, self.options);
        for diagnostic in compilation.diagnostics {
            if diagnostic.severity == Severity::Error {
                self.note(file, method, diagnostic);
            }
        }
        let Some(code) = compilation.code else { return Ok(None) };
        let mut linker = ImageLinker {
            objects: self.objects,
            variables: &self.classes.variables,
            class_binding: self.classes.bindings[names.class][names.side],
            classes: &self.classes.by_name,
        };
        match install_method(self.heap, &code, &mut linker) {
            Ok(oop) => Ok(Some((compilation.selector, oop))),
            Err(error @ InstallError::NoClass(_)) => {
                self.note(file, method, Diagnostic::error(Span::new(0, 1), error.to_string()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn twice(&mut self, selector: &str, file: usize, method: &Method, other: usize) {
        let side = if method.class_side { " class" } else { "" };
        let message = format!("{}{side}>>{selector} is defined twice", method.class_name);
        let mut diagnostic = Diagnostic::error(Span::new(0, selector.find(':').unwrap_or(selector.len())), message);
        if other != file {
            diagnostic = diagnostic.help(format!("the other one is in {}", self.sources.files[other].name));
        }
        self.note(file, method, diagnostic);
    }

    /// Notes a diagnostic about a method's source, with its place in the file.
    fn note(&mut self, file: usize, method: &Method, diagnostic: Diagnostic) {
        let place = |offset: u32| method.file_offset(offset as usize);
        let span = Span::new(place(diagnostic.span.start), place(diagnostic.span.end));
        self.problems.push(Problem { file: Some(file), diagnostic: Diagnostic { span, ..diagnostic } });
    }
}
