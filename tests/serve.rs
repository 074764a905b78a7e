//! `osvm serve`: real requests to the running command.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{command, finish, plugins, run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ExitCode};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        Trial::test("the page, with the headers that it needs", page),
        Trial::test("a second load is answered without bodies", cached),
        Trial::test("what is large is compressed", compressed),
        Trial::test("what is no file of the site is refused", refused),
        Trial::test("ranges", ranges),
        Trial::test("HEAD, other methods, and what is no HTTP", methods),
        Trial::test("other names for this machine are refused", rebinding),
        Trial::test("image, configuration, plugins and files", session),
        Trial::test("an image of any size is not held in memory", large),
        Trial::test("Ctrl-C and SIGTERM end it", ends),
        Trial::test("what is wrong with the command line is told with what to do", wrong),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// A running `osvm serve`, which ends with this value.
struct Serving {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Serving {
    /// Starts it in a folder with a small browser build, an image and what else tests need.
    fn start(args: &[&str]) -> Result<Serving, Failed> {
        let folder = tempfile::tempdir()?;
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().ok_or("it is in a folder")?)?;
            fs::write(path, text).map_err(Failed::from)
        };
        write("web/page/index.html", "<!doctype html><title>a page</title>")?;
        write("web/js/client.mjs", &"export const x = 1;\n".repeat(200))?;
        write("web/osvm.wasm", &"\0asm".repeat(5000))?;
        write("web/.hidden", "hidden")?;
        write("web/page/.hidden", "hidden")?;
        write("my image.image", "0123456789")?;
        write("secret", "secret")?;
        write("files/a b.txt", "a text")?;
        write("files/sub/two.st", "two")?;
        write("files/.git/config", "hidden")?;
        symlink(folder.path().join("secret"), folder.path().join("web/page/link"))?;
        symlink("index.html", folder.path().join("web/page/same"))?;
        let mut child = command(folder.path(), &[&["serve", "--port", "0", "--web", "web"], args].concat()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("its output is piped")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("http://").and_then(|line| line.strip_suffix('/')).map(str::to_string);
        let serving = Serving { child, address: address.clone().unwrap_or_default(), folder };
        if address.is_some() { Ok(serving) } else { Err(format!("it printed {line:?}").into()) }
    }

    /// Sends these bytes, and reads what comes until the connection is closed.
    fn send(&self, bytes: &[u8]) -> Result<Reply, Failed> {
        let mut connection = TcpStream::connect(&self.address)?;
        connection.set_read_timeout(Some(LIMIT))?;
        connection.write_all(bytes)?;
        let mut reply = Vec::new();
        connection.read_to_end(&mut reply)?;
        Reply::parse(&reply)
    }

    fn request(&self, method: &str, target: &str, headers: &[&str]) -> Result<Reply, Failed> {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").as_bytes())
    }

    fn get(&self, target: &str) -> Result<Reply, Failed> {
        self.request("GET", target, &[])
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Result<Reply, Failed> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("a reply has headers")?;
        let head = String::from_utf8(bytes[..end].to_vec())?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("a reply has a status")?;
        Ok(Reply { status, head, body: bytes[end + 4..].to_vec() })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

/// Fails with what was found unless `holds`.
fn expect(holds: bool, what: &str, found: impl std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{what}: {found:?}").into()) }
}

fn page() -> Result<(), Failed> {
    let serving = Serving::start(&[])?;
    expect(serving.address.starts_with("127.0.0.1:"), "only this machine is served", &serving.address)?;
    for target in ["/", "/page"] {
        let reply = serving.get(target)?;
        expect(reply.status == 302 && reply.header("location") == Some("/page/"), target, &reply)?;
    }
    for (target, media_type) in [
        ("/page/", "text/html; charset=utf-8"),
        ("/page/index.html?x=1", "text/html; charset=utf-8"),
        ("/page/same", "text/html; charset=utf-8"),
        ("/js/client.mjs", "text/javascript; charset=utf-8"),
        ("/osvm.wasm", "application/wasm"),
    ] {
        let reply = serving.get(target)?;
        expect(reply.status == 200 && reply.header("content-type") == Some(media_type), target, &reply.head)?;
        expect(reply.header("content-length") == Some(&reply.body.len().to_string()), "length", &reply.head)?;
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            expect(reply.header(name) == Some(value), name, &reply.head)?;
        }
        let policy = reply.header("content-security-policy").unwrap_or_default();
        expect(policy.contains("default-src 'none'") && policy.contains("'wasm-unsafe-eval'"), "policy", policy)?;
        expect(reply.header("date").is_some_and(|date| date.ends_with(" GMT")), "date", &reply.head)?;
    }
    Ok(())
}

fn cached() -> Result<(), Failed> {
    let serving = Serving::start(&[])?;
    for encoding in ["Accept-Encoding: identity", "Accept-Encoding: gzip, br"] {
        let first = serving.request("GET", "/osvm.wasm", &[encoding])?;
        let tag = first.header("etag").ok_or("there is a tag")?;
        expect(first.header("cache-control") == Some("no-cache"), "it is kept, and asked for again", &first.head)?;
        for known in [tag.to_string(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_string()] {
            let again = serving.request("GET", "/osvm.wasm", &[encoding, &format!("If-None-Match: {known}")])?;
            expect(again.status == 304 && again.body.is_empty(), &known, &again)?;
            expect(again.header("etag") == Some(tag) && again.header("content-length").is_none(), &known, &again)?;
        }
        let other = serving.request("GET", "/osvm.wasm", &[encoding, "If-None-Match: \"other\""])?;
        expect(other.status == 200 && other.body == first.body, "another version", &other.head)?;
        fs::write(serving.folder.path().join("web/osvm.wasm"), "\0asm changed".repeat(3000))?;
        let changed = serving.request("GET", "/osvm.wasm", &[encoding, &format!("If-None-Match: {tag}")])?;
        expect(changed.status == 200 && changed.header("etag") != Some(tag), "the file has changed", &changed.head)?;
    }
    Ok(())
}

fn compressed() -> Result<(), Failed> {
    let serving = Serving::start(&[])?;
    let plain = serving.get("/osvm.wasm")?;
    expect(plain.body.len() == 20_000 && plain.header("content-encoding").is_none(), "as it is", &plain.head)?;
    expect(plain.header("vary") == Some("Accept-Encoding"), "caches keep both", &plain.head)?;
    let packed = serving.request("GET", "/osvm.wasm", &["Accept-Encoding: br, gzip"])?;
    expect(packed.header("content-encoding") == Some("gzip") && packed.body.len() < 500, "packed", &packed.head)?;
    expect(packed.header("etag") != plain.header("etag"), "each form has its own tag", &packed.head)?;
    expect(packed.body.starts_with(&[0x1F, 0x8B, 8]), "it is gzip", &packed.body[..3])?;
    // What was compressed before, beside the file, goes first; the better encoding before the other; an old one counts as missing.
    let web = serving.folder.path().join("web");
    fs::write(web.join("osvm.wasm.gz"), "made before, gz")?;
    let accepts = |encodings: &str| serving.request("GET", "/osvm.wasm", &[&format!("Accept-Encoding: {encodings}")]);
    expect(accepts("br, gzip")?.body == b"made before, gz", "gz", ())?;
    fs::write(web.join("osvm.wasm.br"), "made before, br")?;
    let packed = accepts("gzip, br")?;
    expect(packed.body == b"made before, br" && packed.header("content-encoding") == Some("br"), "br", &packed.head)?;
    expect(packed.header("content-type") == Some("application/wasm"), "the type stays", &packed.head)?;
    expect(accepts("br;q=0, gzip")?.body == b"made before, gz", "br is refused", ())?;
    fs::File::open(web.join("osvm.wasm.gz"))?.set_modified(std::time::UNIX_EPOCH)?;
    expect(accepts("gzip")?.body.starts_with(&[0x1F, 0x8B, 8]), "an old one", ())
}

fn refused() -> Result<(), Failed> {
    let serving = Serving::start(&["my image.image", "--dir", "files"])?;
    for target in [
        "/nothing",
        "/page/nothing.html",
        "/js/",
        "/js",
        "/secret",
        "/../secret",
        "/page/../../secret",
        "/page/%2e%2e/%2e%2e/secret",
        "/page/..%2f..%2fsecret",
        "/page/..\\..\\secret",
        "/page/link",
        "/page/.hidden",
        "/.hidden",
        "/page//index.html",
        "//etc/passwd",
        "/page/%00",
        "/page/%ff",
        "/files/.git/config",
        "/files/../secret",
        "/files/",
        "/files",
        "/image/",
        "/image/secret",
        "/image/..%2Fsecret",
        "/plugins/",
        "/plugins/nothing.wasm",
        "/config/vm.toml",
        "http://localhost/secret",
        "*",
    ] {
        let reply = serving.get(target)?;
        expect(reply.status == 404 && reply.body == b"there is no such file\n", target, &reply)?;
        expect(reply.header("content-security-policy").is_some(), "headers are everywhere", &reply.head)?;
    }
    Ok(())
}

fn ranges() -> Result<(), Failed> {
    let serving = Serving::start(&["my image.image"])?;
    let target = "/image/my%20image.image";
    let whole = serving.get(target)?;
    expect(whole.body == b"0123456789" && whole.header("accept-ranges") == Some("bytes"), "whole", &whole)?;
    let tag = whole.header("etag").ok_or("there is a tag")?;
    for (range, body, bytes) in [("2-4", "234", "2-4/10"), ("7-", "789", "7-9/10"), ("-1", "9", "9-9/10")] {
        let part = serving.request("GET", target, &[&format!("Range: bytes={range}"), &format!("If-Range: {tag}")])?;
        expect(part.status == 206 && part.body == body.as_bytes(), range, &part)?;
        expect(part.header("content-range") == Some(&format!("bytes {bytes}")), range, &part.head)?;
    }
    let beyond = serving.request("GET", target, &["Range: bytes=10-"])?;
    expect(beyond.status == 416 && beyond.header("content-range") == Some("bytes */10"), "beyond", &beyond)?;
    for header in ["If-Range: \"other\"", "X: y"] {
        let range = if header == "X: y" { "Range: bytes=0-1,3-4" } else { "Range: bytes=0-1" };
        let all = serving.request("GET", target, &[range, header])?;
        expect(all.status == 200 && all.body == whole.body, "all of it", &all)?;
    }
    Ok(())
}

fn methods() -> Result<(), Failed> {
    let serving = Serving::start(&[])?;
    let (head, get) = (serving.request("HEAD", "/osvm.wasm", &[])?, serving.get("/osvm.wasm")?);
    expect(head.status == 200 && head.body.is_empty(), "HEAD", &head)?;
    expect(head.header("content-length") == get.header("content-length"), "with the length of GET", &head.head)?;
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = serving.request(method, "/page/", &[])?;
        expect(reply.status == 405 && reply.header("allow") == Some("GET, HEAD"), method, &reply)?;
    }
    let body = serving.request("POST", "/page/", &["Content-Length: 5"])?;
    expect(body.status == 400, "a body", &body)?;
    expect(serving.send(b"\x16\x03\x01\x00\x00\r\n\r\n")?.status == 400, "TLS", ())?;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(20_000));
    expect(serving.send(long.as_bytes())?.status == 431, "a long request", ())?;
    // Several requests in one connection, the second one sent before the first was answered.
    let two = "GET /page/ HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let replies = serving.send(two.as_bytes())?;
    let second = replies.body.windows(5).position(|five| five == b"HTTP/").ok_or("there is a second reply")?;
    expect(Reply::parse(&replies.body[second..])?.status == 404, "the second reply", &replies)
}

fn rebinding() -> Result<(), Failed> {
    let serving = Serving::start(&[])?;
    let from = |host: &str| serving.send(format!("GET /page/ HTTP/1.1\r\n{host}Connection: close\r\n\r\n").as_bytes());
    for host in [format!("Host: {}\r\n", serving.address), "Host: localhost:1\r\n".into(), "Host: [::1]\r\n".into()] {
        expect(from(&host)?.status == 200, &host, ())?;
    }
    for host in ["Host: example.org\r\n", "Host: localhost.example.org\r\n", ""] {
        let reply = from(host)?;
        expect(reply.status == 421 && !reply.body.starts_with(b"<"), host, &reply)?;
    }
    let open = Serving::start(&["--address", "0.0.0.0"])?;
    expect(open.address.starts_with("0.0.0.0:"), "for everybody", &open.address)?;
    let port = open.address.rsplit(':').next().ok_or("it has a port")?;
    let mut connection = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    connection.write_all(b"GET /page/ HTTP/1.1\r\nHost: my-machine.lan\r\nConnection: close\r\n\r\n")?;
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply)?;
    expect(Reply::parse(&reply)?.status == 200, "by any name", String::from_utf8_lossy(&reply))
}

fn session() -> Result<(), Failed> {
    let read = |serving: &Serving| -> Result<serde_json::Value, Failed> {
        let reply = serving.get("/page/session.json")?;
        expect(reply.header("content-type") == Some("application/json"), "type", &reply.head)?;
        Ok(serde_json::from_slice(&reply.body)?)
    };
    let plain = read(&Serving::start(&[])?)?;
    let nothing = serde_json::json!({ "image": null, "config": null, "plugins": "../plugins/", "files": [] });
    expect(plain == nothing, "nothing was named", &plain)?;

    let serving = Serving::start(&["my image.image", "--dir", "files"])?;
    fs::write(serving.folder.path().join("files/later.txt"), "later")?;
    let session = read(&serving)?;
    let image = serde_json::json!({ "name": "my image.image", "url": "../image/my%20image.image" });
    expect(session["image"] == image, "image", &session)?;
    let files = serde_json::json!([
        { "path": "/a b.txt", "url": "../files/a%20b.txt", "size": 6 },
        { "path": "/later.txt", "url": "../files/later.txt", "size": 5 },
        { "path": "/sub/two.st", "url": "../files/sub/two.st", "size": 3 },
    ]);
    expect(session["files"] == files, "files", &session)?;
    expect(serving.get("/files/a%20b.txt")?.body == b"a text", "a file", ())?;
    // The very bytes of the desktop's plugins; those that are built in are no files.
    for plugin in ["file.wasm", "cp-system.wasm"] {
        let served = serving.get(&format!("/plugins/{plugin}"))?;
        expect(served.body == fs::read(plugins().join(plugin))?, plugin, &served.head)?;
        expect(served.header("content-type") == Some("application/wasm"), plugin, &served.head)?;
    }
    expect(serving.get("/plugins/large-integers.wasm")?.status == 404, "built in", ())?;
    configured()
}

/// A configuration of one's own: its plugins are served, and those that it disables are not.
fn configured() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (config, mine) = (folder.path().join("my.toml"), folder.path().join("mine.wasm"));
    fs::write(&mine, "\0asm")?;
    let text = "[plugins.Mine]\nmodule = 'mine.wasm'\n[plugins.FilePlugin]\nenabled = false\n";
    fs::write(&config, text)?;
    let serving = Serving::start(&["--config", &config.to_string_lossy()])?;
    expect(serving.get("/config/my.toml")?.body == text.as_bytes(), "the configuration", ())?;
    expect(serving.get("/plugins/mine.wasm")?.body == b"\0asm", "its plugin", ())?;
    expect(serving.get("/plugins/file.wasm")?.status == 404, "a plugin that is disabled", ())
}

fn large() -> Result<(), Failed> {
    const SIZE: u64 = 3 << 30;
    let serving = Serving::start(&["my image.image"])?;
    // A file with holes, which takes no room.
    fs::OpenOptions::new().write(true).open(serving.folder.path().join("my image.image"))?.set_len(SIZE)?;
    let head = serving.request("HEAD", "/image/my%20image.image", &[])?;
    expect(head.header("content-length") == Some(&SIZE.to_string()), "its length", &head.head)?;
    let end = serving.request("GET", "/image/my%20image.image", &["Range: bytes=-5", "Accept-Encoding: gzip"])?;
    expect(end.status == 206 && end.body == [0; 5], "its end", &end.head)?;
    // A browser that goes away in the middle is no harm.
    let mut connection = TcpStream::connect(&serving.address)?;
    connection.write_all(b"GET /image/my%20image.image HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    connection.read_exact(&mut [0; 1000])?;
    drop(connection);
    let status = fs::read_to_string(format!("/proc/{}/status", serving.child.id()))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system tells")?;
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse()?;
    expect(kilobytes < 300 << 10, "memory", peak)?;
    expect(serving.get("/page/")?.status == 200, "it goes on", ())
}

fn ends() -> Result<(), Failed> {
    for (signal, status) in [(Signal::INT, 0), (Signal::TERM, 143)] {
        let mut serving = Serving::start(&[])?;
        // A connection that is open does not keep it.
        let _open = TcpStream::connect(&serving.address)?;
        let start = Instant::now();
        kill_process(Pid::from_child(&serving.child), signal)?;
        let ended = serving.child.wait()?;
        expect(ended.code() == Some(status) && start.elapsed() < Duration::from_secs(5), "it ends", ended)?;
        let mut told = String::new();
        serving.child.stderr.take().ok_or("it is piped")?.read_to_string(&mut told)?;
        expect(told.is_empty(), "quietly", told)?;
    }
    Ok(())
}

fn wrong() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let serve = |args: &[&str]| run(folder.path(), &[&["serve"], args].concat(), LIMIT);
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let fails = |args: &[&str], words: &[&str]| {
        let output = serve(args);
        let told = output.stderr_text();
        let right = output.status == Some(2) && output.stdout.is_empty() && words.iter().all(|word| told.contains(word));
        expect(right, &format!("{args:?}"), output)
    };
    fails(&["--web", "nowhere"], &["nowhere: the browser build is not here", "help: ", "cargo xtask web", "OSVM_WEB"])?;
    write_page(folder.path())?;
    fails(&["--web", "web", "--port", &port], &[&format!("127.0.0.1:{port}: the port is in use"), "--port 0"])?;
    fails(&["--web", "web", "--address", "192.0.2.1"], &["192.0.2.1:8521: this machine has no such address", "--address"])?;
    fails(&["--web", "web", "--port", "99999"], &["99999"])?;
    fails(&["--web", "web", "no.image"], &["no.image: "])?;
    fails(&["--web", "web", "."], &["it is of another kind"])?;
    fails(&["--web", "web", "--dir", "nowhere"], &["nowhere: "])?;
    fails(&["--web", "web", "--config", "no.toml"], &["no.toml"])?;
    fs::write(folder.path().join("bad.toml"), "[vm]\nimag = 'x'\n")?;
    fails(&["--web", "web", "--config", "bad.toml"], &["bad.toml", "imag"])?;
    fs::write(folder.path().join("two.toml"), "[plugins.A]\nmodule = 'a/x.wasm'\n[plugins.B]\nmodule = 'b/x.wasm'\n")?;
    fails(&["--web", "web", "--config", "two.toml"], &["B: its file", "has the same name as", "help: rename"])?;
    // The folder can be named by the environment, too.
    let mut child = command(folder.path(), &["serve", "--port", "0"]).env("OSVM_WEB", "web").spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().ok_or("it is piped")?).read_line(&mut line)?;
    child.kill()?;
    let output = finish(child, LIMIT);
    expect(line.starts_with("http://127.0.0.1:"), "OSVM_WEB", (line, output))
}

fn write_page(folder: &Path) -> Result<(), Failed> {
    fs::create_dir_all(folder.join("web/page"))?;
    Ok(fs::write(folder.join("web/page/index.html"), "<!doctype html>")?)
}
