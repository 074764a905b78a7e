//! `osvm serve`: a local HTTP server with the page, the VM, an image and its plugins, for a browser.

mod connection;
mod content;
mod date;
mod file;
mod path;
mod reply;
mod request;
mod site;

use crate::args::ServeArgs;
use crate::failure::{BAD_INPUT, Failure};
use connection::{Hosts, Server};
use content::Compressed;
use osvm_host::Events;
use site::Site;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// Serves until the user interrupts.
pub fn run(args: &ServeArgs) -> Result<i32, Failure> {
    let site = Site::new(args)?;
    let asked = SocketAddr::new(args.address, args.port);
    let listener = TcpListener::bind(asked).map_err(|error| unbound(asked, &error))?;
    let address = listener.local_addr().map_err(|error| Failure::bad_input(asked, error))?;
    let mut events = Events::with_signals().map_err(|error| Failure::bad_input("signals", error))?;
    events.keep_interrupts();
    let server = Arc::new(Server { site, hosts: Hosts::of(address), compressed: Compressed::default() });
    std::thread::spawn(move || connection::accept(&listener, &server));
    // Programs that start this one read the address, so that it must not stay in a buffer.
    let mut stdout = io::stdout();
    writeln!(stdout, "http://{address}/").and_then(|()| stdout.flush()).map_err(|error| Failure::bad_input("stdout", error))?;
    if !address.ip().is_loopback() {
        tracing::warn!("everybody who can reach {address} can read what is served");
    }
    loop {
        events.wait(None);
        if events.take_interrupt() {
            return Ok(0);
        }
        if let Some(status) = events.exit_status() {
            return Ok(status);
        }
        // Nothing else is meant for a server.
        while events.poll().is_some() {}
    }
}

/// Why nothing can be served there, and what to do.
fn unbound(address: SocketAddr, error: &io::Error) -> Failure {
    let (problem, help) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            ("the port is in use".to_string(), "name another with --port, or take one that is free with --port 0")
        }
        io::ErrorKind::PermissionDenied => {
            ("this port needs more rights than you have".to_string(), "name one above 1023 with --port")
        }
        io::ErrorKind::AddrNotAvailable => {
            ("this machine has no such address".to_string(), "leave --address out to serve this machine alone")
        }
        _ => (error.to_string(), "name another address or port with --address and --port"),
    };
    Failure { message: format!("{address}: {problem}\n  help: {help}"), status: BAD_INPUT }
}
