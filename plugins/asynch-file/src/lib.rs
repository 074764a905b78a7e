//! AsynchFilePlugin: files that are read and written in the background; an external semaphore says when something was done.
//!
//! The primitives and what they answer are those of the OpenSmalltalk VM's plugin: a number of bytes, or -1 while it is not done, or -2 if
//! it failed. Indices in buffers count from 1, in elements; positions in files are bytes from 0, or negative for where the last
//! transfer in that direction ended.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::interfaces::{File, Job, Open};
use osvm_plugin_sdk::prelude::*;

/// What a result is while the transfer runs.
const BUSY: i64 = -1;
/// What a result is when it failed.
const ERROR: i64 = -2;

/// A file with at most one transfer in each direction.
struct AsyncFile {
    file: File,
    semaphore: Option<u32>,
    reading: Transfer,
    writing: Transfer,
}

impl Resource for AsyncFile {}

/// A transfer in one direction.
#[derive(Default)]
struct Transfer {
    job: Option<Job>,
    /// Where it began, and in the end where it ended.
    position: u64,
    count: usize,
}

/// The plugin.
#[plugin(name = "AsynchFilePlugin", imports(files))]
mod asynch_file_plugin {
    use super::*;

    /// Opens a file, to be written too if it is said so; then it is made if it is missing. The semaphore (0: none) is signalled at the
    /// end of every transfer.
    #[primitive]
    fn primitive_async_file_open(
        cx: &Context,
        path: &[u8],
        writable: bool,
        semaphore: i64,
    ) -> Result<New<AsyncFile>, PrimitiveError> {
        let semaphore = u32::try_from(semaphore).map_err(|_| PrimitiveError::BadArgument)?;
        let how = if writable { Open::READ | Open::WRITE | Open::CREATE } else { Open::READ };
        let file = cx.files().open(path, how)?;
        let semaphore = (semaphore != 0).then_some(semaphore);
        Ok(New(AsyncFile { file, semaphore, reading: Transfer::default(), writing: Transfer::default() }))
    }

    #[primitive]
    fn primitive_async_file_close(cx: &Context, file: Closing<AsyncFile>) -> Result<(), PrimitiveError> {
        cx.files().close(file.file)
    }

    /// Begins to read `count` bytes.
    #[primitive]
    fn primitive_async_file_read_start(
        cx: &Context,
        file: &mut AsyncFile,
        position: i64,
        count: i64,
    ) -> Result<(), PrimitiveError> {
        let count = usize::try_from(count).map_err(|_| PrimitiveError::BadArgument)?;
        let position = file.reading.begin(cx, position, count)?;
        file.reading.job = Some(cx.files().start_read(file.file, position, count, file.semaphore)?);
        Ok(())
    }

    /// Puts what was read into elements `start` to `start + count - 1`; answers how many bytes they are.
    #[primitive]
    fn primitive_async_file_read_result(
        cx: &Context,
        file: &mut AsyncFile,
        into: Object,
        start: i64,
        count: i64,
    ) -> Result<i64, PrimitiveError> {
        let (offset, len) = range(cx, into, start, count)?;
        let mut bytes = vec![0; len];
        let result = file.reading.result(cx, &mut bytes);
        if let Ok(read) = usize::try_from(result) {
            cx.write(into, offset, &bytes[..read.min(len)])?;
            // A file that has no more is an error, as in the reference.
            return Ok(if read == 0 && len > 0 { ERROR } else { read.min(len) as i64 });
        }
        Ok(result)
    }

    /// Begins to write elements `start` to `start + count - 1`.
    #[primitive]
    fn primitive_async_file_write_start(
        cx: &Context,
        file: &mut AsyncFile,
        position: i64,
        from: Object,
        start: i64,
        count: i64,
    ) -> Result<(), PrimitiveError> {
        let (offset, len) = range(cx, from, start, count)?;
        let mut bytes = vec![0; len];
        cx.read(from, offset, &mut bytes)?;
        let position = file.writing.begin(cx, position, len)?;
        file.writing.job = Some(cx.files().start_write(file.file, position, &bytes, file.semaphore)?);
        Ok(())
    }

    /// How many bytes were written.
    #[primitive]
    fn primitive_async_file_write_result(cx: &Context, file: &mut AsyncFile) -> i64 {
        file.writing.result(cx, &mut [])
    }
}

impl Transfer {
    /// The position at which a new transfer begins. One that runs still must end first; the result of one that nobody asked for is dropped.
    fn begin(&mut self, cx: &Context, position: i64, count: usize) -> Result<u64, PrimitiveError> {
        if self.job.is_some() && self.result(cx, &mut []) == BUSY {
            return Err(PrimitiveError::Inappropriate);
        }
        self.position = u64::try_from(position).unwrap_or(self.position);
        self.count = count;
        Ok(self.position)
    }

    /// What the transfer did, once.
    fn result(&mut self, cx: &Context, into: &mut [u8]) -> i64 {
        let Some(job) = self.job else { return BUSY };
        match cx.files().job_result(job, into) {
            Err(PrimitiveError::Inappropriate) => BUSY,
            Ok(count) => {
                self.job = None;
                self.position += count as u64;
                count as i64
            }
            Err(_) => {
                self.job = None;
                ERROR
            }
        }
    }
}

/// The bytes of elements `start` to `start + count - 1` of an object of bytes or of 32-bit units.
fn range(cx: &Context, object: Object, start: i64, count: i64) -> Result<(usize, usize), PrimitiveError> {
    let unit = match cx.shape(object)? {
        Shape::Bytes | Shape::LargeInteger { .. } => 1,
        Shape::Units(4) => 4,
        _ => return Err(PrimitiveError::BadArgument),
    };
    let elements = cx.byte_size(object)? / unit;
    let (start, count) = (usize::try_from(start), usize::try_from(count));
    let (Ok(start), Ok(count)) = (start, count) else { return Err(PrimitiveError::BadIndex) };
    match start.checked_sub(1) {
        Some(before) if before <= elements && count <= elements - before => Ok((before * unit, count * unit)),
        _ => Err(PrimitiveError::BadIndex),
    }
}
