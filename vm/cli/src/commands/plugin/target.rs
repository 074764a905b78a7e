//! A plugin's file with the configuration under which a command looks at it.

use crate::args::PluginTargetArgs;
use crate::failure::Failure;
use osvm_host::check::{describe, source_of};
use osvm_host::config::{Config, FileGrant, Grants, Names, PluginConfig};
use osvm_host::{PluginOptions, Refusal};
use osvm_plugin_sdk::abi::Description;
use std::path::{Path, PathBuf};

/// A plugin to look at.
pub struct Target {
    /// What it says of itself.
    pub description: Description,
    /// How it is loaded: the block of the configuration, with the file in place of its own.
    pub config: PluginConfig,
    /// The configuration has a block for it.
    pub configured: bool,
}

impl Target {
    /// Reads a plugin's description, and its block.
    pub fn read(file: &Path, config: &Config) -> Result<Target, Box<Refusal>> {
        let source = source_of(file);
        let description = describe(&source)?;
        let block = config.plugins.get(&description.module);
        let base = block.cloned().unwrap_or_else(|| PluginConfig::new(source.clone()));
        Ok(Target { description, config: PluginConfig { source, enabled: true, ..base }, configured: block.is_some() })
    }

    /// The target of a command that runs a primitive, with what its options grant.
    pub fn to_run(args: &PluginTargetArgs) -> Result<Target, Failure> {
        let config = args.config.search(None).read().map_err(Failure::config)?;
        let mut target = Target::read(&args.file, &config).map_err(Failure::refused)?;
        for grant in &args.grant {
            allow(&mut target.config.grants, grant).map_err(|why| Failure::bad_input(format_args!("--grant {grant}"), why))?;
        }
        Ok(target)
    }
}

/// How the commands load plugins.
pub fn options() -> PluginOptions {
    PluginOptions::of_user()
}

/// Adds what `--grant` says: the name of a grant, with `=VALUE` for those that are lists.
fn allow(grants: &mut Grants, text: &str) -> Result<(), String> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let flag = match name {
        "files" => {
            let value = value.ok_or("name the folder: `files=FOLDER` to read, `files=FOLDER:write` to write too")?;
            let (folder, write) = value.strip_suffix(":write").map_or((value, false), |folder| (folder, true));
            let host = std::fs::canonicalize(folder).map_err(|error| format!("{folder}: {error}"))?;
            grants.files.push(FileGrant { guest: host.clone(), host, write });
            return Ok(());
        }
        "environment" => return add_name(&mut grants.environment, value),
        "net" => return add_name(&mut grants.net, value),
        "all" => {
            let root = PathBuf::from("/");
            let files = vec![FileGrant { host: root.clone(), guest: root, write: true }];
            *grants = Grants { files, ..Grants::all() };
            return Ok(());
        }
        "stdio" => &mut grants.stdio,
        "clock" => &mut grants.clock,
        "random" => &mut grants.random,
        "log" => &mut grants.log,
        "console" => &mut grants.console,
        "semaphores" => &mut grants.semaphores,
        "timers" => &mut grants.timers,
        "security" => &mut grants.security,
        _ => {
            let known = "files=FOLDER, stdio, clock, random, log, console, semaphores, timers, environment, security, net, all";
            return Err(format!("there is no such grant; there are {known}"));
        }
    };
    if value.is_some() {
        return Err(format!("`{name}` takes no value"));
    }
    *flag = true;
    Ok(())
}

/// All names where no value is given, or one more.
fn add_name(names: &mut Names, value: Option<&str>) -> Result<(), String> {
    match (value, names) {
        (None, names) => *names = Names::All,
        (Some(_), Names::All) => {}
        (Some(value), Names::Only(names)) => names.push(value.into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_of_the_command_line() {
        let mut grants = Grants::default();
        for text in ["clock", "files=/:write", "net=localhost:80", "environment"] {
            allow(&mut grants, text).unwrap();
        }
        let root = PathBuf::from("/");
        let expected = Grants {
            clock: true,
            files: vec![FileGrant { host: root.clone(), guest: root, write: true }],
            net: Names::Only(vec!["localhost:80".into()]),
            environment: Names::All,
            ..Grants::default()
        };
        assert_eq!(grants, expected);
        for text in ["clocks", "clock=1", "files", "files=/no/such/folder", ""] {
            assert!(allow(&mut grants, text).is_err(), "{text}");
        }
        allow(&mut grants, "all").unwrap();
        assert!(grants.security && grants.files.len() == 1);
    }
}
