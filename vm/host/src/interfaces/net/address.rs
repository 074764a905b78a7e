//! Where a connection leads, and whether it was granted.

use super::socket::HAS_TLS;
use crate::config::Names;
use http::Uri;
use osvm_plugin_sdk::abi::PrimitiveError;

/// A URL that can be connected to.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) uri: Uri,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    pub(super) fn of(url: &str) -> Result<Address, PrimitiveError> {
        let uri: Uri = url.parse().map_err(|_| PrimitiveError::BadArgument)?;
        let scheme = uri.scheme_str().map(str::to_ascii_lowercase);
        let usual = match scheme.as_deref() {
            Some("ws") => 80,
            Some("wss") if HAS_TLS => 443,
            Some("wss") => {
                tracing::warn!(
                    url,
                    "connections with TLS are not supported: use a `ws:` address, through a proxy if it must be encrypted"
                );
                return Err(PrimitiveError::Unsupported);
            }
            _ => return Err(PrimitiveError::BadArgument),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(PrimitiveError::BadArgument)?.to_string();
        let port = uri.port_u16().unwrap_or(usual);
        Ok(Address { uri, host, port })
    }

    /// True if a list of hosts has this one, with this port or with none.
    pub(super) fn is_granted(&self, granted: &Names) -> bool {
        let is_it = |name: &String| {
            let with_port = name.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
            match with_port.and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?))) {
                Some((name, granted)) => granted == self.port && name.eq_ignore_ascii_case(&self.host),
                None => name.eq_ignore_ascii_case(&self.host),
            }
        };
        match granted {
            Names::All => true,
            Names::Only(names) => names.iter().any(is_it),
        }
    }

    /// The URL put together from its parts, so that whoever reads it again finds the host that was granted.
    #[cfg(any(test, target_family = "wasm"))]
    pub(super) fn url(&self) -> String {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let scheme = self.uri.scheme_str().unwrap_or("ws").to_ascii_lowercase();
        format!("{scheme}://{}:{}{path}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_granted_by_name_and_port() {
        let granted = Names::Only(vec!["localhost:8080".into(), "Example.org".into(), "[::1]:9".into()]);
        for (url, expected) in [
            ("ws://localhost:8080/x", true),
            ("ws://localhost/", false),
            ("ws://localhost:8081/", false),
            ("ws://example.org/", true),
            ("ws://example.org:1234/", true),
            ("ws://example.org.evil/", false),
            ("ws://[::1]:9/", true),
            ("ws://[::1]:10/", false),
            ("ws://localhost:8080@evil/", false),
        ] {
            assert_eq!(Address::of(url).unwrap().is_granted(&granted), expected, "{url}");
        }
        let anything = Address::of("ws://anything:1").unwrap();
        assert!(anything.is_granted(&Names::All));
        assert!(!anything.is_granted(&Names::default()));
        assert_eq!(Address::of("wss://localhost/").unwrap_err(), PrimitiveError::Unsupported);
        for url in ["http://localhost/", "localhost", "ws:///x", "", "ws://a b/", "ws://granted\\@evil/"] {
            assert_eq!(Address::of(url).unwrap_err(), PrimitiveError::BadArgument, "{url}");
        }
    }

    #[test]
    fn a_url_is_put_together_from_what_was_granted() {
        for (url, expected) in [
            ("ws://localhost", "ws://localhost:80/"),
            ("ws://user:password@[::1]:9/a?b", "ws://[::1]:9/a?b"),
            ("WS://Example.org:8080/x%20y?#z", "ws://Example.org:8080/x%20y?"),
        ] {
            assert_eq!(Address::of(url).unwrap().url(), expected);
        }
    }
}
