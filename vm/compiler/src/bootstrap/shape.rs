//! How the instances of classes are laid out.

use osvm_core::object::Format;

/// The format field of a class whose instances are in their references: the VM makes none.
const IMMEDIATE: u8 = 7;

/// How instances of a class are laid out, beside their named fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Named fields only.
    Fixed,
    /// Indexed fields too.
    Variable,
    /// Indexed fields that are weak.
    Weak,
    /// A key, and fields that live as long as the key does.
    Ephemeron,
    /// Bits or bytes of this format, and no fields.
    Bits(Format),
    /// Literals and bytes.
    CompiledMethod,
    /// No object at all.
    Immediate,
}

impl Kind {
    pub const BYTES: Kind = Kind::Bits(Format::BYTES);
    pub const WORDS: Kind = Kind::Bits(Format::WORDS_32);

    /// The kind that the word behind `#type` stands for.
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "normal" => Kind::Fixed,
            "variable" => Kind::Variable,
            "weak" => Kind::Weak,
            "ephemeron" => Kind::Ephemeron,
            "bytes" => Kind::BYTES,
            "words" => Kind::WORDS,
            "doubleBytes" => Kind::Bits(Format::SHORTS),
            "doubleWords" => Kind::Bits(Format::WORDS_64),
            "compiledMethod" => Kind::CompiledMethod,
            "immediate" => Kind::Immediate,
            _ => return None,
        })
    }

    /// The words that may stand behind `#type`.
    pub const NAMES: &str = "normal, variable, weak, ephemeron, bytes, words, doubleBytes, doubleWords, compiledMethod, immediate";

    /// The name behind `#type`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Fixed => "normal",
            Kind::Variable => "variable",
            Kind::Weak => "weak",
            Kind::Ephemeron => "ephemeron",
            Kind::Bits(Format::BYTES) => "bytes",
            Kind::Bits(Format::WORDS_32) => "words",
            Kind::Bits(Format::SHORTS) => "doubleBytes",
            Kind::Bits(_) => "doubleWords",
            Kind::CompiledMethod => "compiledMethod",
            Kind::Immediate => "immediate",
        }
    }

    /// Instances can have named fields.
    pub fn has_fields(self) -> bool {
        !matches!(self, Kind::Bits(_) | Kind::CompiledMethod | Kind::Immediate)
    }

    /// The format field of a class with so many named fields: what the VM makes instances by.
    pub fn class_format(self, fields: usize) -> i64 {
        let format = match (self, fields) {
            (Kind::Fixed, 0) => Format::EMPTY.0,
            (Kind::Fixed, _) => Format::FIXED.0,
            (Kind::Variable, 0) => Format::INDEXABLE.0,
            (Kind::Variable, _) => Format::INDEXABLE_FIXED.0,
            (Kind::Weak, _) => Format::WEAK.0,
            (Kind::Ephemeron, _) => Format::EPHEMERON.0,
            (Kind::Bits(format), _) => format.0,
            (Kind::CompiledMethod, _) => Format::COMPILED_METHOD.0,
            (Kind::Immediate, _) => IMMEDIATE,
        };
        i64::from(format) << 16 | fields as i64
    }
}
