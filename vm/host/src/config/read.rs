//! Reads the text of a configuration: walks it along the tables of `keys`, and collects everything that is wrong.

use super::keys::{Draft, FILE, FileDraft, Key, Kind, PluginDraft};
use super::near::nearest;
use super::places::Places;
use super::problem::{ConfigError, Problem};
use super::{Config, FileGrant, PluginConfig, Source, values};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The text of the built-in default.
pub const DEFAULT: &str = include_str!("../../../../vm.toml");

/// The file that problems of the built-in default would be reported for.
const DEFAULT_NAME: &str = "vm.toml";

/// A value of the file, with its place.
pub(super) type Value<'a, 'i> = &'a Spanned<DeValue<'i>>;

impl Config {
    /// The built-in default.
    pub fn builtin(places: &Places) -> Config {
        let default = read(DEFAULT, Path::new(DEFAULT_NAME), None, places, false).expect("the built-in default is right");
        Config { path: None, ..default }
    }

    /// The configuration that a file says. Relative paths start from the folder of `path`, which may itself be relative to the
    /// working directory; `image` is the image that is going to run, if another is named than the file's.
    pub fn parse(text: &str, path: &Path, image: Option<&Path>, places: &Places) -> Result<Config, ConfigError> {
        read(text, path, image, places, true)
    }
}

/// See [`Config::parse`]; with `defaults` the file begins with the built-in default, unless it says otherwise.
fn read(text: &str, path: &Path, image: Option<&Path>, places: &Places, defaults: bool) -> Result<Config, ConfigError> {
    let wrong = |problems| ConfigError::Wrong(path.to_path_buf(), problems);
    let document = DeTable::parse(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        wrong(vec![Problem::new(text, error.span().unwrap_or(0..0), message, None)])
    })?;
    let path = places.cwd.join(path);
    let folder = path.parent().unwrap_or(&places.cwd).to_path_buf();
    let mut reader = Reader { text, places: places.clone(), folder, problems: Vec::new() };
    if let Some(image) = image {
        reader.places.set_image(image);
    }
    let mut draft = Draft { config: Config::default(), defaults };
    let table = document.get_ref();
    reader.unknown(table, "", FILE);
    for key in FILE {
        if matches!(key.kind, Kind::Plugins(..)) {
            // Everything of `[vm]` is known now, and decides what the plugins begin with.
            if let (None, Some(image)) = (image, &draft.config.image) {
                reader.places.set_image(image);
            }
            if draft.defaults {
                draft.config.plugins = Config::builtin(&reader.places).plugins;
            }
        }
        reader.key(table, "", key, &mut draft);
    }
    if reader.problems.is_empty() {
        return Ok(Config { path: Some(path), ..draft.config });
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    Err(wrong(problems))
}

/// What is needed while a file is read.
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) places: Places,
    /// The folder that relative paths start from.
    pub(super) folder: PathBuf,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.problems.push(Problem::new(self.text, span, message, help));
    }

    /// A problem with a part of a string, whose place in the string is given in bytes.
    pub(super) fn problem_within(&mut self, value: Value<'_, '_>, content: &str, part: Range<usize>, message: String) {
        let span = value.span();
        let raw = self.text.get(span.clone()).unwrap_or_default();
        // Where the string is written as it is, without escapes, the part is at the same place after the quotes.
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let start = span.end.saturating_sub(quotes + content.len());
        let span = if start >= span.start + quotes && self.text.get(start..).is_some_and(|rest| rest.starts_with(content)) {
            start + part.start..start + part.end
        } else {
            span
        };
        self.problem(span, message, None);
    }

    /// Reads the keys of a table, and tells of those that there are not.
    fn table<T>(&mut self, table: &DeTable<'_>, name: &str, keys: &'static [Key<T>], draft: &mut T) {
        self.unknown(table, name, keys);
        for key in keys {
            self.key(table, name, key, draft);
        }
    }

    fn unknown<T>(&mut self, table: &DeTable<'_>, name: &str, keys: &'static [Key<T>]) {
        for found in table.keys() {
            if keys.iter().all(|key| key.name != found.get_ref()) {
                let names = || keys.iter().map(|key| key.name);
                let help = match nearest(found.get_ref(), names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                };
                let place = if name.is_empty() { "there is no table or key".into() } else { format!("[{name}] has no key") };
                self.problem(found.span(), format!("{place} `{}`", found.get_ref()), Some(help));
            }
        }
    }

    /// Reads one key of a table, if it is there.
    fn key<T>(&mut self, table: &DeTable<'_>, name: &str, key: &'static Key<T>, draft: &mut T) {
        let Some(value) = table.get(key.name) else { return };
        let name = if name.is_empty() { key.name.to_string() } else { format!("{name}.{}", key.name) };
        match &key.kind {
            Kind::Table(keys) => {
                if let Some(table) = self.as_table(value) {
                    self.table(table, &name, keys, draft);
                }
            }
            Kind::Plugins(plugins, keys) => {
                for (plugin, value) in self.as_table(value).into_iter().flatten() {
                    let known = plugins(draft).get(plugin.get_ref().as_ref()).cloned();
                    let names: Vec<String> = plugins(draft).keys().cloned().collect();
                    if let Some(read) = self.plugin(plugin, value, known, &names, keys) {
                        plugins(draft).insert(plugin.get_ref().to_string(), read);
                    }
                }
            }
            Kind::Files(set, keys) => {
                if let Some(files) = self.files(value, &name, keys) {
                    set(draft, files);
                }
            }
            Kind::Texts(set) => {
                for (key, value) in self.as_table(value).into_iter().flatten() {
                    if let Some(text) = values::setting(self, value) {
                        set(draft, key.get_ref().to_string(), text);
                    }
                }
            }
            Kind::Signatures(set) => {
                for (key, value) in self.as_table(value).into_iter().flatten() {
                    if let Some(signature) = values::signature(self, value) {
                        set(draft, key.get_ref().to_string(), signature);
                    }
                }
            }
            Kind::Bool(set) => {
                if let Some(found) = values::boolean(self, value) {
                    set(draft, found);
                }
            }
            Kind::True(set) => {
                if values::only_true(self, value) {
                    set(draft);
                }
            }
            Kind::Size(set, range) => {
                if let Some(bytes) = values::size(self, value, range) {
                    set(draft, bytes);
                }
            }
            Kind::Time(set, range) => {
                if let Some(time) = values::time(self, value, range) {
                    set(draft, time);
                }
            }
            Kind::Count(set, range) => {
                if let Some(count) = values::count(self, value, range) {
                    set(draft, count);
                }
            }
            Kind::Path(set) => {
                if let Some(path) = values::host_path(self, value) {
                    set(draft, path);
                }
            }
            Kind::Guest(set) => {
                if let Some(path) = values::guest_path(self, value) {
                    set(draft, path);
                }
            }
            Kind::Names(set, names) => {
                if let Some(names) = values::names(self, value, *names) {
                    set(draft, names);
                }
            }
        }
    }

    fn as_table<'a, 'i>(&mut self, value: Value<'a, 'i>) -> Option<&'a DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            values::expected(self, value, "a table");
        }
        table
    }

    /// A block `[plugins.NAME]`: `known` is what the default says of this plugin, `names` are all that it has.
    fn plugin(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: Value<'_, '_>,
        known: Option<PluginConfig>,
        names: &[String],
        keys: &'static [Key<PluginDraft>],
    ) -> Option<PluginConfig> {
        let table = self.as_table(value)?;
        if name.get_ref().is_empty() {
            self.problem(name.span(), "a plugin has a name".into(), None);
        }
        let mut draft = match known {
            Some(known) => PluginDraft { source: Some(known.source.clone()), rest: known },
            None => PluginDraft { source: None, rest: PluginConfig::new(Source::Builtin) },
        };
        let mut sources: Vec<_> = ["module", "native", "builtin"].into_iter().filter_map(|key| table.get_key_value(key)).collect();
        sources.sort_by_key(|(key, _)| key.span().start);
        if let [(first, _), (second, _), ..] = sources[..] {
            let message = format!("there is `{}` already, and a plugin's code can be only in one place", first.get_ref());
            self.problem(second.span(), message, Some("leave out all but one of `module`, `native` and `builtin`".into()));
        }
        let problems = self.problems.len();
        self.table(table, &format!("plugins.{}", name.get_ref()), keys, &mut draft);
        if draft.source.is_none() && self.problems.len() == problems {
            let help = nearest(name.get_ref(), names.iter().map(String::as_str))
                .map(|near| format!("did you mean the default's `{near}`?"))
                .unwrap_or("add `module = \"FILE.wasm\"`, `native = \"FILE\"` or `builtin = true`".into());
            let message = format!("nothing says where the code of `{}` is, and the default has no such plugin", name.get_ref());
            self.problem(name.span(), message, Some(help));
        }
        Some(PluginConfig { source: draft.source?, ..draft.rest })
    }

    /// A list of folders. What names the same folder twice is one grant.
    fn files(&mut self, value: Value<'_, '_>, name: &str, keys: &'static [Key<FileDraft>]) -> Option<Vec<FileGrant>> {
        let Some(list) = value.get_ref().as_array() else {
            values::expected(self, value, "a list of tables, such as `[{ host = \"data\", guest = \"/data\", write = true }]`");
            return None;
        };
        let mut files: Vec<FileGrant> = Vec::new();
        for element in list.iter() {
            let Some(table) = self.as_table(element) else { continue };
            let mut draft = FileDraft::default();
            let problems = self.problems.len();
            self.table(table, name, keys, &mut draft);
            let Some(host) = draft.host else {
                if self.problems.len() == problems {
                    self.problem(element.span(), "a folder needs `host`, the path of the folder".into(), None);
                }
                continue;
            };
            let guest = draft.guest.unwrap_or_else(|| super::places::clean(&host));
            match files.iter_mut().find(|file| file.guest == guest) {
                None => files.push(FileGrant { host, guest, write: draft.write }),
                Some(same) if same.host == host => same.write |= draft.write,
                Some(other) => {
                    let message = format!("`{}` is already the folder {}", guest.display(), other.host.display());
                    self.problem(element.span(), message, Some("give each folder another `guest`".into()));
                }
            }
        }
        Some(files)
    }
}
