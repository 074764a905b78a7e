//! From a tree to bytecodes and literals: translation to sequences of instructions, then their layout in one of the bytecode
//! sets.

mod assemble;
mod blocks;
mod builder;
mod frame;
mod inlined;
pub(crate) mod layout;
mod literals;
mod loops;
mod sista;
#[cfg(test)]
mod tests;
mod translate;
mod v3;

use crate::diagnostic::{Diagnostic, Severity};
use crate::literal::Literal;
use crate::semantics::{Analysis, Environment, Inlining, analyze};
use crate::source::{Position, position};
use crate::syntax::{Dialect, Method, Parsed, parse_expression, parse_method};
use osvm_core::bytecode::{BytecodeSet, SPECIAL_SELECTORS};
use osvm_core::heap::Heap;
use osvm_core::special::Special;

/// What the compiled code is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How source is read.
    pub dialect: Dialect,
    /// Which messages are inlined.
    pub inlining: Inlining,
    /// The bytecode set.
    pub set: BytecodeSet,
    /// `class` has a bytecode of its own.
    pub class_is_special: bool,
    /// Fields of the receiver are always accessed by the long instructions.
    pub long_fields: bool,
    /// Blocks of at most three arguments that only answer a literal are literals themselves, of classes below ConstantBlockClosure. That
    /// takes blocks that have bytecodes of their own.
    pub constant_blocks: bool,
    /// What the hashes of strings start with in the system whose order of variables and literals is followed.
    pub initial_hash: u32,
}

/// The hash of the class ByteString in every Spur image of Pharo: its index in the class table, shifted by eight bits.
const BYTE_STRING_HASH: u32 = 52 << 8;

impl Options {
    /// As Pharo 8 does.
    pub const PHARO_8: Options = Options {
        dialect: Dialect::PHARO,
        inlining: Inlining::PHARO_8,
        set: BytecodeSet::V3PlusClosures,
        class_is_special: false,
        long_fields: false,
        constant_blocks: false,
        initial_hash: BYTE_STRING_HASH,
    };
    /// As Pharo 9 and 10 do: the same language, with full blocks.
    pub const PHARO_10: Options = Options { set: BytecodeSet::SistaV1, ..Options::PHARO_8 };
    /// As Pharo 11 to 13 do: `timesRepeat:` and `repeat` are inlined too, and constant blocks are literals (`optionsDescription` in
    /// `CompilationContext` of Pharo 11, 12 and 13, where `optionCleanBlockClosure` is off).
    pub const PHARO_12: Options = Options {
        inlining: Inlining { times_repeat: true, repeat: true, ..Inlining::PHARO_8 },
        constant_blocks: true,
        ..Options::PHARO_10
    };
    /// As the language of Squeak is; which bytecode set and special selectors it has is the image's to say.
    pub const SQUEAK: Options =
        Options { dialect: Dialect::SQUEAK, inlining: Inlining::SQUEAK, set: BytecodeSet::SistaV1, ..Options::PHARO_8 };
    /// As the language of Cuis is, likewise.
    pub const CUIS: Options = Options { dialect: Dialect::CUIS, ..Options::SQUEAK };

    /// These, with the special selectors that an image has.
    pub fn with_selectors_of(self, heap: &Heap) -> Options {
        let selectors = heap.special(Special::SpecialSelectors);
        let is_array = selectors.is_pointer() && heap.format(selectors).is_pointers();
        let slots = if is_array { heap.slots(selectors) } else { &[] };
        let class = SPECIAL_SELECTORS.iter().position(|&(name, _)| name == "class").and_then(|index| slots.get(2 * index));
        let class_is_special = class.is_some_and(|&selector| heap.text(selector).as_deref() == Some("class"));
        Options { class_is_special, ..self }
    }
}

/// Bytecodes and literals of a method, or of a block that has its own.
#[derive(Clone, PartialEq, Debug)]
pub struct CompiledCode {
    /// Number of arguments.
    pub arguments: u8,
    /// Number of arguments, copied values and temporaries.
    pub temporaries: u8,
    /// Its primitive, if it has one.
    pub primitive: Option<u16>,
    /// It needs a large frame.
    pub large_frame: bool,
    /// The literals, those that every method has at the end included.
    pub literals: Vec<Literal>,
    /// The bytecodes.
    pub bytecodes: Vec<u8>,
    /// Which byte of the source each instruction stands for: index of the first bytecode, offset in the source; ascending.
    pub positions: Vec<(u32, u32)>,
    /// The bytecode set.
    pub set: BytecodeSet,
}

impl CompiledCode {
    /// The header word, as a SmallInteger's value.
    pub fn header(&self) -> i64 {
        let flag = |set: bool, bit: u32| i64::from(set) << bit;
        let header = self.literals.len() as i64
            | flag(self.primitive.is_some(), 16)
            | flag(self.large_frame, 17)
            | i64::from(self.temporaries) << 18
            | i64::from(self.arguments) << 24;
        match self.set {
            BytecodeSet::V3PlusClosures => header,
            // The sign of a SmallInteger.
            BytecodeSet::SistaV1 => header | -1 << 60,
        }
    }

    /// The offset in the source of the instruction that has this bytecode.
    pub fn source_offset(&self, pc: usize) -> Option<usize> {
        let next = self.positions.partition_point(|&(start, _)| start as usize <= pc);
        self.positions.get(next.checked_sub(1)?).map(|&(_, offset)| offset as usize)
    }

    /// Line and column, in the method's source, of the instruction that has this bytecode.
    pub fn source_position(&self, source: &str, pc: usize) -> Option<Position> {
        Some(position(source, self.source_offset(pc)?))
    }
}

/// What came of a compilation.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The method; `None` if there are errors.
    pub code: Option<CompiledCode>,
    /// The method's selector, as far as it could be read.
    pub selector: String,
    /// Errors and warnings, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles the source of a method.
pub fn compile_method(source: &str, environment: &dyn Environment, options: &Options) -> Compilation {
    compile(parse_method(source, options.dialect), environment, options)
}

/// Compiles statements, as a method `DoIt` that answers the value of the last one.
pub fn compile_expression(source: &str, environment: &dyn Environment, options: &Options) -> Compilation {
    compile(parse_expression(source, options.dialect), environment, options)
}

fn compile(parsed: Parsed<'_>, environment: &dyn Environment, options: &Options) -> Compilation {
    let Parsed { method, mut diagnostics } = parsed;
    let selector = method.selector.to_string();
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    if diagnostics.iter().any(is_error) {
        return Compilation { code: None, selector, diagnostics };
    }
    let options = &method_options(&method, environment, options);
    let mut analysis = analyze(&method, environment, options);
    diagnostics.append(&mut analysis.diagnostics);
    if diagnostics.iter().any(is_error) {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        return Compilation { code: None, selector, diagnostics };
    }
    let code = match generate(&method, &analysis, environment, options) {
        Ok(code) => Some(code),
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            None
        }
    };
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    Compilation { code, selector, diagnostics }
}

/// Options as the class and the method's own pragma `compilerOptions:` have them, as in `#(+ optionInlineRepeat)`.
fn method_options(method: &Method<'_>, environment: &dyn Environment, options: &Options) -> Options {
    let mut options = Options { long_fields: options.long_fields || environment.has_context_fields(), ..*options };
    for pragma in method.pragmas.iter().filter(|pragma| pragma.selector == "compilerOptions:") {
        let Some((Literal::Array(words), _)) = pragma.arguments.first() else { continue };
        let mut set = true;
        for word in words {
            match word {
                Literal::Symbol(sign) if sign == "+" || sign == "-" => set = sign == "+",
                Literal::Symbol(name) => set_option(&mut options, name, set),
                _ => {}
            }
        }
    }
    options
}

fn set_option(options: &mut Options, name: &str, set: bool) {
    match name {
        "optionInlineTimesRepeat" => options.inlining.times_repeat = set,
        "optionInlineRepeat" => options.inlining.repeat = set,
        "optionInlineCase" => options.inlining.case = set,
        "optionInlineNone" => options.inlining.enabled = !set,
        "optionConstantBlockClosure" => options.constant_blocks = set,
        "optionLongIvarAccessBytecodes" => options.long_fields = set,
        _ => {}
    }
}

fn generate(
    method: &Method<'_>,
    analysis: &Analysis,
    environment: &dyn Environment,
    options: &Options,
) -> Result<CompiledCode, Diagnostic> {
    let unit = translate::Unit { analysis, environment, options };
    translate::method(method, &unit).map_err(|limit| Diagnostic::error(method.pattern, limit.to_string()))
}

/// Something that the bytecode set has no room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Limit {
    /// Arguments of a method or block.
    Arguments,
    /// Temporaries.
    Temporaries,
    /// Literals.
    Literals,
    /// Distance of a jump or size of a block.
    Distance,
    /// Copied values of a block.
    Copied,
    /// Fields of the receiver.
    Fields,
    /// Elements of an array or of a temp vector.
    Elements,
    /// Depth of the stack.
    Stack,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Limit::Arguments => "there are more than 15 arguments",
            Limit::Temporaries => "there are too many temporaries: split the method",
            Limit::Literals => "there are too many literals: split the method",
            Limit::Distance => "a block is too long: split the method",
            Limit::Copied => "a block uses too many variables of what is around it",
            Limit::Fields => "there are too many instance variables",
            Limit::Elements => "a block changes too many variables of what is around it",
            Limit::Stack => "an expression is nested too deep: split the method",
        })
    }
}
