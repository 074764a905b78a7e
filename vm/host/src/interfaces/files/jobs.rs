//! Reading and writing in the background.

use super::super::arguments::Arguments;
use super::super::{Answer, Memory};
use super::background::Background;
use super::roots::number;
use super::system::{self, File};
use crate::signals::EventSender;
use osvm_core::platform::Event;
use osvm_plugin_sdk::abi::PrimitiveError;
use std::collections::BTreeMap;
use std::io;

/// The most jobs whose result was not taken.
const MOST: usize = 64;
/// The most bytes of a job.
const LARGEST: usize = 256 << 20;

/// What a job did: what it read, and how many bytes it read or wrote.
type Done = (Vec<u8>, usize);

/// A plugin's jobs, by number.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    jobs: BTreeMap<u32, Background<Done>>,
    last: u32,
}

impl Jobs {
    pub(super) fn read(&mut self, file: File, at: u64, count: usize, semaphore: u32, events: &EventSender) -> Answer {
        // No more room than the file can fill.
        let rest = system::rest_of(&file, at).map_err(number)?;
        let count = rest.and_then(|rest| usize::try_from(rest).ok()).map_or(count, |rest| count.min(rest));
        self.start(count, semaphore, events, move || {
            let mut bytes = vec![0; count];
            let mut read = 0;
            while read < count {
                match system::read_at(&file, &mut bytes[read..], at + read as u64) {
                    Ok(0) => break,
                    Ok(more) => read += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            bytes.truncate(read);
            Ok((bytes, read))
        })
    }

    pub(super) fn write(&mut self, file: File, at: u64, bytes: &[u8], semaphore: u32, events: &EventSender) -> Answer {
        let bytes = bytes.to_vec();
        self.start(bytes.len(), semaphore, events, move || {
            system::write_all_at(&file, &bytes, at).map(|()| (Vec::new(), bytes.len()))
        })
    }

    fn start(
        &mut self,
        size: usize,
        semaphore: u32,
        events: &EventSender,
        work: impl FnOnce() -> io::Result<Done> + Send + 'static,
    ) -> Answer {
        if self.jobs.len() >= MOST || size > LARGEST {
            return Err(PrimitiveError::LimitExceeded);
        }
        let events = events.clone();
        let signal = move || {
            if semaphore != 0 {
                events.send(Event::Semaphore(semaphore as usize, 1));
            }
        };
        let job = Background::start(work, signal).map_err(number)?;
        self.last = self.last.wrapping_add(1);
        self.jobs.insert(self.last, job);
        Ok(u64::from(self.last))
    }

    /// Takes what a job did; `inappropriate operation` while it runs.
    pub(super) fn result(&mut self, a: Arguments<'_>, memory: &mut dyn Memory) -> Answer {
        let job = self.jobs.get_mut(&a.u32(0)).ok_or(PrimitiveError::BadArgument)?;
        let done = job.result().ok_or(PrimitiveError::Inappropriate)?;
        self.jobs.remove(&a.u32(0));
        let (bytes, count) = done.map_err(number)?;
        a.store(1, &bytes, memory)?;
        Ok(count as u64)
    }
}
