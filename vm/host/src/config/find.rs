//! Which file a configuration is read from.

use super::Config;
use super::places::Places;
use super::problem::ConfigError;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The name of configuration files.
const NAME: &str = "vm.toml";

/// A configuration file has at most so many bytes.
const MOST: u64 = 1 << 20;

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The file to read; no other is looked for then.
    pub config: Option<PathBuf>,
    /// The image that is going to run.
    pub image: Option<PathBuf>,
    /// What `${plugins}` stands for.
    pub plugins: Option<PathBuf>,
}

impl Search {
    /// The places of this process and of the command line.
    pub fn places(&self) -> Places {
        let mut places = Places::of_process();
        if let Some(image) = &self.image {
            places.set_image(image);
        }
        if let Some(folder) = &self.plugins {
            places.plugins = places.cwd.join(folder);
        }
        places
    }

    /// The file to read: the one of the command line; that of the image, `IMAGE.toml`; `vm.toml` in the image's folder, or the
    /// working directory where no image is named; `osvm/vm.toml` in the user's folder of configurations. `None`: none of them is there.
    pub fn file(&self) -> Option<PathBuf> {
        if let Some(config) = &self.config {
            return Some(config.clone());
        }
        let beside = match &self.image {
            Some(image) => vec![append(image, ".toml"), image.with_file_name(NAME)],
            None => vec![PathBuf::from(NAME)],
        };
        beside.into_iter().chain(user_folder().map(|folder| folder.join("osvm").join(NAME))).find(|file| file.is_file())
    }

    /// Reads the file that there is, or else takes the built-in default.
    pub fn read(&self) -> Result<Config, ConfigError> {
        let places = self.places();
        match self.file() {
            None => Ok(Config::builtin(&places)),
            Some(path) => {
                let text = read_text(&path).map_err(|error| ConfigError::Unreadable(path.clone(), error))?;
                tracing::debug!(file = %path.display(), "configuration");
                Config::parse(&text, &path, self.image.as_deref(), &places)
            }
        }
    }
}

fn append(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

/// `$XDG_CONFIG_HOME`, or `.config` in the user's home.
fn user_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    folder.or_else(|| Some(std::env::home_dir()?.join(".config")))
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(io::Error::other(format!("a configuration has at most {MOST} bytes, and this is larger")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("my.image");
        let search = |config: Option<&str>| Search { config: config.map(Into::into), image: Some(image.clone()), plugins: None };
        fs::write(folder.path().join("vm.toml"), "[vm]\nmax-heap = \"2 GiB\"\n").unwrap();
        assert_eq!(search(None).read().unwrap().max_heap, Some(2 << 30));
        fs::write(folder.path().join("my.image.toml"), "[vm]\nmax-heap = \"3 GiB\"\n").unwrap();
        let config = search(None).read().unwrap();
        assert_eq!((config.max_heap, config.path), (Some(3 << 30), Some(folder.path().join("my.image.toml"))));
        assert_eq!(search(Some("/dev/null")).read().unwrap().plugins, search(None).read().unwrap().plugins);
        assert!(matches!(search(Some("nowhere.toml")).read(), Err(ConfigError::Unreadable(..))));
    }

    #[test]
    fn what_is_no_text_or_too_long_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vm.toml");
        fs::write(&file, b"# \xFF").unwrap();
        let search = Search { config: Some(file.clone()), ..Search::default() };
        assert!(search.read().unwrap_err().to_string().ends_with("stream did not contain valid UTF-8"));
        fs::write(&file, "#".repeat(MOST as usize + 1)).unwrap();
        assert!(search.read().unwrap_err().to_string().contains("has at most 1048576 bytes"));
    }
}
