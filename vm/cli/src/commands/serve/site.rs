//! What is served: under which URL is which file.
//!
//! | URL | what it is |
//! |---|---|
//! | `/page/`, `/js/`, `/osvm.wasm` | the browser build |
//! | `/plugins/NAME` | the wasm modules that the configuration names |
//! | `/image/NAME`, `/config/NAME` | the image, the configuration |
//! | `/files/...` | the folder of `--dir` |
//! | `/page/session.json` | which of these there are, for the page |

use super::path::encode;
use crate::args::ServeArgs;
use crate::failure::{BAD_INPUT, Failure};
use osvm_host::config::{Config, Source, companion};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A page takes in at most so many files of `--dir`.
const MOST_FILES: usize = 10_000;

/// What is served.
#[derive(Debug)]
pub struct Site {
    web: PathBuf,
    image: Option<PathBuf>,
    config: Option<PathBuf>,
    /// By the names of their files.
    plugins: BTreeMap<String, PathBuf>,
    dir: Option<PathBuf>,
}

/// What there is at a URL.
#[derive(Debug, PartialEq, Eq)]
pub enum Resource {
    /// A file, which may have gone.
    File(PathBuf),
    /// This text.
    Json(String),
    /// Another URL.
    Elsewhere(&'static str),
}

impl Site {
    /// What the command line asks for.
    pub fn new(args: &ServeArgs) -> Result<Site, Failure> {
        let config = args.config.search(args.image.clone()).read().map_err(Failure::config)?;
        let cwd = std::env::current_dir().map_err(|error| Failure::bad_input("the working directory", error))?;
        let web = args.web.clone().unwrap_or_else(|| companion("web", "OSVM_WEB", &cwd));
        let image = args.image.clone().or_else(|| config.image.clone());
        let site = Site {
            web: web_folder(&web)?,
            image: image.map(|image| existing(&image, Path::is_file)).transpose()?,
            config: config.path.as_deref().map(|path| existing(path, Path::is_file)).transpose()?,
            plugins: plugins(&config)?,
            dir: args.dir.as_deref().map(|dir| existing(dir, Path::is_dir)).transpose()?,
        };
        site.session()?;
        Ok(site)
    }

    /// What there is under a path of these parts.
    pub fn find(&self, parts: &[String]) -> Option<Resource> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let named = |file: &Option<PathBuf>, wanted: &str| file.clone().filter(|file| name(file) == wanted);
        match parts[..] {
            [""] | ["page"] => Some(Resource::Elsewhere("/page/")),
            ["page", ""] => inside(&self.web, &["page", "index.html"]),
            // A folder or an image may have changed since the start; what is wrong with them then was told at the start.
            ["page", "session.json"] => self.session().ok().map(|session| Resource::Json(session.to_string())),
            ["image", wanted] => named(&self.image, wanted).map(Resource::File),
            ["config", wanted] => named(&self.config, wanted).map(Resource::File),
            ["plugins", wanted] => self.plugins.get(wanted).cloned().map(Resource::File),
            ["files", ref rest @ ..] => inside(self.dir.as_deref()?, rest),
            ref rest => inside(&self.web, rest),
        }
    }

    /// What the page is told of all this, with URLs relative to it.
    fn session(&self) -> Result<Value, Failure> {
        let named = |file: &Option<PathBuf>, folder: &str| {
            let name = name(file.as_deref()?);
            Some(json!({ "name": name, "url": format!("../{folder}/{}", encode(&name)) }))
        };
        let mut files = Vec::new();
        if let Some(dir) = &self.dir {
            list(dir, "", "", &mut files).map_err(|error| Failure::bad_input(dir.display(), error))?;
            if files.len() > MOST_FILES {
                let message = format!(
                    "{}: a page takes in at most {MOST_FILES} files, and there are more\n  help: name a folder with less in it with --dir",
                    dir.display()
                );
                return Err(Failure { message, status: BAD_INPUT });
            }
        }
        Ok(json!({
            "image": named(&self.image, "image"),
            "config": named(&self.config, "config"),
            "plugins": "../plugins/",
            "files": files,
        }))
    }
}

/// The folder of the browser build, if it is one.
fn web_folder(folder: &Path) -> Result<PathBuf, Failure> {
    if folder.join("page/index.html").is_file() {
        return folder.canonicalize().map_err(|error| Failure::bad_input(folder.display(), error));
    }
    let message = format!(
        "{}: the browser build is not here\n  help: make it with `cargo xtask web` in osvm's source, or name the folder that it is in with --web or OSVM_WEB",
        folder.display()
    );
    Err(Failure { message, status: BAD_INPUT })
}

/// A path that was named, if it is what it should be.
fn existing(path: &Path, right: fn(&Path) -> bool) -> Result<PathBuf, Failure> {
    let found = path.canonicalize().map_err(|error| Failure::bad_input(path.display(), error))?;
    // The name is the user's, also where it is a symbolic link.
    if right(&found) { Ok(path.to_path_buf()) } else { Err(Failure::bad_input(path.display(), "it is of another kind")) }
}

/// The wasm modules that a page needs. They are known to it by the names of their files alone.
fn plugins(config: &Config) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut plugins: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (module, plugin) in config.plugins.iter().filter(|(_, plugin)| plugin.enabled) {
        let Source::Wasm(path) = &plugin.source else { continue };
        if let Some(other) = plugins.insert(name(path), path.clone())
            && other != *path
        {
            let message = format!(
                "{module}: its file {} has the same name as {}\n  help: rename one of them, since a page knows plugins by the names of their files",
                path.display(),
                other.display()
            );
            return Err(Failure { message, status: BAD_INPUT });
        }
    }
    Ok(plugins)
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The file below a folder, unless a symbolic link leads out of the folder.
fn inside(folder: &Path, parts: &[&str]) -> Option<Resource> {
    let folder = folder.canonicalize().ok()?;
    let file = parts.iter().fold(folder.clone(), |path, part| path.join(part)).canonicalize().ok()?;
    (file.starts_with(&folder) && file.is_file()).then_some(Resource::File(file))
}

/// The files below a folder with their paths, URLs and sizes, in order. Symbolic links to folders are not followed.
fn list(folder: &Path, path: &str, url: &str, files: &mut Vec<Value>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || name.contains('\\') || files.len() > MOST_FILES {
            continue;
        }
        let (path, url) = (format!("{path}/{name}"), format!("{url}/{}", encode(&name)));
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &path, &url, files)?;
        } else if let Ok(metadata) = entry.path().metadata()
            && metadata.is_file()
        {
            files.push(json!({ "path": path, "url": format!("../files{url}"), "size": metadata.len() }));
        }
    }
    Ok(())
}
