//! Where a configuration is read: what `${NAME}` stands for, and what relative paths start from.

use crate::world;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The folders and variables that a configuration may refer to.
#[derive(Clone, Debug)]
pub struct Places {
    /// `${cwd}`: the working directory.
    pub cwd: PathBuf,
    /// `${image-dir}`: the folder of the image; without an image, the working directory.
    pub image_dir: PathBuf,
    /// `${home}`: the user's home.
    pub home: Option<PathBuf>,
    /// `${temp}`: the folder for temporary files.
    pub temp: PathBuf,
    /// `${plugins}`: the folder with the plugins that come with `osvm`.
    pub plugins: PathBuf,
    /// Every other name: an environment variable.
    pub environment: fn(&str) -> Option<OsString>,
}

/// The names of places, with what they stand for; every other name is an environment variable.
pub(super) const NAMES: [(&str, &str); 5] = [
    ("cwd", "the working directory"),
    ("home", "the user's home folder"),
    ("image-dir", "the folder of the image; the working directory where no image is named"),
    (
        "plugins",
        "the folder with the plugins that come with osvm: `--plugins`, or the variable `OSVM_PLUGINS`, or `plugins` beside the executable",
    ),
    ("temp", "the folder for temporary files"),
];

impl Places {
    /// Those of this process, without an image.
    pub fn of_process() -> Places {
        let cwd = world::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        Places {
            image_dir: cwd.clone(),
            home: world::home_dir().filter(|home| home.has_root()),
            temp: cwd.join(world::temp_dir()),
            plugins: companion("plugins", "OSVM_PLUGINS", &cwd),
            environment: world::var_os,
            cwd,
        }
    }

    /// Takes the folder of an image, whose path may be relative to the working directory.
    pub fn set_image(&mut self, image: &Path) {
        let image = self.cwd.join(image);
        self.image_dir = clean(image.parent().unwrap_or(&self.cwd));
    }

    fn named(&self, name: &str) -> Result<OsString, String> {
        let place = match name {
            "cwd" => &self.cwd,
            "image-dir" => &self.image_dir,
            "plugins" => &self.plugins,
            "temp" => &self.temp,
            "home" => self.home.as_ref().ok_or("there is no home folder: the environment variable `HOME` is not set")?,
            _ => return (self.environment)(name).ok_or_else(|| format!("the environment variable `{name}` is not set")),
        };
        Ok(place.clone().into_os_string())
    }

    /// Puts in what `${NAME}` stands for; `$$` is a dollar sign. An error comes with its place in the text, in bytes.
    pub(super) fn expand(&self, text: &str) -> Result<OsString, (std::ops::Range<usize>, String)> {
        let mut expanded = OsString::new();
        let mut at = 0;
        while let Some(found) = text[at..].find('$') {
            expanded.push(&text[at..at + found]);
            at += found;
            let rest = &text[at + 1..];
            if rest.starts_with('$') {
                expanded.push("$");
                at += 2;
            } else if let Some((name, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                let end = at + name.len() + 3;
                if name.is_empty() || name.contains(['$', '{', '=', '\0']) {
                    return Err((
                        at..end,
                        "expected the name of a place or of an environment variable between `${` and `}`".into(),
                    ));
                }
                expanded.push(self.named(name).map_err(|message| (at..end, message))?);
                at = end;
            } else {
                return Err((at..at + 1, "`$` begins `${NAME}`; a dollar sign is written `$$`".into()));
            }
        }
        expanded.push(&text[at..]);
        Ok(expanded)
    }
}

/// A folder that comes with `osvm`: what the environment variable names, from the folder `cwd` on, or else the one of that name beside the
/// executable (see `beside`).
pub fn companion(name: &str, variable: &str, cwd: &Path) -> PathBuf {
    let named = world::var_os(variable).filter(|folder| !folder.is_empty()).map(|folder| cwd.join(folder));
    let beside = || beside(&world::current_exe()?, name);
    named.or_else(beside).unwrap_or_else(|| cwd.join(name))
}

/// The folder `name` beside a program, or in the folder above (as cargo's examples and tests have it), or in `lib/osvm` in that one; the first
/// one where none is there.
fn beside(program: &Path, name: &str) -> Option<PathBuf> {
    let folder = program.parent()?;
    let above = folder.parent().unwrap_or(folder);
    let places = [folder.join(name), above.join(name), above.join("lib/osvm").join(name)];
    Some(places.iter().find(|place| place.is_dir()).unwrap_or(&places[0]).clone())
}

/// The path without `.` and with each `..` taken from what is before it, by its text alone.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) => {
                cleaned.pop();
            }
            Component::ParentDir if cleaned.has_root() => {}
            part => cleaned.push(part),
        }
    }
    cleaned
}

#[cfg(test)]
pub(super) fn places_for_tests() -> Places {
    Places {
        cwd: "/work".into(),
        image_dir: "/images".into(),
        home: Some("/home/me".into()),
        temp: "/tmp".into(),
        plugins: "/opt/osvm/plugins".into(),
        environment: |name| (name == "DATA").then(|| "/data".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_places_and_variables() {
        let places = places_for_tests();
        for (text, expanded) in [
            ("", ""),
            ("plain", "plain"),
            ("${home}/${DATA}x", "/home/me//datax"),
            ("${image-dir}${cwd}", "/images/work"),
            ("${temp}$$${plugins}$${x}", "/tmp$/opt/osvm/plugins${x}"),
        ] {
            assert_eq!(places.expand(text), Ok(expanded.into()), "{text}");
        }
        for (name, _) in NAMES {
            assert!(places.named(name).is_ok_and(|place| PathBuf::from(place).is_absolute()), "{name}");
        }
    }

    #[test]
    fn what_stands_for_nothing_is_told_with_its_place() {
        let places = Places { home: None, ..places_for_tests() };
        for (text, span, message) in [
            ("é${NOPE}x", 2..9, "the environment variable `NOPE` is not set"),
            ("${home}", 0..7, "there is no home folder: the environment variable `HOME` is not set"),
            ("a$HOME", 1..2, "`$` begins `${NAME}`; a dollar sign is written `$$`"),
            ("${open", 0..1, "`$` begins `${NAME}`; a dollar sign is written `$$`"),
            ("${}", 0..3, "expected the name of a place or of an environment variable between `${` and `}`"),
            ("${a${b}}", 0..7, "expected the name of a place or of an environment variable between `${` and `}`"),
        ] {
            assert_eq!(places.expand(text), Err((span, message.to_string())), "{text}");
        }
    }

    #[test]
    fn paths_are_cleaned_by_their_text() {
        for (path, cleaned) in [("/a/./b/../c", "/a/c"), ("/../a", "/a"), ("../a/..", ".."), ("a/../..", "..")] {
            assert_eq!(clean(path.as_ref()), PathBuf::from(cleaned), "{path}");
        }
        let mut places = places_for_tests();
        places.set_image("../x/y.image".as_ref());
        assert_eq!(places.image_dir, PathBuf::from("/x"));
    }
}
