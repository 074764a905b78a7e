//! Versions of the boundary and of its interfaces.

use std::fmt;
use std::str::FromStr;

/// The version of the boundary that this crate describes.
pub const ABI: Version = Version::new(1, 0);

/// `major.minor`. Another major is another language; a higher minor only adds to a lower one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Version {
    /// Changes when something stops meaning what it meant.
    pub major: u16,
    /// Changes when something is added.
    pub minor: u16,
}

impl Version {
    /// A version.
    pub const fn new(major: u16, minor: u16) -> Version {
        Version { major, minor }
    }

    /// True if somebody who offers `self` can serve who was built for `wanted`.
    pub const fn serves(self, wanted: Version) -> bool {
        self.major == wanted.major && self.minor >= wanted.minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Version, String> {
        let number = |part: &str| if part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<u16>().ok() } else { None };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Version::new(number(major)?, number(minor)?)))
            .ok_or_else(|| format!("expected a version such as 1.0, found `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_two_small_numbers() {
        assert_eq!("1.12".parse(), Ok(Version::new(1, 12)));
        for wrong in ["", "1", "1.", ".1", "1.2.3", "1.-2", "1.+2", "70000.0", "a.b"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_later_minor_serves_an_earlier_one() {
        assert!(Version::new(1, 3).serves(Version::new(1, 2)));
        assert!(!Version::new(1, 1).serves(Version::new(1, 2)));
        assert!(!Version::new(2, 2).serves(Version::new(1, 2)));
    }
}
