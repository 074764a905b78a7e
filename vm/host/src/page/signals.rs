//! The queue of a VM's events in a page, where nothing waits: who drives the VM comes back by the event loop.

use osvm_core::platform::Event;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

/// The queue of a VM's events.
#[derive(Debug, Default)]
pub struct Events(Rc<RefCell<VecDeque<Event>>>);

/// Sends events to a VM.
#[derive(Clone, Debug)]
pub struct EventSender(Rc<RefCell<VecDeque<Event>>>);

impl EventSender {
    /// Puts an event in the queue.
    pub fn send(&self, event: Event) {
        self.0.borrow_mut().push_back(event);
    }
}

impl Events {
    /// An empty queue that nothing but [`EventSender`]s fill. It does not fail here.
    pub fn new() -> io::Result<Events> {
        Ok(Events::default())
    }

    /// A sender for this queue.
    pub fn sender(&self) -> EventSender {
        EventSender(Rc::clone(&self.0))
    }

    /// The next event, if one is there.
    pub fn poll(&mut self) -> Option<Event> {
        self.0.borrow_mut().pop_front()
    }
}
