//! What happens outside the VM: signals of the operating system, and events that other threads send.

use osvm_core::platform::Event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGPIPE, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level::pipe};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A second interrupt within this time ends the VM.
const IMPATIENCE: Duration = Duration::from_secs(2);
/// Exit statuses of a VM that was interrupted or asked to end, as shells report them: 128 and the signal's number.
const INTERRUPTED: i32 = 128 + SIGINT;
const TERMINATED: i32 = 128 + SIGTERM;

/// A write to a pipe that nobody reads any more ends the process quietly, as it does other programs: for commands.
pub fn end_on_closed_pipes() {
    // Rust's start-up code ignores SIGPIPE. If its default cannot be put back, writing fails with an error instead.
    let _ = flag::register_conditional_default(SIGPIPE, Arc::new(AtomicBool::new(true)));
}

/// The queue of a VM's events. A byte in its pipe says that something is there, so that waiting for it is a `poll`.
#[derive(Debug)]
pub struct Events {
    interrupted: Arc<AtomicBool>,
    stacks_wanted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    sent: Arc<Sent>,
    wake: UnixStream,
    last_interrupt: Option<Instant>,
    exit: Option<i32>,
    /// Interrupts are not for the image.
    kept: bool,
}

/// What other threads sent.
#[derive(Debug)]
struct Sent {
    any: AtomicBool,
    queue: Mutex<VecDeque<Event>>,
    wake: UnixStream,
}

/// Sends events to a VM, from any thread.
#[derive(Clone, Debug)]
pub struct EventSender(Arc<Sent>);

impl EventSender {
    /// Puts an event in the queue and wakes the VM if it waits.
    pub fn send(&self, event: Event) {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
        self.0.any.store(true, Ordering::Release);
        // A full pipe wakes as well as one more byte would.
        let _ = (&self.0.wake).write(&[0]);
    }
}

impl Events {
    /// An empty queue that nothing but [`EventSender`]s fill.
    pub fn new() -> io::Result<Events> {
        let (wake, ring) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        ring.set_nonblocking(true)?;
        Ok(Events {
            interrupted: Arc::default(),
            stacks_wanted: Arc::default(),
            terminated: Arc::default(),
            sent: Arc::new(Sent { any: AtomicBool::new(false), queue: Mutex::default(), wake: ring }),
            wake,
            last_interrupt: None,
            exit: None,
            kept: false,
        })
    }

    /// Turns SIGINT into the user's interrupt, SIGUSR1 into a request for all stacks, and SIGTERM into one to end with everything
    /// written out, for the rest of the process.
    ///
    /// A second SIGINT within two seconds asks for all stacks and for the end ([`Events::exit_status`]); one that comes before
    /// the VM has looked at the last ends the process at once, since the VM is stuck.
    pub fn with_signals() -> io::Result<Events> {
        let events = Events::new()?;
        flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(&events.interrupted))?;
        flag::register(SIGINT, Arc::clone(&events.interrupted))?;
        flag::register(SIGUSR1, Arc::clone(&events.stacks_wanted))?;
        flag::register_conditional_shutdown(SIGTERM, TERMINATED, Arc::clone(&events.terminated))?;
        flag::register(SIGTERM, Arc::clone(&events.terminated))?;
        pipe::register(SIGTERM, events.sent.wake.try_clone()?)?;
        pipe::register(SIGINT, events.sent.wake.try_clone()?)?;
        pipe::register(SIGUSR1, events.sent.wake.try_clone()?)?;
        Ok(events)
    }

    /// A sender for this queue.
    pub fn sender(&self) -> EventSender {
        EventSender(Arc::clone(&self.sent))
    }

    /// The next event, if one is there.
    pub fn poll(&mut self) -> Option<Event> {
        if !self.kept && self.interrupted.load(Ordering::Relaxed) && self.interrupted.swap(false, Ordering::Relaxed) {
            return Some(self.interrupt(Instant::now()));
        }
        if self.stacks_wanted.load(Ordering::Relaxed) && self.stacks_wanted.swap(false, Ordering::Relaxed) {
            return Some(Event::PrintStacks);
        }
        if !self.sent.any.load(Ordering::Acquire) {
            return None;
        }
        let mut queue = self.sent.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let event = queue.pop_front();
        self.sent.any.store(!queue.is_empty(), Ordering::Release);
        event
    }

    /// From now on the user's interrupts do not go to the image; [`Events::take_interrupt`] tells of them.
    pub fn keep_interrupts(&mut self) {
        self.kept = true;
    }

    /// Whether the user has interrupted since this was asked last, if interrupts are kept.
    pub fn take_interrupt(&mut self) -> bool {
        self.kept && self.interrupted.swap(false, Ordering::Relaxed)
    }

    fn interrupt(&mut self, now: Instant) -> Event {
        let impatient = self.last_interrupt.is_some_and(|last| now.duration_since(last) <= IMPATIENCE);
        self.last_interrupt = Some(now);
        if impatient {
            self.exit = Some(INTERRUPTED);
            Event::PrintStacks
        } else {
            Event::UserInterrupt
        }
    }

    /// The status with which the VM shall end, if the user asked twice for it or the system once.
    pub fn exit_status(&self) -> Option<i32> {
        if self.terminated.load(Ordering::Relaxed) { Some(TERMINATED) } else { self.exit }
    }

    /// Waits until something is there, at most `limit` (`None`: for ever). It uses no processor time.
    pub fn wait(&mut self, limit: Option<Duration>) {
        let limit = limit.map(|d| Timespec { tv_sec: d.as_secs() as i64, tv_nsec: i64::from(d.subsec_nanos()) });
        let mut fds = [PollFd::new(&self.wake, PollFlags::IN)];
        if poll(&mut fds, limit.as_ref()).is_ok_and(|ready| ready > 0) {
            let mut bytes = [0; 64];
            while (&self.wake).read(&mut bytes).is_ok_and(|n| n == bytes.len()) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_arrive_in_order_and_wake_who_waits() {
        let mut events = Events::new().unwrap();
        assert_eq!(events.poll(), None);
        let sender = events.sender();
        let thread = std::thread::spawn(move || {
            sender.send(Event::Semaphore(1, 2));
            sender.send(Event::UserInterrupt);
        });
        events.wait(None);
        thread.join().unwrap();
        assert_eq!(events.poll(), Some(Event::Semaphore(1, 2)));
        assert_eq!(events.poll(), Some(Event::UserInterrupt));
        assert_eq!(events.poll(), None);
    }

    #[test]
    fn waiting_ends() {
        let start = Instant::now();
        Events::new().unwrap().wait(Some(Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(19));
    }

    #[test]
    fn kept_interrupts_do_not_go_to_the_image() {
        let mut events = Events::new().unwrap();
        events.keep_interrupts();
        assert!(!events.take_interrupt());
        events.interrupted.store(true, Ordering::Relaxed);
        assert_eq!(events.poll(), None);
        assert!(events.take_interrupt());
        assert!(!events.take_interrupt());
    }

    #[test]
    fn the_second_interrupt_ends_the_vm_unless_it_comes_late() {
        let mut events = Events::new().unwrap();
        let start = Instant::now();
        assert_eq!(events.interrupt(start), Event::UserInterrupt);
        assert_eq!(events.interrupt(start + Duration::from_secs(3)), Event::UserInterrupt);
        assert_eq!(events.exit_status(), None);
        assert_eq!(events.interrupt(start + Duration::from_secs(4)), Event::PrintStacks);
        assert_eq!(events.exit_status(), Some(130));
    }
}
