//! What a host offers to plugins: every function of every interface, written once.
//!
//! The table is the macro [`for_each_interface`](crate::for_each_interface), which hands all rows to another macro: here they
//! become numbers and data, in the SDK the functions that plugins call; the host reads the data.
//!
//! A wasm plugin imports `open` of the interface `files`, major version 1, as the function `open` of the module `osvm:files/1`. A
//! native plugin calls [`HostCall`](crate::native::HostCall) with [`op::files::open`]. Parameters cross as [`Kind`] says; the answer is an
//! i64 as [`encode`](crate::encode) makes it.

use crate::{Version, WasmType};

/// How a parameter of a function of an interface crosses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An i32, in a slot extended with zeros; handles, flags, numbers of files.
    I32,
    /// An i64.
    I64,
    /// A double.
    F64,
    /// The address of bytes that the host reads; the next parameter is their length. In wasm an i32.
    Read,
    /// The address of bytes that the host writes; the next parameter is the room. In wasm an i32.
    Write,
    /// A length in bytes. In wasm an i32.
    Len,
}

impl Kind {
    /// The type of the wasm import's parameter.
    pub fn wasm_type(self) -> WasmType {
        match self {
            Kind::I64 => WasmType::I64,
            Kind::F64 => WasmType::F64,
            Kind::I32 | Kind::Read | Kind::Write | Kind::Len => WasmType::I32,
        }
    }
}

/// An interface.
#[derive(Debug)]
pub struct Interface {
    /// Its name, as `vm.toml` grants it.
    pub name: &'static str,
    /// The version that is described here.
    pub version: Version,
    /// The name of the wasm module from which its functions are imported: `osvm:`, its name, `/`, and its major version.
    pub wasm_module: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its functions.
    pub functions: &'static [HostFunction],
}

/// A function of an interface.
#[derive(Debug)]
pub struct HostFunction {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub op: u32,
    /// Names and kinds of its parameters.
    pub parameters: &'static [(&'static str, Kind)],
    /// What it does.
    pub doc: &'static str,
}

impl Interface {
    /// The interface of this name.
    pub fn named(name: &str) -> Option<&'static Interface> {
        INTERFACES.iter().find(|i| i.name == name)
    }

    /// The function of this name.
    pub fn function(&self, name: &str) -> Option<&'static HostFunction> {
        self.functions.iter().find(|f| f.name == name)
    }
}

/// The interface and the function of a number.
pub fn function(op: u32) -> Option<(&'static Interface, &'static HostFunction)> {
    let interface = INTERFACES.get((op >> 8) as usize)?;
    Some((interface, interface.functions.get((op & 0xFF) as usize)?))
}

/// Calls another macro with all interfaces: `name major minor "wasm module" "doc" { function(parameter: Kind, ...) "doc"; ... }`.
///
/// New functions go to the end of their interface and raise its minor version; new interfaces go to the end.
#[macro_export]
macro_rules! for_each_interface {
    ($macro:ident) => {
        $macro! {
            objects 1 0 "osvm:objects/1" "The objects of the image: those of the call, what they refer to, and new ones. Every plugin has it. \
                An object is a handle, good for the call in which the plugin got it; 0 is the receiver, where a signature does not name it too." {
                shape(object: I32) "Its kind (0 nil, 1 boolean, 2 SmallInteger, 3 large integer, 4 float, 5 character, 6 fields, 7 bytes, \
                    8 units of more than a byte, 9 compiled code) plus 256 times: 1 for true, 1 for a negative large integer, the code \
                    point, the bytes of a unit.";
                size(object: I32) "How many indexable elements it has, as `size` in Smalltalk; 0 for what has none.";
                byte_size(object: I32) "How many bytes of data it has, if it is bytes, units, a large integer or a boxed float; else 0.";
                read(object: I32, offset: I64, into: Write, len: Len) "Copies data from a byte offset on, as much as there is and fits; answers how much.";
                write(object: I32, offset: I64, from: Read, len: Len) "Copies all `len` bytes to a byte offset; `bad index` if they do not fit.";
                int(object: I32, into: Write, len: Len) "Stores the 8 bytes of an Integer that fits in 64 bits; else `bad argument`.";
                float(object: I32, into: Write, len: Len) "Stores the 8 bytes of a Float or of such an Integer; else `bad argument`.";
                text(object: I32, into: Write, len: Len) "Stores a String as UTF-8, as much as fits; answers how many bytes it has.";
                class_name(object: I32, into: Write, len: Len) "Stores the name of its class, as much as fits; answers how many bytes it has.";
                class_of(object: I32) "Its class.";
                class_named(name: Read, len: Len) "The class of this name, from the VM's class table; `not found` if none has it.";
                same(object: I32, other: I32) "1 if they are the same object.";
                fetch(object: I32, index: I32) "The object in slot `index` (from 0, named fields first) of an object of fields.";
                store(object: I32, index: I32, value: I32) "Stores into slot `index`.";
                constant(which: I32) "nil (0), false (1), true (2).";
                new_int(value: I64) "An Integer.";
                new_float(value: F64) "A Float.";
                new_char(value: I32) "A Character.";
                new_large_integer(negative: I32, magnitude: Read, len: Len) "A large integer of just these bytes, least significant first, not normalised.";
                new_bytes(bytes: Read, len: Len) "A ByteArray.";
                new_string(bytes: Read, len: Len) "A String of just these bytes.";
                new_text(utf8: Read, len: Len) "A String of this text, wide if it must be.";
                new_array(handles: Read, len: Len) "An Array of the objects whose handles these are, 4 bytes each.";
                new_instance(class: I32, size: I64) "An instance of a class with `size` indexable elements, all nil or zero.";
                close_resource(number: I32) "Makes the handles of one of the plugin's resources dead.";
                hold(object: I32) "Keeps an object alive until it is released or the plugin's instance ends; answers its number.";
                held(number: I32) "The object of a number, in any call.";
                release(number: I32) "Lets a held object go.";
            }
            files 1 0 "osvm:files/1" "Files and directories that were granted, and standard streams. Paths are bytes, absolute or from the current directory. \
                Failures carry the system's number." {
                open(path: Read, len: Len, flags: I32) "Opens: 1 to read, 2 to write, 4 makes it if it is missing, 8 makes it and fails if it is there, 16 empties it, 32 appends. Answers a file.";
                close(file: I32) "Closes; the file is gone also if that fails.";
                read(file: I32, into: Write, len: Len) "Reads at most `len` bytes; 0 at the end.";
                write(file: I32, from: Read, len: Len) "Writes all of it.";
                read_object(file: I32, object: I32, offset: I64, count: I64) "Reads into the data of an object, from a byte offset on; answers how many bytes came.";
                write_object(file: I32, object: I32, offset: I64, count: I64) "Writes bytes of an object's data.";
                seek(file: I32, whence: I32, offset: I64) "Moves, from the start (0), from here (1), from the end (2); answers the position.";
                set_len(file: I32, len: I64) "Cuts or extends.";
                flush(file: I32) "Writes out what the host buffers.";
                sync(file: I32) "Makes what was written durable.";
                stdio(number: I32) "Standard input (0), output (1), error (2): its file plus 2^32 times its kind (0 none, 1 terminal, 2 pipe, 3 file).";
                descriptor_kind(number: I64) "What the process's descriptor is connected to (kinds as for `stdio`).";
                attach(number: I64, writable: I32) "A file for a descriptor that the process was started with.";
                remove(path: Read, len: Len) "Deletes a file.";
                rename(from: Read, from_len: Len, to: Read, to_len: Len) "Renames a file or directory.";
                create_dir(path: Read, len: Len) "Makes a directory.";
                remove_dir(path: Read, len: Len) "Deletes an empty directory.";
                list(path: Read, len: Len) "Begins to list a directory; answers a listing.";
                next_name(listing: I32, into: Write, len: Len) "Stores the next name (never `.` or `..`); answers its bytes, 0 at the end. `bad index` and not lost if it does not fit.";
                close_list(listing: I32) "Ends a listing.";
                metadata(path: Read, len: Len, follow: I32, into: Write, into_len: Len) "Stores 13 numbers of 8 bytes: mode with type bits, inode, device, links, user, group, size, accessed, modified, changed, \
                    created (seconds since 1970, UTC; -1 if unknown), whether the host grants writing there, kind (1 file, 2 directory, 3 symbolic link, 4 other).";
                set_mode(path: Read, len: Len, mode: I32) "Sets the permission bits.";
                set_owner(path: Read, len: Len, user: I32, group: I32) "Sets owner and group; -1 leaves one as it is.";
                set_times(path: Read, len: Len, accessed: I64, modified: I64) "Sets times, in seconds since 1970, UTC.";
                read_link(path: Read, len: Len, into: Write, into_len: Len) "Stores where a symbolic link leads, as much as fits; answers its bytes.";
                make_link(target: Read, target_len: Len, path: Read, len: Len) "Makes a symbolic link.";
                current_dir(into: Write, len: Len) "Stores the directory that relative paths start from, as much as fits; answers its bytes.";
                start_read(file: I32, offset: I64, count: I64, semaphore: I32) "Reads in the background, then signals an external semaphore (0: none); answers a job.";
                start_write(file: I32, offset: I64, from: Read, len: Len, semaphore: I32) "Writes in the background.";
                job_result(job: I32, into: Write, len: Len) "What a job did: stores what it read, as much as fits, answers the bytes it read or wrote, and forgets it. `inappropriate operation` while it runs.";
            }
            clock 1 0 "osvm:clock/1" "Time." {
                utc_micros() "Microseconds since 1970, UTC.";
                local_offset(seconds: I64) "Seconds that local time is ahead of UTC at a time (seconds since 1970, UTC), plus 86400.";
                monotonic_micros() "Microseconds since some moment; never goes back.";
                zone_name(into: Write, len: Len) "Stores the name of the time zone, such as `Europe/Berlin`, as much as fits; answers its bytes.";
            }
            random 1 0 "osvm:random/1" "Numbers that cannot be guessed." {
                fill(into: Write, len: Len) "Fills with random bytes.";
            }
            log 1 0 "osvm:log/1" "The log of the VM." {
                write(level: I32, text: Read, len: Len) "A line: error (0), warning (1), information (2), debugging (3), tracing (4). What is too much is dropped, which is said once.";
            }
            console 1 0 "osvm:console/1" "The person who runs the VM." {
                print(stream: I32, text: Read, len: Len) "Prints text and a line feed on standard output (1) or error (2).";
            }
            semaphores 1 0 "osvm:semaphores/1" "External semaphores of the image." {
                signal(index: I32) "Signals the semaphore of this index (from 1).";
            }
            timers 1 0 "osvm:timers/1" "Calls of the hook `timer` later, between two primitives." {
                start(micros: I64, token: I64, repeat: I32) "Starts a timer, which runs out once or again and again; answers its number.";
                cancel(timer: I32) "Stops a timer.";
            }
            environment 1 0 "osvm:environment/1" "The environment variables that were granted." {
                get(name: Read, len: Len, into: Write, into_len: Len) "Stores the value, as much as fits; answers its bytes; `not found` if it is not set or not granted.";
                list(into: Write, len: Len) "Stores the names that are set and granted, each with a zero byte at its end, as much as fits; answers their bytes.";
            }
            security 1 0 "osvm:security/1" "What the image may still do; it can only give up." {
                allowed(right: I32) "1 if it may: files anywhere granted (0), write the image (1), sockets (2), environment (3).";
                give_up(right: I32) "Gives a right up for the rest of the session.";
                directory(which: I32, into: Write, len: Len) "Stores the secure (0) or the untrusted (1) user directory, as much as fits; answers its bytes.";
            }
            settings 1 0 "osvm:settings/1" "The plugin's own settings from `vm.toml`." {
                get(key: Read, len: Len, into: Write, into_len: Len) "Stores the value as text, as much as fits; answers its bytes; `not found` if it is not set.";
            }
            net 1 0 "osvm:net/1" "Connections to the hosts that were granted." {
                websocket_open(url: Read, len: Len, semaphore: I32) "Connects in the background and answers a socket; the semaphore (0: none) is signalled when its state changes and when a message came.";
                websocket_state(socket: I32) "0 connecting, 1 open, 2 closing, 3 closed, 4 failed.";
                websocket_send(socket: I32, text: I32, from: Read, len: Len) "Sends a message, of text (1) or bytes (0).";
                websocket_receive(socket: I32, into: Write, len: Len) "Stores the oldest message: answers 1 + its bytes, 0 if there is none. `bad index` and not lost if it does not fit; with `len` 0 only its size.";
                websocket_close(socket: I32) "Closes; messages that came before can still be received.";
                websocket_drop(socket: I32) "Forgets it.";
            }
        }
    };
}

macro_rules! tables {
    ($($interface:ident $major:literal $minor:literal $module:literal $doc:literal {
        $($function:ident($($parameter:ident: $kind:ident),*) $what:literal;)*
    })*) => {
        #[expect(non_camel_case_types, reason = "named as what it counts")]
        #[repr(u32)]
        enum Number { $($interface),* }

        /// The number of each function, as native plugins call it: 256 times the interface's place in the table, plus its own in the interface.
        #[expect(non_upper_case_globals, reason = "named as the functions are")]
        pub mod op {
            $(
                #[doc = $doc]
                pub mod $interface {
                    #[expect(non_camel_case_types, reason = "named as what it counts")]
                    #[repr(u32)]
                    enum Number { $($function),* }
                    $(
                        #[doc = $what]
                        pub const $function: u32 = (super::super::Number::$interface as u32) << 8 | Number::$function as u32;
                    )*
                }
            )*
        }

        /// All interfaces.
        pub const INTERFACES: &[Interface] = &[$(Interface {
            name: stringify!($interface),
            version: Version::new($major, $minor),
            wasm_module: $module,
            doc: $doc,
            functions: &[$(HostFunction {
                name: stringify!($function),
                op: op::$interface::$function,
                parameters: &[$((stringify!($parameter), Kind::$kind)),*],
                doc: $what,
            }),*],
        }),*];
    };
}

for_each_interface!(tables);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_functions() {
        for interface in INTERFACES {
            assert_eq!(interface.wasm_module, format!("osvm:{}/{}", interface.name, interface.version.major));
            for f in interface.functions {
                let (i, found) = function(f.op).unwrap();
                assert_eq!((i.name, found.name), (interface.name, f.name));
            }
        }
        assert!(function(0xFFFF_FFFF).is_none());
        assert!(function(op::clock::utc_micros + 100).is_none());
    }

    #[test]
    fn data_is_always_an_address_and_a_length() {
        for f in INTERFACES.iter().flat_map(|i| i.functions) {
            let kinds: Vec<Kind> = f.parameters.iter().map(|(_, kind)| *kind).collect();
            for (i, kind) in kinds.iter().enumerate() {
                let data_before = i > 0 && matches!(kinds[i - 1], Kind::Read | Kind::Write);
                assert_eq!(*kind == Kind::Len, data_before, "{}", f.name);
            }
            assert!(kinds.len() <= 6, "{}", f.name);
            assert!(!matches!(kinds.last(), Some(Kind::Read | Kind::Write)), "{}", f.name);
        }
    }
}
