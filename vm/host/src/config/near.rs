//! Names that somebody may have meant.

/// The name that is most like `name`, if one is much like it.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&name, &other.to_lowercase());
    let close = |found: &(usize, &str)| found.0 <= 1 + name.chars().count().max(found.1.chars().count()) / 4;
    names.map(|other| (distance(other), other)).filter(close).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_much_like_it_is_found() {
        let find = |name| nearest(name, ["module", "native", "max-heap", "FilePlugin", "net"].into_iter());
        for (name, found) in [
            ("modul", Some("module")),
            ("max_heap", Some("max-heap")),
            ("fileplugin", Some("FilePlugin")),
            ("FilePlgin", Some("FilePlugin")),
            ("network", None),
            ("", None),
        ] {
            assert_eq!(find(name), found, "{name}");
        }
    }
}
