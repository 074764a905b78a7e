//! System attributes: what images ask about the VM and the machine by number. Source of the numbers: `sqUnixMain.c` of the
//! OpenSmalltalk VM.

use std::path::PathBuf;

/// The VM's name and version, for people.
const VERSION: &str = concat!("osvm ", env!("CARGO_PKG_VERSION"));

/// Attribute `number`: 0 the VM's path, 1 the image's, from 2 on the arguments for the image, from 1001 on facts about the
/// machine and the VM, and below 0 options of the VM.
pub fn attribute(number: i64, image: &str, arguments: &[String], vm_options: &[String]) -> Option<String> {
    let fact = match number {
        ..=-1 => return usize::try_from(-(number + 1)).ok().and_then(|i| vm_options.get(i)).cloned(),
        0 => return Some(crate::world::current_exe().unwrap_or_else(|| PathBuf::from("osvm")).to_string_lossy().into_owned()),
        1 => return Some(image.to_string()),
        // Images know three names: `unix`, `Win32` and `Mac OS`.
        1001 => match std::env::consts::OS {
            "windows" => "Win32",
            "macos" => "Mac OS",
            _ => "unix",
        },
        1002 => match std::env::consts::OS {
            "linux" => "linux-gnu",
            other => other,
        },
        1003 => match std::env::consts::ARCH {
            "x86_64" => "x64",
            other => other,
        },
        1004 => return Some(format!("{VERSION} (Spur, 64 bit, interpreter)")),
        // The window system.
        1005 => "null",
        1006 => return Some(format!("{VERSION} {} {}", std::env::consts::ARCH, std::env::consts::OS)),
        1007 => VERSION,
        1009 => concat!("osvm ", env!("CARGO_PKG_VERSION"), " ", env!("CARGO_PKG_REPOSITORY")),
        2..=1000 => return usize::try_from(number - 2).ok().and_then(|i| arguments.get(i)).cloned(),
        _ => return None,
    };
    Some(fact.to_string())
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn arguments_options_and_facts() {
        let (arguments, options) = (["eval".to_string(), "1+3".to_string()], ["--headless".to_string()]);
        let get = |number| attribute(number, "/tmp/x.image", &arguments, &options);
        assert_eq!(get(1).unwrap(), "/tmp/x.image");
        assert_eq!((get(2).unwrap(), get(3).unwrap(), get(4)), ("eval".into(), "1+3".into(), None));
        assert_eq!((get(-1).unwrap(), get(-2), get(i64::MIN)), ("--headless".into(), None, None));
        assert!(["unix", "Win32", "Mac OS"].contains(&get(1001).unwrap().as_str()));
        assert_eq!((get(1000), get(1008), get(i64::MAX)), (None, None, None));
    }
}
