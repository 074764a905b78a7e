// Types of `files.mjs`.

/** Bits that say how a file is opened. */
export const OPEN: Readonly<{ READ: 1; WRITE: 2; CREATE: 4; CREATE_NEW: 8; TRUNCATE: 16; APPEND: 32 }>;
/** Kinds of entries. */
export const KIND: Readonly<{ FILE: 1; DIRECTORY: 2; LINK: 3; OTHER: 4 }>;
/** Numbers of failures, those of Linux, by the names of POSIX. */
export const ERRNO: Readonly<Record<string, number>>;

/** How an operation on files fails. */
export class FileError extends Error {
  constructor(code: string, path?: string);
  readonly code: string;
  readonly errno: number;
  readonly path?: string;
  /** The number of any failure: EIO for one that has none. */
  static number(error: unknown): number;
}

/** What is known of an entry. Times are whole seconds since 1970, UTC; -1 if unknown. `mode` has the type bits too. */
export interface Stat {
  kind: 1 | 2 | 3 | 4;
  mode: number;
  inode: number;
  device: number;
  links: number;
  user: number;
  group: number;
  size: number;
  accessed: number;
  modified: number;
  changed: number;
  created: number;
}

/**
 * A synchronous file system for the VM. Operations with a root take a path relative to it, and neither `..` nor a symbolic link leads
 * out of the root (EXDEV). All others take absolute paths.
 */
export abstract class FileSystem {
  /** The directory from which relative paths of the image start. */
  currentDirectory: string;

  exists(path: string): boolean;
  readFile(path: string): Uint8Array;
  /** Replaces a file as a whole, or makes it. */
  writeFile(path: string, bytes: Uint8Array): void;
  /** Makes a directory and those on the way to it. */
  makeDirectories(path: string): void;
  /** Brings a file of the page in; answers its path. */
  import(file: Blob & { name?: string }, path?: string): Promise<string>;
  /** A file that the page can offer for download. */
  export(path: string): Blob;
  /** Waits until all that was written is kept. */
  flush(): Promise<void>;
  /** Flushes, and lets go of what is behind these files. */
  shut(): Promise<void>;
  resolve(root: string, path: string, follow?: boolean): string;
  absolute(path: string): string;

  linkAt(path: string): string | undefined;
  open(root: string, path: string, flags: number): number;
  close(file: number): void;
  read(file: number, into: Uint8Array, position: number): number;
  write(file: number, bytes: Uint8Array, position: number): number;
  size(file: number): number;
  setSize(file: number, size: number): void;
  sync(file: number): void;
  stat(root: string, path: string, follow: boolean): Stat;
  list(root: string, path: string): string[];
  remove(root: string, path: string): void;
  rename(fromRoot: string, from: string, toRoot: string, to: string): void;
  makeDirectory(root: string, path: string): void;
  removeDirectory(root: string, path: string): void;
  setMode(root: string, path: string, mode: number): void;
  setOwner(root: string, path: string, user: number, group: number): void;
  setTimes(root: string, path: string, accessed: number, modified: number): void;
  readLink(root: string, path: string): string;
  makeLink(target: string, root: string, path: string): void;
}

/** An entry as a store keeps it: accessed, modified, changed and created in milliseconds since 1970. The first of all is the root. */
export interface StoreRecord {
  id: number;
  kind: 1 | 2 | 3;
  mode: number;
  version: number;
  times: [number, number, number, number];
  children?: [string, number][];
  size?: number;
  target?: string;
}

/** Where files in memory are kept. */
export interface Store {
  /** True if batches are kept. */
  readonly keeps: boolean;
  /** Why they are not, for the person in front of it. */
  readonly whyNot?: string;
  /** What was kept last. */
  load(): Promise<{ records: StoreRecord[]; contents: Map<number, Uint8Array> }>;
  /** Keeps these entries from now on, all or none, with the contents that are new. */
  commit(records: StoreRecord[], contents: Map<number, Uint8Array>): Promise<void>;
  /** Lets another page have it. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** What happens while another page has the store: files in memory that begin with what it has, waiting for it, or a failure. */
  ifTaken?: 'memory' | 'wait' | 'fail';
}

export interface MemoryOptions {
  /** Bytes that all files may take: 1 GiB if absent. What is more fails with ENOSPC. */
  capacity?: number;
  /**
   * Is told when writing behind fails while nobody waits for it: a `flush` fails itself. What could not be kept is tried again with the next
   * change or `flush`, and after some seconds; the same failure is told once.
   */
  onError?(error: Error): void;
}

export interface FolderOptions {
  /** Bytes that are read at most: 256 MiB if absent. */
  limit?: number;
  /** Changes are allowed, and written back: true if absent. */
  write?: boolean;
  onProgress?(done: number, total: number, path: string): void;
}

/** Files in memory, kept behind by a store. */
export class MemoryFiles extends FileSystem {
  constructor(options?: MemoryOptions);
  static load(store: Store, options?: MemoryOptions): Promise<MemoryFiles>;
  readonly keeps: boolean;
  readonly whyNot: string | undefined;
  readonly used: number;
  /** Shows a folder that the person opened, at a path where there is nothing yet; answers the path. */
  openFolder(handle: FileSystemDirectoryHandle, path?: string, options?: FolderOptions): Promise<string>;
  /** Writes back what was changed, and takes the folder away from its path. */
  closeFolder(path: string): Promise<void>;
}

/** Files that stay in the browser under a name. */
export function openFiles(name: string, options?: StoreOptions & MemoryOptions): Promise<MemoryFiles>;
/** The store of this name, in the best place that the browser has. */
export function openStore(name: string, options?: StoreOptions): Promise<Store>;

/** The imports of the VM's module `osvm_files`. */
export function fileImports(vm: { readonly memory: WebAssembly.Memory }, files: FileSystem): Record<string, Function>;
