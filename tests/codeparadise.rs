//! The client image of CodeParadise, whose methods have Sista's bytecodes: it starts, connects to its server by a WebSocket, and says that it
//! has started, with CpSystemPlugin in each form.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{command, finish, image, root};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;
use tungstenite::Message;

const IMAGE: &str = "codeparadise-sista-32.image";
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let here = image(IMAGE).is_some();
    if !here {
        eprintln!("{IMAGE}: not here, so its tests are ignored; set OSVM_IMAGES to the folder that it is in");
    }
    let forms = [("wasm", "wasm.toml"), ("native", "native.toml"), ("builtin", "builtin.toml")];
    let mut trials: Vec<Trial> = forms
        .into_iter()
        .map(|(form, file)| {
            Trial::test(format!("the first message, by the {form} plugin"), move || first_message(file)).with_ignored_flag(!here)
        })
        .collect();
    trials.push(Trial::test("a server that is not granted", not_granted).with_ignored_flag(!here));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// The image tells its server that it has started, with the variables that it knows.
fn first_message(configuration: &str) -> Result<(), Failed> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://127.0.0.1:{}/", server.local_addr()?.port());
    let folder = tempfile::tempdir()?;
    let configuration = root().join("tests/golden").join(configuration);
    let image = image(IMAGE).ok_or("the image is not here")?;
    let mut command = command(folder.path(), &["--config".as_ref(), configuration.as_os_str(), image.as_os_str()]);
    let mut child = command.env("SERVER_URL", &url).env("APP", "a test").spawn()?;
    let message = std::thread::spawn(move || receive(&server)).join();
    child.kill()?;
    let output = finish(child, LIMIT);
    let message = message.map_err(|_| "the server failed")??;
    let contains = |text: &str| message.windows(text.len()).any(|window| window == text.as_bytes());
    if ["CpClientStarted", "APP", "a test", "SERVER_URL", url.as_str()].into_iter().all(contains) {
        return Ok(());
    }
    Err(format!("the message is {}; the image says {}", message.escape_ascii(), output.stdout_text()).into())
}

/// The first message of the first client.
fn receive(server: &TcpListener) -> Result<Vec<u8>, String> {
    server.set_nonblocking(true).map_err(|error| error.to_string())?;
    let start = std::time::Instant::now();
    let stream = loop {
        match server.accept() {
            Ok((stream, _)) => break stream,
            Err(_) if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("nobody connects: {error}")),
        }
    };
    let wait = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(LIMIT)));
    wait.map_err(|error| error.to_string())?;
    let mut socket = tungstenite::accept(stream).map_err(|error| error.to_string())?;
    loop {
        match socket.read() {
            Ok(Message::Binary(bytes)) => return Ok(bytes.to_vec()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Nobody is asked, not even by name.
fn not_granted() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let image = image(IMAGE).ok_or("the image is not here")?;
    let mut command = command(folder.path(), &[image.as_os_str()]);
    let mut child = command.env("SERVER_URL", "ws://example.invalid/").env("APP", "a test").spawn()?;
    std::thread::sleep(Duration::from_secs(2));
    child.kill()?;
    let output = finish(child, LIMIT);
    let told = output.stderr_text();
    if told.contains("the host is not in `grants.net`") && told.contains("example.invalid") { Ok(()) } else { Err(told.into()) }
}
