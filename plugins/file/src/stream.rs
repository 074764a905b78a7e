//! Open files: one buffer each, for reading or for writing, as C's `FILE` has it; and their primitives.

use crate::FileState;
use osvm_plugin_sdk::classic::{Call, Create, FileId, FileKind, Files, Open, OsError, Outcome, PrimitiveError, Seek, Value};

/// Bytes of a stream's buffer.
const BUFFER: usize = 8 << 10;
/// Paths of this many bytes or more are refused, as in the reference.
pub(crate) const MAX_PATH: usize = 4096;

/// What a stream's buffer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Buffered {
    Nothing,
    /// Bytes read ahead, from `at` on not yet given to the image.
    Input,
    /// Bytes not yet written.
    Output,
}

/// An open file.
pub(crate) struct Stream {
    file: FileId,
    pub(crate) writable: bool,
    /// Standard output, standard error, or standard input from a terminal: one character at a time, no positions.
    pub(crate) interactive: bool,
    /// Standard output or error, which the host buffers.
    host_buffered: bool,
    /// The last read came to the end.
    end_seen: bool,
    /// The last character read from a terminal, which setting the position to 0 brings back.
    last: Option<u8>,
    buffered: Buffered,
    buffer: Vec<u8>,
    at: usize,
}

impl Stream {
    fn new(file: FileId, writable: bool) -> Stream {
        Stream {
            file,
            writable,
            interactive: false,
            host_buffered: false,
            end_seen: false,
            last: None,
            buffered: Buffered::Nothing,
            buffer: Vec::new(),
            at: 0,
        }
    }

    /// Writes out what is pending.
    pub(crate) fn flush(&mut self, files: &mut dyn Files) -> Result<(), OsError> {
        if self.buffered == Buffered::Output {
            self.buffered = Buffered::Nothing;
            let written = files.write(self.file, &self.buffer);
            self.buffer.clear();
            written?;
        }
        if self.host_buffered { files.flush(self.file) } else { Ok(()) }
    }

    /// Empties the buffer, so that the file stands where the image believes it to stand.
    fn settle(&mut self, files: &mut dyn Files) -> Result<(), OsError> {
        if self.buffered == Buffered::Input {
            let unread = self.buffer.len() - self.at;
            self.drop_input();
            if unread > 0 {
                files.seek(self.file, Seek::Current(-(unread as i64)))?;
            }
        }
        self.flush(files)
    }

    fn drop_input(&mut self) {
        if self.buffered == Buffered::Input {
            self.buffered = Buffered::Nothing;
            self.buffer.clear();
            self.at = 0;
        }
    }

    /// Reads until `into` is full or the file ends; from a terminal one byte. Answers how many bytes came.
    pub(crate) fn read(&mut self, files: &mut dyn Files, into: &mut [u8]) -> Result<usize, OsError> {
        if self.buffered == Buffered::Output {
            self.flush(files)?;
        }
        let wanted = if self.interactive { into.len().min(1) } else { into.len() };
        let mut done = 0;
        self.end_seen = false;
        while done < wanted {
            if self.at < self.buffer.len() {
                let n = (wanted - done).min(self.buffer.len() - self.at);
                into[done..done + n].copy_from_slice(&self.buffer[self.at..self.at + n]);
                self.at += n;
                done += n;
            } else if wanted - done >= BUFFER {
                self.drop_input();
                match files.read(self.file, &mut into[done..wanted])? {
                    0 => self.end_seen = true,
                    n => done += n,
                }
            } else {
                self.fill(files)?;
            }
            if self.end_seen {
                break;
            }
        }
        if self.interactive && done > 0 {
            self.last = Some(into[done - 1]);
        }
        Ok(done)
    }

    /// Reads the next bytes into the empty buffer, noting the end.
    fn fill(&mut self, files: &mut dyn Files) -> Result<(), OsError> {
        self.buffered = Buffered::Input;
        self.at = 0;
        self.buffer.resize(BUFFER, 0);
        let read = files.read(self.file, &mut self.buffer);
        let count = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(count);
        self.end_seen = read? == 0;
        Ok(())
    }

    /// Writes all of `bytes`.
    pub(crate) fn write(&mut self, files: &mut dyn Files, bytes: &[u8]) -> Result<(), OsError> {
        if self.buffered == Buffered::Input {
            self.settle(files)?;
        }
        if self.host_buffered {
            return files.write(self.file, bytes);
        }
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush(files)?;
            if bytes.len() >= BUFFER {
                return files.write(self.file, bytes);
            }
        }
        self.buffered = Buffered::Output;
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// True if nothing is left to read. A terminal's end shows only after reading came to it.
    fn is_at_end(&mut self, files: &mut dyn Files) -> Result<bool, OsError> {
        if self.host_buffered {
            return Ok(false);
        }
        if self.interactive || self.end_seen {
            return Ok(self.end_seen && self.at >= self.buffer.len());
        }
        if self.buffered == Buffered::Output {
            self.flush(files)?;
        }
        if self.at < self.buffer.len() {
            return Ok(false);
        }
        // What cannot be read never ends.
        let _ = self.fill(files);
        Ok(self.end_seen)
    }

    fn position(&mut self, files: &mut dyn Files) -> Result<u64, OsError> {
        if self.interactive && !self.writable {
            return Ok(u64::from(self.last.is_some()));
        }
        let at = files.seek(self.file, Seek::Current(0))?;
        Ok(match self.buffered {
            Buffered::Nothing => at,
            Buffered::Input => at - (self.buffer.len() - self.at) as u64,
            Buffered::Output => at + self.buffer.len() as u64,
        })
    }

    fn set_position(&mut self, files: &mut dyn Files, position: u64) -> Result<(), PrimitiveError> {
        if self.interactive {
            // One character can be put back on a terminal, and that is all.
            return match (self.last, position) {
                (Some(_), 1) if !self.writable => Ok(()),
                (Some(byte), 0) if !self.writable => {
                    self.last = None;
                    if self.at > 0 {
                        self.at -= 1;
                    } else {
                        self.buffered = Buffered::Input;
                        self.buffer.insert(0, byte);
                    }
                    Ok(())
                }
                _ => Err(PrimitiveError::Failed),
            };
        }
        self.flush(files)?;
        self.drop_input();
        self.end_seen = false;
        // The reference does not tell when a pipe refuses this.
        let _ = files.seek(self.file, Seek::Start(position));
        Ok(())
    }

    fn size(&mut self, files: &mut dyn Files) -> Result<u64, PrimitiveError> {
        if self.interactive {
            return Err(PrimitiveError::Failed);
        }
        self.flush(files)?;
        let at = files.seek(self.file, Seek::Current(0))?;
        let size = files.seek(self.file, Seek::End(0))?;
        files.seek(self.file, Seek::Start(at))?;
        Ok(size)
    }
}

/// A path that is short enough.
pub(crate) fn path<'a>(call: &'a Call<'_>, index: usize) -> Result<&'a [u8], PrimitiveError> {
    let path = call.bytes(index)?;
    if path.len() < MAX_PATH { Ok(path) } else { Err(PrimitiveError::BadArgument) }
}

/// `(path, writable)`: opens a file, making it if it shall be written and is missing; what is in it stays.
pub(crate) fn open(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = path(call, 0)?.to_vec();
    let writable = call.bool(1)?;
    let how = Open { read: true, write: writable, create: if writable { Create::IfMissing } else { Create::Never } };
    let files = state.files(call.world)?;
    let file = open_or_write_only(files, &path, how)?;
    Ok(Value::Resource(state.streams.insert(Stream::new(file, writable))))
}

/// `(path)`: makes a file; `#'inappropriate operation'` if it is there.
pub(crate) fn open_new(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let path = path(call, 0)?.to_vec();
    let files = state.files(call.world)?;
    let file = open_or_write_only(files, &path, Open { read: true, write: true, create: Create::New })
        .map_err(|error| if error == OsError(EEXIST) { PrimitiveError::Inappropriate } else { error.into() })?;
    Ok(Value::Resource(state.streams.insert(Stream::new(file, true))))
}

const EACCES: i32 = 13;
const EBADF: i32 = 9;
const EEXIST: i32 = 17;

/// A file that may be written but not read is opened to be written only.
fn open_or_write_only(files: &mut dyn Files, path: &[u8], how: Open) -> Result<FileId, OsError> {
    match files.open(path, how) {
        Err(OsError(EACCES)) if how.write => files.open(path, Open { read: false, ..how }),
        other => other,
    }
}

/// `(descriptor, writable)`: a file for a descriptor that the process was started with.
pub(crate) fn connect(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let (descriptor, writable) = (call.int(0)?, call.bool(1)?);
    let file = state.files(call.world)?.attach(descriptor, writable)?;
    Ok(Value::Resource(state.streams.insert(Stream::new(file, writable))))
}

/// The handles of standard input, output and error; nil for one that does not exist.
pub(crate) fn stdio_handles(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let mut handles = Vec::with_capacity(3);
    for number in 0..3 {
        let found = state.files(call.world)?.stdio(number);
        let handle = match (found, state.stdio[number]) {
            (None, _) => None,
            (Some(_), Some(known)) => Some(known),
            (Some((file, kind)), None) => {
                let mut stream = Stream::new(file, number > 0);
                stream.interactive = number > 0 || kind == FileKind::Terminal;
                stream.host_buffered = number > 0;
                Some(state.streams.insert(stream))
            }
        };
        state.stdio[number] = handle;
        handles.push(handle.map_or(Value::Nil, Value::Resource));
    }
    Ok(Value::Tuple(handles))
}

/// 1 for a terminal, 2 for a pipe, 3 for anything else, -1 for no descriptor.
pub(crate) fn descriptor_type(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let descriptor = call.int(0)?;
    Ok(Value::Int(match state.files(call.world)?.descriptor_kind(descriptor) {
        Ok(FileKind::Terminal) => 1,
        Ok(FileKind::Pipe) => 2,
        Ok(FileKind::File) => 3,
        Err(_) => -1,
    }))
}

/// Closes a file. Its handle is stale from now on also if what was pending could not be written.
pub(crate) fn close(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let number = call.resource(0)?;
    let mut stream = state.streams.remove(number).ok_or(PrimitiveError::Internal)?;
    call.close_resource(number);
    for known in &mut state.stdio {
        if *known == Some(number) {
            *known = None;
        }
    }
    let files = call.world.files()?;
    let flushed = stream.flush(files);
    files.close(stream.file)?;
    flushed?;
    Ok(Value::Receiver)
}

/// True if nothing is left to read.
pub(crate) fn at_end(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let stream = state.stream(call)?;
    Ok(Value::Bool(stream.is_at_end(call.world.files()?)?))
}

/// The length of a file.
pub(crate) fn size(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let stream = state.stream(call)?;
    Ok(Value::Int(stream.size(call.world.files()?)? as i64))
}

/// Where a file stands; of a terminal 1 after a character was read, else 0.
pub(crate) fn position(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let stream = state.stream(call)?;
    Ok(Value::Int(stream.position(call.world.files()?)? as i64))
}

/// `(file, position)`
pub(crate) fn set_position(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let position = call.unsigned(1, PrimitiveError::BadArgument)?;
    let stream = state.stream(call)?;
    stream.set_position(call.world.files()?, position)?;
    Ok(Value::Receiver)
}

/// `(file, length)`
pub(crate) fn truncate(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let length = call.unsigned(1, PrimitiveError::BadArgument)?;
    let stream = state.stream(call)?;
    let files = call.world.files()?;
    stream.settle(files)?;
    files.set_len(stream.file, length)?;
    Ok(Value::Receiver)
}

/// Writes out what is buffered. A file that cannot be written has nothing to flush.
pub(crate) fn flush(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let stream = state.stream(call)?;
    match stream.flush(call.world.files()?) {
        Ok(()) | Err(OsError(EBADF)) => Ok(Value::Receiver),
        Err(error) => Err(error.into()),
    }
}

/// Writes out what is buffered and makes it durable.
pub(crate) fn sync(state: &mut FileState, call: &mut Call<'_>) -> Outcome {
    let stream = state.stream(call)?;
    let files = call.world.files()?;
    stream.flush(files)?;
    files.sync(stream.file)?;
    Ok(Value::Receiver)
}
