//! Directories that the image walks through.

use crate::attributes::Attributes;
use crate::failure;
use osvm_plugin_sdk::interfaces::Listing;
use osvm_plugin_sdk::{Context, Object, PrimitiveError, Resource};

/// A directory that is open.
pub(crate) struct Directory {
    path: Vec<u8>,
    /// None if it could not be opened again.
    listing: Option<Listing>,
}

impl Resource for Directory {}

impl Directory {
    pub(crate) fn open(cx: &Context, path: &[u8]) -> Result<Directory, PrimitiveError> {
        let path = if path.is_empty() { b"." } else { path };
        let listing = cx.files().list(path).map_err(|_| failure::CANT_OPEN_DIR)?;
        Ok(Directory { path: path.to_vec(), listing: Some(listing) })
    }

    /// The next entry: its name, and its attributes or nil.
    pub(crate) fn next(&mut self, cx: &Context) -> Result<Option<(Vec<u8>, Object)>, PrimitiveError> {
        let listing = self.listing.ok_or(failure::CANT_READ_DIR)?;
        let Some(name) = cx.files().next_name(listing).map_err(|_| failure::CANT_READ_DIR)? else { return Ok(None) };
        let path = [self.path.as_slice(), b"/", &name].concat();
        let attributes = match Attributes::of(cx, &path, true) {
            Ok(attributes) => attributes.object(cx)?,
            Err(_) => cx.nil()?,
        };
        Ok(Some((name, attributes)))
    }

    /// Begins again.
    pub(crate) fn rewind(&mut self, cx: &Context) -> Result<(), PrimitiveError> {
        if let Some(listing) = self.listing.take() {
            cx.files().close_list(listing)?;
        }
        self.listing = Some(cx.files().list(&self.path).map_err(|_| failure::CANT_OPEN_DIR)?);
        Ok(())
    }

    pub(crate) fn close(self, cx: &Context) -> Result<(), PrimitiveError> {
        self.listing.map_or(Ok(()), |listing| cx.files().close_list(listing))
    }
}

/// The path to which `target` leads from a link at `link`.
pub(crate) fn beside(link: &[u8], target: &[u8]) -> Vec<u8> {
    let folder = link.iter().rposition(|&byte| byte == b'/').map_or(&[][..], |slash| &link[..=slash]);
    if target.starts_with(b"/") || target == link { target.to_vec() } else { [folder, target].concat() }
}
