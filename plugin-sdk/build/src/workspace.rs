//! What cargo knows of a workspace: where it builds, and which of its packages are plugins.

use crate::BuildError;
use crate::command::{cargo, output};
use serde_json::Value;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};

/// A workspace, or a package that stands alone.
#[derive(Debug)]
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// The folder that cargo builds in, by default `target`: `CARGO_TARGET_DIR` and cargo's configuration can name another.
    pub target: PathBuf,
    /// The packages that say `plugin = true`, by name.
    pub plugins: Vec<Plugin>,
}

/// A package that is a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// The package's name.
    pub package: String,
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
}

impl Workspace {
    /// Asks cargo about the workspace of `folder`.
    pub fn read(folder: &Path) -> Result<Workspace, BuildError> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"]).arg(folder.join("Cargo.toml"));
        Workspace::from_metadata(&output(&mut command, None)?, folder)
    }

    fn from_metadata(text: &str, folder: &Path) -> Result<Workspace, BuildError> {
        let missing = |missing| BuildError::Metadata { folder: folder.into(), missing };
        let metadata: Value = serde_json::from_str(text).map_err(|_| missing("anything that is JSON"))?;
        let path = |name| metadata[name].as_str().map(PathBuf::from);
        let packages = metadata["packages"].as_array().ok_or_else(|| missing("packages"))?;
        let plugins = packages.iter().filter(|package| package["metadata"]["osvm"]["plugin"] == true).map(Plugin::from_metadata);
        let mut plugins = plugins.collect::<Result<Vec<_>, _>>()?;
        plugins.sort_by(|a, b| a.package.cmp(&b.package));
        Ok(Workspace {
            root: path("workspace_root").ok_or_else(|| missing("the workspace's folder"))?,
            target: path("target_directory").ok_or_else(|| missing("the target folder"))?,
            plugins,
        })
    }
}

impl Plugin {
    fn from_metadata(package: &Value) -> Result<Plugin, BuildError> {
        let text = |name: &str| package[name].as_str().unwrap_or_default();
        let plugin = Plugin { package: text("name").into(), manifest: text("manifest_path").into() };
        let is_library = |target: &Value| {
            let kinds = target["kind"].as_array().map(Vec::as_slice).unwrap_or_default();
            kinds.iter().any(|kind| kind.as_str().is_some_and(|kind| kind.ends_with("lib")))
        };
        if !package["targets"].as_array().is_some_and(|targets| targets.iter().any(is_library)) {
            return Err(BuildError::NoLibrary { manifest: plugin.manifest });
        }
        if package["features"]["export"].is_null() {
            return Err(BuildError::NoExport { manifest: plugin.manifest });
        }
        Ok(plugin)
    }

    /// The name that its files have: the package's, without the prefix of the packages in this repository.
    pub fn name(&self) -> &str {
        self.package.strip_prefix("osvm-plugin-").unwrap_or(&self.package)
    }

    /// The file name of its wasm module: `file.wasm`.
    pub fn wasm_name(&self) -> String {
        format!("{}.wasm", self.name())
    }

    /// The file name of its native library: on Linux `libfile.so`.
    pub fn native_name(&self) -> String {
        format!("{DLL_PREFIX}{}{DLL_SUFFIX}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, plugin: bool) -> Value {
        json!({
            "name": name, "manifest_path": format!("/w/{name}/Cargo.toml"), "metadata": { "osvm": { "plugin": plugin } },
            "features": { "export": [] }, "targets": [{ "kind": ["lib"] }, { "kind": ["test"] }],
        })
    }

    fn read(packages: &[Value]) -> Result<Workspace, BuildError> {
        let metadata = json!({ "packages": packages, "workspace_root": "/w", "target_directory": "/t" });
        Workspace::from_metadata(&metadata.to_string(), Path::new("/w"))
    }

    #[test]
    fn plugins_are_those_that_say_so() {
        let mut plain = package("plain", true);
        plain["metadata"] = Value::Null;
        let workspace = read(&[package("osvm-plugin-file", true), plain, package("no", false), package("mine", true)]).unwrap();
        let names: Vec<String> = workspace.plugins.iter().map(Plugin::wasm_name).collect();
        assert_eq!(names, ["mine.wasm", "file.wasm"]);
        assert_eq!((workspace.root, workspace.target), ("/w".into(), "/t".into()));
    }

    #[test]
    fn a_plugin_that_cannot_be_built_is_refused_with_the_reason() {
        let mut bare = package("bare", true);
        bare["features"] = json!({});
        assert!(read(&[bare]).unwrap_err().to_string().starts_with("/w/bare/Cargo.toml: says `plugin = true` and has no feature"));
        let mut program = package("program", true);
        program["targets"] = json!([{ "kind": ["bin"] }]);
        assert!(read(&[program]).unwrap_err().to_string().contains("no library target"));
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        assert!(Workspace::from_metadata("error", Path::new("/w")).is_err());
        assert!(Workspace::from_metadata("{}", Path::new("/w")).unwrap_err().to_string().contains("packages"));
    }
}
