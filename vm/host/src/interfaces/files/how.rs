//! The flags of `open`.

/// How a file is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) create: bool,
    pub(super) create_new: bool,
    pub(super) truncate: bool,
    pub(super) append: bool,
}

impl How {
    /// What the flags of `open` say; none if they say nothing or contradict each other.
    pub(super) fn of(flags: u32) -> Option<How> {
        let bit = |bit: u32| flags & bit != 0;
        let how =
            How { read: bit(1), write: bit(2) || bit(32), create: bit(4), create_new: bit(8), truncate: bit(16), append: bit(32) };
        let changes = how.create || how.create_new || how.truncate;
        (flags < 64 && (how.read || how.write) && (how.write || !changes) && !(how.append && how.truncate)).then_some(how)
    }

    /// Its flags: the inverse of [`How::of`].
    #[cfg(any(test, target_family = "wasm"))]
    pub(super) fn flags(self) -> u32 {
        let bits = [self.read, self.write && !self.append, self.create, self.create_new, self.truncate, self.append];
        bits.iter().enumerate().map(|(place, bit)| u32::from(*bit) << place).sum()
    }

    /// True if something may be changed by it.
    pub(super) fn changes(self) -> bool {
        self.write
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_say_what_they_are() {
        for flags in 0..128 {
            let Some(how) = How::of(flags) else { continue };
            // To append is to write.
            let expected = if how.append { flags & !2 } else { flags };
            assert_eq!(how.flags(), expected);
        }
        for nonsense in [0, 4, 5, 16, 32 | 16, 64 | 1] {
            assert!(How::of(nonsense).is_none(), "{nonsense}");
        }
        assert!(How::of(1 | 2 | 4).is_some_and(|how| how.read && how.write && how.create && !how.append && how.changes()));
    }
}
