//! Open files: one buffer each, for reading or for writing, as C's `FILE` has it. What is larger than the buffer goes straight between file
//! and object.

use osvm_plugin_sdk::interfaces::{File, Seek};
use osvm_plugin_sdk::{Context, Object, PrimitiveError, Resource};

/// Bytes of a stream's buffer.
const BUFFER: usize = 8 << 10;

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
    file: File,
    pub(crate) writable: bool,
    /// The number of the standard stream that it is.
    pub(crate) stdio: Option<usize>,
    /// Standard output, standard error, or standard input from a terminal: one character at a time, no positions.
    interactive: bool,
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

impl Resource for Stream {}

impl Stream {
    /// A file.
    pub(crate) fn new(file: File, writable: bool) -> Stream {
        Stream {
            file,
            writable,
            stdio: None,
            interactive: false,
            host_buffered: false,
            end_seen: false,
            last: None,
            buffered: Buffered::Nothing,
            buffer: Vec::new(),
            at: 0,
        }
    }

    /// Standard input (0), output (1) or error (2).
    pub(crate) fn stdio(file: File, number: usize, terminal: bool) -> Stream {
        let output = number > 0;
        Stream { stdio: Some(number), interactive: output || terminal, host_buffered: output, ..Stream::new(file, output) }
    }

    /// True for standard output and error, from which nothing can be read.
    pub(crate) fn is_output(&self) -> bool {
        self.writable && self.interactive
    }

    /// Writes out what is pending.
    pub(crate) fn flush(&mut self, cx: &Context) -> Result<(), PrimitiveError> {
        if self.buffered == Buffered::Output {
            self.buffered = Buffered::Nothing;
            let written = cx.files().write(self.file, &self.buffer);
            self.buffer.clear();
            written?;
        }
        if self.host_buffered { cx.files().flush(self.file) } else { Ok(()) }
    }

    /// Empties the buffer, so that the file stands where the image believes it to stand.
    fn settle(&mut self, cx: &Context) -> Result<(), PrimitiveError> {
        if self.buffered == Buffered::Input {
            let unread = self.buffer.len() - self.at;
            self.drop_input();
            if unread > 0 {
                cx.files().seek(self.file, Seek::Current(-(unread as i64)))?;
            }
        }
        self.flush(cx)
    }

    fn drop_input(&mut self) {
        if self.buffered == Buffered::Input {
            self.buffered = Buffered::Nothing;
            self.buffer.clear();
            self.at = 0;
        }
    }

    /// Reads until `len` bytes are in the object's data from `offset` on, or the file ends; from a terminal one byte. Answers how many came.
    pub(crate) fn read(&mut self, cx: &Context, into: Object, offset: usize, len: usize) -> Result<usize, PrimitiveError> {
        if self.buffered == Buffered::Output {
            self.flush(cx)?;
        }
        let wanted = if self.interactive { len.min(1) } else { len };
        let mut done = 0;
        self.end_seen = false;
        while done < wanted {
            if self.at < self.buffer.len() {
                let n = (wanted - done).min(self.buffer.len() - self.at);
                cx.write(into, offset + done, &self.buffer[self.at..self.at + n])?;
                if self.interactive {
                    self.last = self.buffer.get(self.at).copied();
                }
                self.at += n;
                done += n;
            } else if wanted - done >= BUFFER {
                self.drop_input();
                match cx.files().read_object(self.file, into, offset + done, wanted - done)? {
                    0 => self.end_seen = true,
                    n => done += n,
                }
            } else {
                self.fill(cx)?;
            }
            if self.end_seen {
                break;
            }
        }
        Ok(done)
    }

    /// Reads the next bytes into the empty buffer, noting the end.
    fn fill(&mut self, cx: &Context) -> Result<(), PrimitiveError> {
        self.buffered = Buffered::Input;
        self.at = 0;
        self.buffer.resize(BUFFER, 0);
        let read = cx.files().read(self.file, &mut self.buffer);
        let count = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(count);
        self.end_seen = read? == 0;
        Ok(())
    }

    /// Writes `len` bytes of the object's data from `offset` on.
    pub(crate) fn write(&mut self, cx: &Context, from: Object, offset: usize, len: usize) -> Result<(), PrimitiveError> {
        if self.buffered == Buffered::Input {
            self.settle(cx)?;
        }
        if !self.host_buffered && self.buffer.len() + len > BUFFER {
            self.flush(cx)?;
        }
        if self.host_buffered || len >= BUFFER {
            return cx.files().write_object(self.file, from, offset, len).map(|_| ());
        }
        self.buffered = Buffered::Output;
        let start = self.buffer.len();
        self.buffer.resize(start + len, 0);
        cx.read(from, offset, &mut self.buffer[start..]).map(|_| ())
    }

    /// True if nothing is left to read. A terminal's end shows only after reading came to it.
    pub(crate) fn is_at_end(&mut self, cx: &Context) -> Result<bool, PrimitiveError> {
        if self.host_buffered {
            return Ok(false);
        }
        if self.interactive || self.end_seen {
            return Ok(self.end_seen && self.at >= self.buffer.len());
        }
        if self.buffered == Buffered::Output {
            self.flush(cx)?;
        }
        if self.at < self.buffer.len() {
            return Ok(false);
        }
        // What cannot be read never ends.
        let _ = self.fill(cx);
        Ok(self.end_seen)
    }

    pub(crate) fn position(&mut self, cx: &Context) -> Result<u64, PrimitiveError> {
        if self.interactive && !self.writable {
            return Ok(u64::from(self.last.is_some()));
        }
        let at = cx.files().seek(self.file, Seek::Current(0))?;
        Ok(match self.buffered {
            Buffered::Nothing => at,
            Buffered::Input => at - (self.buffer.len() - self.at) as u64,
            Buffered::Output => at + self.buffer.len() as u64,
        })
    }

    pub(crate) fn set_position(&mut self, cx: &Context, position: u64) -> Result<(), PrimitiveError> {
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
        self.flush(cx)?;
        self.drop_input();
        self.end_seen = false;
        // The reference does not tell when a pipe refuses this.
        let _ = cx.files().seek(self.file, Seek::Start(position));
        Ok(())
    }

    pub(crate) fn size(&mut self, cx: &Context) -> Result<u64, PrimitiveError> {
        if self.interactive {
            return Err(PrimitiveError::Failed);
        }
        self.flush(cx)?;
        let at = cx.files().seek(self.file, Seek::Current(0))?;
        let size = cx.files().seek(self.file, Seek::End(0))?;
        cx.files().seek(self.file, Seek::Start(at))?;
        Ok(size)
    }

    /// Cuts or extends the file, with what is pending written out before.
    pub(crate) fn truncate(&mut self, cx: &Context, length: u64) -> Result<(), PrimitiveError> {
        self.settle(cx)?;
        cx.files().set_len(self.file, length)
    }

    /// Writes out what is pending and makes it durable.
    pub(crate) fn sync(&mut self, cx: &Context) -> Result<(), PrimitiveError> {
        self.flush(cx)?;
        cx.files().sync(self.file)
    }

    /// Writes out what is pending and closes the file, also if that fails.
    pub(crate) fn close(mut self, cx: &Context) -> Result<(), PrimitiveError> {
        let flushed = self.flush(cx);
        cx.files().close(self.file)?;
        flushed
    }
}
