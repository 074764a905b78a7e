//! Replies with a file: the form that a browser takes, versions that it has already, and ranges.

use super::content::{Compressed, Opened, accepts, media_type};
use super::reply::{Body, Reply};
use super::request::Request;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The reply to a request for a file: all of it, a part, or that the browser has it.
pub fn reply(request: &Request, path: &Path, compressed: &Compressed) -> io::Result<Reply> {
    let opened = Opened::open(path)?;
    let (media_type, compressible) = media_type(&path.to_string_lossy());
    let (tag, encoding, body) = choose(request, path, opened, compressible.then_some(compressed))?;
    let reply = |status, body| {
        let reply = Reply::new(status, body).with("Content-Type", media_type).with("ETag", tag.clone());
        let reply = if compressible { reply.with("Vary", "Accept-Encoding") } else { reply };
        if encoding.is_empty() { reply.with("Accept-Ranges", "bytes") } else { reply.with("Content-Encoding", encoding) }
    };
    let named = |header| request.header(header).map(|tags: &str| tags.split(',').any(|known| same(known, &tag)));
    if named("if-none-match") == Some(true) {
        return Ok(reply(304, Body::Bytes(Arc::default())));
    }
    let range = request.header("range").filter(|_| named("if-range") != Some(false));
    match (body, range.and_then(|range| slice(range, encoding))) {
        (Body::File(file, _, size), Some((first, last))) => Ok(match bounds(first, last, size) {
            Some((from, to)) => {
                reply(206, Body::File(file, from, to - from + 1)).with("Content-Range", format!("bytes {from}-{to}/{size}"))
            }
            None => Reply::text(416, "the file is shorter").with("Content-Range", format!("bytes */{size}")),
        }),
        (body, _) => Ok(reply(200, body)),
    }
}

/// The form of a file that the browser takes: its tag, its encoding (empty: as it is), and its bytes.
fn choose(
    request: &Request,
    path: &Path,
    opened: Opened,
    compressed: Option<&Compressed>,
) -> io::Result<(String, &'static str, Body)> {
    let taken = request.header("accept-encoding");
    if let Some(compressed) = compressed {
        for (encoding, ending) in [("br", ".br"), ("gzip", ".gz")] {
            if accepts(taken, encoding)
                && let Some(packed) = made_before(path, ending)
            {
                return Ok((format!("\"{}{ending}\"", packed.version), encoding, Body::File(packed.file, 0, packed.size)));
            }
        }
        if accepts(taken, "gzip")
            && let Some(packed) = compressed.gzip(path, &opened)?
        {
            return Ok((format!("\"{}-gz\"", opened.version), "gzip", Body::Bytes(packed)));
        }
    }
    Ok((format!("\"{}\"", opened.version), "", Body::File(opened.file, 0, opened.size)))
}

/// The compressed file beside a file, if it is not older.
fn made_before(path: &Path, ending: &str) -> Option<Opened> {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    let changed = |path: &Path| path.metadata().ok()?.modified().ok();
    let packed = Path::new(&name);
    (changed(packed)? >= changed(path)?).then(|| Opened::open(packed).ok()).flatten()
}

/// Compares a tag as `if-none-match` does: a weak one is as good.
fn same(known: &str, tag: &str) -> bool {
    let known = known.trim();
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}

/// The first and last byte of a header `range` with a single range; `None` leaves it out of account, as is allowed for all others.
fn slice(range: &str, encoding: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = range.strip_prefix("bytes=").filter(|_| encoding.is_empty())?.split_once('-')?;
    let number = |digits: &str| if digits.is_empty() { Some(None) } else { digits.trim().parse().ok().map(Some) };
    let (first, last) = (number(first)?, number(last)?);
    let backwards = first.zip(last).is_some_and(|(first, last)| last < first);
    (first.or(last).is_some() && !backwards).then_some((first, last))
}

/// The bytes of a file of this size that such a range means, both included; `None`: there are none.
fn bounds(first: Option<u64>, last: Option<u64>, size: u64) -> Option<(u64, u64)> {
    let end = size.checked_sub(1)?;
    match (first, last) {
        (Some(first), last) => (first <= end).then(|| (first, last.map_or(end, |last| last.min(end)))),
        (None, Some(0)) | (None, None) => None,
        (None, Some(count)) => Some((size.saturating_sub(count), end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let found = |range: &str, size| slice(range, "").map(|(first, last)| bounds(first, last, size));
        for (range, size, expected) in [
            ("bytes=0-0", 10, Some(Some((0, 0)))),
            ("bytes=2-", 10, Some(Some((2, 9)))),
            ("bytes=2-99", 10, Some(Some((2, 9)))),
            ("bytes=-3", 10, Some(Some((7, 9)))),
            ("bytes=-30", 10, Some(Some((0, 9)))),
            ("bytes=10-", 10, Some(None)),
            ("bytes=-0", 10, Some(None)),
            ("bytes=0-", 0, Some(None)),
            ("bytes=3-2", 10, None),
            ("bytes=-", 10, None),
            ("bytes=0-1,3-4", 10, None),
            ("lines=0-1", 10, None),
        ] {
            assert_eq!(found(range, size), expected, "{range}");
        }
        assert_eq!(slice("bytes=0-1", "gzip"), None);
    }
}
