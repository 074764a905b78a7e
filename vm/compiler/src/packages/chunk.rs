//! Reader of files of chunks, as `fileOut` of Squeak, Cuis and Pharo writes them and `.cs`, `.st` and `.pck.st` files have them.
//!
//! A chunk ends with `!`; inside of one, `!!` stands for one. A chunk that begins with `!` says what the next ones are: methods of a
//! class up to an empty chunk, or a comment. Any other chunk is an expression, and those that define classes are read as such.
//!
//! Source: `PositionableStream>>nextChunk` and `fileIn` of Squeak and Pharo, and `CodePackageFile` of Cuis.

use super::definition::{self, Defined};
use super::{Excerpt, FileId, MethodDefinition, Packages};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Words with which chunks begin that tell of what follows and are no expressions.
const ANNOTATIONS: [&str; 7] =
    ["classDefinition:", "classRemoval:", "methodRemoval:", "provides:", "requires:", "description:", "classRenamed:"];

/// Reads a file.
pub fn read(packages: &mut Packages, file: FileId) {
    let text = std::mem::take(&mut packages.files[file].text);
    let mut reader = Reader { text: &text, at: 0, file };
    while let Some(chunk) = reader.next(true) {
        if chunk.excerpt.text.is_empty() {
            continue;
        }
        if chunk.announces { announced(packages, &mut reader, &chunk.excerpt) } else { evaluated(packages, chunk.excerpt) }
    }
    packages.files[file].text = text;
}

/// A chunk without what is blank around it.
struct Chunk {
    excerpt: Excerpt,
    /// It begins with `!`.
    announces: bool,
}

struct Reader<'s> {
    text: &'s str,
    at: usize,
    file: FileId,
}

impl Reader<'_> {
    /// The next chunk; `None` at the end. Only where it may announce something is a `!` before it a part of it.
    fn next(&mut self, may_announce: bool) -> Option<Chunk> {
        let bytes = self.text.as_bytes();
        let mut start = self.skip_blanks(self.at);
        if start >= bytes.len() {
            return None;
        }
        let announces = may_announce && bytes[start] == b'!';
        start += usize::from(announces);
        let end = self.end_of_chunk(start);
        self.at = end + 1;
        let start = self.skip_blanks(start).min(end);
        let end = start + self.text[start..end].trim_end().len();
        Some(Chunk { excerpt: undoubled(&self.text[start..end], self.file, start), announces })
    }

    fn skip_blanks(&self, from: usize) -> usize {
        from + self.text.as_bytes()[from.min(self.text.len())..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    /// The `!` that ends what starts here, or the end of the text.
    fn end_of_chunk(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at < bytes.len() {
            if bytes[at] == b'!' {
                if bytes.get(at + 1) != Some(&b'!') {
                    return at;
                }
                at += 1;
            }
            at += 1;
        }
        bytes.len()
    }
}

/// A text in which `!!` stands for `!`.
fn undoubled(text: &str, file: FileId, start: usize) -> Excerpt {
    let mut excerpt = Excerpt::plain("", file, start);
    let mut rest = 0;
    while let Some(found) = text[rest..].find("!!") {
        excerpt.text.push_str(&text[rest..rest + found + 1]);
        rest += found + 2;
        excerpt.pieces.push((excerpt.text.len() as u32, (start + rest) as u32));
    }
    excerpt.text.push_str(&text[rest..]);
    excerpt
}

/// Reads what a chunk announces.
fn announced(packages: &mut Packages, reader: &mut Reader<'_>, header: &Excerpt) {
    if ANNOTATIONS.iter().any(|word| header.text.starts_with(word)) {
        return;
    }
    match definition::announcement(&header.text) {
        Ok(definition::Announcement::Methods { class_name, class_side, category }) => {
            while let Some(chunk) = reader.next(false).filter(|chunk| !chunk.excerpt.text.is_empty()) {
                let (class_name, category) = (class_name.clone(), category.clone());
                packages.methods.push(MethodDefinition { class_name, class_side, category, source: chunk.excerpt });
            }
        }
        Ok(definition::Announcement::Comment { class_name }) => {
            let Some(chunk) = reader.next(false) else { return };
            set_comment(packages, &class_name, chunk.excerpt.text);
        }
        Ok(definition::Announcement::Organization) => drop(reader.next(false)),
        Err(diagnostic) => packages.problems.push((header.file, Packages::in_file(header, &diagnostic))),
    }
}

fn set_comment(packages: &mut Packages, class_name: &str, comment: String) {
    match packages.classes.iter_mut().rev().find(|class| class.name == class_name) {
        Some(class) => class.comment = comment,
        None => packages.comments.push((class_name.into(), comment)),
    }
}

/// Takes in a chunk that is to be evaluated.
fn evaluated(packages: &mut Packages, chunk: Excerpt) {
    // The style of a method's text, which old files have behind it.
    if chunk.text.starts_with("]style[") {
        return;
    }
    let file = chunk.file;
    for part in definition::read(&chunk) {
        match part {
            Ok(Defined::Class(class)) => packages.classes.push(*class),
            Ok(Defined::ClassSide { name, variables, traits, span }) => {
                match packages.classes.iter_mut().rev().find(|class| class.name == name) {
                    Some(class) => {
                        class.class_instance_variables = Some(variables);
                        class.class_traits.extend(traits);
                    }
                    None => {
                        let message = format!("the class side of {name} is defined, and {name} is not defined before it");
                        let diagnostic = Diagnostic::error(span, message);
                        packages.problems.push((file, Packages::in_file(&chunk, &diagnostic)));
                    }
                }
            }
            Ok(Defined::Comment { class_name, comment }) => set_comment(packages, &class_name, comment),
            Ok(Defined::Expression(span)) => packages.expressions.push(part_of(&chunk, span)),
            Err(diagnostic) => packages.problems.push((file, Packages::in_file(&chunk, &diagnostic))),
        }
    }
}

/// A part of an excerpt, as an excerpt.
fn part_of(excerpt: &Excerpt, span: Span) -> Excerpt {
    let first = (0, excerpt.place(Span { start: span.start, end: span.start }).span.start);
    let later = excerpt.pieces.iter().filter(|&&(start, _)| start > span.start && start < span.end);
    let pieces = std::iter::once(first).chain(later.map(|&(start, file)| (start - span.start, file))).collect();
    Excerpt { text: excerpt.text[span.range()].into(), file: excerpt.file, pieces }
}
