//! Paths of URLs: percent-encoding, and the parts that may stand for files.

/// The parts of a URL's path, decoded: `/a/b%20c` is `["a", "b c"]`, and an empty last part says that the path ends in a slash.
///
/// `None` where a part cannot be the name of a file that is served: `..` and all else that begins with a dot, a part that is empty in the
/// middle or that holds a slash, a backslash or a zero, and what is no UTF-8.
pub fn parts(path: &str) -> Option<Vec<String>> {
    let path = path.split(['?', '#']).next()?.strip_prefix('/')?;
    let parts: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
    let (last, folders) = parts.split_last()?;
    let good = |part: &String| !part.starts_with('.') && !part.contains(['/', '\\', '\0']);
    (good(last) && folders.iter().all(|part| !part.is_empty() && good(part))).then_some(parts)
}

fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A name as a part of a URL's path.
pub fn encode(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_decoded() {
        for (path, expected) in [
            ("/", &[""][..]),
            ("/page/", &["page", ""]),
            ("/page/index.html?x=/..#y", &["page", "index.html"]),
            ("/image/my%20%C3%A4.image", &["image", "my ä.image"]),
        ] {
            assert_eq!(parts(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for path in [
            "",
            "x",
            "http://x/",
            "*",
            "/..",
            "/a/../b",
            "/%2e%2e/b",
            "/a/.hidden",
            "/a//b",
            "//a",
            "/a%2Fb",
            "/a%5Cb",
            "/a\\b",
            "/%00",
            "/%ff",
            "/%4",
            "/%zz",
            "/a/.",
            "/%2E",
        ] {
            assert_eq!(parts(path), None, "{path}");
        }
    }

    #[test]
    fn names_come_back() {
        for name in ["my.image", "ä b%2F?#&", "~-_", "日本"] {
            assert_eq!(parts(&format!("/{}", encode(name))), Some(vec![name.to_string()]), "{name}");
        }
    }
}
