//! What one plugin may touch, and what it has open at the host.

use super::files::Files;
use super::held::Held;
use super::log::LogBudget;
use super::net::Sockets;
use super::timers::TimerTable;
use crate::config::{Names, PluginConfig};
use osvm_core::oop::Oop;
use osvm_plugin_sdk::abi::Import;
use osvm_plugin_sdk::abi::interfaces::INTERFACES;
use std::collections::BTreeMap;

/// One plugin's part of the interfaces.
pub(crate) struct Open {
    /// A bit for each interface, by its place in the table, that is imported and granted.
    usable: u32,
    pub(super) files: Files,
    pub(super) sockets: Sockets,
    pub(super) timers: TimerTable,
    pub(super) log: LogBudget,
    pub(super) held: Held,
    pub(super) environment: Names,
    pub(super) settings: BTreeMap<String, String>,
}

impl Open {
    /// A plugin that imports these interfaces, with nothing open.
    pub(crate) fn new(name: &str, config: &PluginConfig, imports: &[Import]) -> Open {
        let usable = |name: &str| config.grants.has(name) && imports.iter().any(|import| import.interface == name);
        let bits = INTERFACES.iter().enumerate().filter(|(_, interface)| usable(interface.name)).map(|(place, _)| 1 << place);
        Open {
            usable: bits.sum::<u32>(),
            files: Files::new(&config.grants),
            sockets: Sockets::new(config.grants.net.clone()),
            timers: TimerTable::default(),
            log: LogBudget::new(name),
            held: Held::default(),
            environment: config.grants.environment.clone(),
            settings: config.settings.clone(),
        }
    }

    /// True if the interface at this place of the table may be used.
    pub(super) fn may_use(&self, place: u32) -> bool {
        place < 32 && self.usable & (1 << place) != 0
    }

    /// Shows every object that the plugin holds.
    pub(crate) fn visit_held(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        self.held.visit(visit);
    }

    /// Takes a timer that has run out: its token.
    pub(crate) fn due_timer(&mut self, now: u64) -> Option<i64> {
        self.timers.due(now)
    }

    /// When the next timer runs out, in microseconds of the monotonic clock.
    pub(crate) fn next_timer(&self) -> Option<u64> {
        self.timers.next()
    }

    /// Closes all that is open. What is granted, and what was used up of the log, stays.
    pub(crate) fn close_all(&mut self) {
        self.files.close_all();
        self.sockets.close_all();
        self.held = Held::default();
        self.timers = TimerTable::default();
    }
}
