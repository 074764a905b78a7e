//! Places in source text: spans of bytes, and lines and columns for people.

/// A part of a source text, in bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to, and without, `end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// From the start of this one to the end of the other.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Its bytes as a range, for indexing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Ends of lines are CR, LF, or CR LF.
fn line_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(move |&(i, &b)| b == b'\n' || b == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|(i, _)| i + 1))
}

/// The position of a byte of a text. A place behind the end is the end.
pub fn position(text: &str, offset: usize) -> Position {
    let offset = floor_boundary(text, offset);
    let (line, start) = line_starts(text).take_while(|&start| start <= offset).enumerate().last().unwrap_or((0, 0));
    Position { line: line + 1, column: text[start..offset].chars().count() + 1 }
}

/// The line that has this byte, without its end.
pub fn line_at(text: &str, offset: usize) -> &str {
    let offset = floor_boundary(text, offset);
    let start = line_starts(text).take_while(|&start| start <= offset).last().unwrap_or(0);
    let rest = &text[start..];
    &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())]
}

/// The start of the character that has this byte.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_every_way() {
        let text = "a\rbc\r\nd\né f";
        let at = |offset| {
            let Position { line, column } = position(text, offset);
            (line, column, line_at(text, offset))
        };
        assert_eq!(at(0), (1, 1, "a"));
        assert_eq!(at(3), (2, 2, "bc"));
        assert_eq!(at(6), (3, 1, "d"));
        assert_eq!(at(11), (4, 3, "é f"));
        assert_eq!(at(99), (4, 4, "é f"));
    }
}
