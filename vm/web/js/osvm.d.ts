// Types of `osvm.mjs` and `client.mjs`.

import type { FileSystem, FolderOptions } from './files.d.ts';

/** What a VM is started with. Everything is optional. */
export interface Options {
  /** The image: its bytes, where they are, or the path of a file of `files`. Without it the built-in one runs. */
  image?: Uint8Array | URL | string;
  /** The path of the image for itself, to which it saves itself: `/osvm.image` if absent. */
  imageName?: string;
  /** The arguments that belong to the image: `--no-quit` if absent. */
  args?: string[];
  /** The text of a vm.toml: which plugins there are, and what each may touch. */
  config?: string;
  /** The path of that text, for messages. */
  configName?: string;
  /** Where the plugins' modules are: a folder with all of them, by the names of their files, or a function that gets a path of the configuration. */
  plugins?: URL | ((path: string) => Promise<Uint8Array>);
  /** The VM's own module. */
  wasm?: URL | WebAssembly.Module;
  /** The files that the VM sees: files in memory that nobody keeps, if absent. */
  files?: FileSystem;
  /** The environment variables that the VM sees. */
  environment?: Record<string, string>;
  /** Standard input; what `input` puts in, if absent. */
  stdin?: StandardInput;
  /** What standard output and standard error are connected to (1 terminal, 2 pipe, 3 file): terminals, to which each line goes at once, if absent. */
  outputKinds?: [number, number];
  /** What connects for the interface `net`, where there is no `WebSocket`, as in Node before version 22. */
  WebSocket?: typeof WebSocket;
  /** The most bytes that the image's objects may take: 1 GiB if neither this nor the configuration says so. */
  maxHeap?: number;
  /** What the image writes to standard output and standard error, and what the VM itself has to say. */
  stdout?(bytes: Uint8Array): void;
  stderr?(bytes: Uint8Array): void;
  /** The VM's log. */
  log?(text: string, level: 'error' | 'warning' | 'info'): void;
  /** Is called whenever the VM has nothing to do. */
  onIdle?(): void;
}

/** Where a VM reads standard input from. */
export interface StandardInput {
  /** What it is connected to (1 terminal, 2 pipe, 3 file); a terminal if absent. */
  readonly kind?: number;
  /** Takes as much as is there and fits, 0 at the end. An error with the code `EAGAIN` if nothing is there yet and it cannot wait. */
  read(into: Uint8Array): number;
}

/** What a VM has come to. */
export type State =
  | { state: 'running' }
  /** Nothing to do for so many milliseconds, or until something happens. */
  | { state: 'idle'; until?: number }
  | { state: 'quit'; status: number }
  | { state: 'failed'; message: string };

/** A line of a stack. */
export interface StackLine {
  method: string;
  receiver: string;
  source?: string;
  line?: number;
  column?: number;
}

/** Why an expression has no answer. */
export interface EvaluationError {
  kind: 'syntax' | 'failed' | 'timed out' | 'interrupted' | 'terminated' | 'quit' | 'vm' | 'unsupported';
  message: string;
  /** The exception's class, of `failed`. */
  class?: string;
  /** The exit status, of `quit`. */
  status?: number;
  diagnostics?: { message: string; help: string | null; line: number; column: number }[];
  stack?: StackLine[];
}

/** What an expression has come to: an answer or an error. */
export interface Result {
  expression?: string;
  /** What the answer says to `printString`. */
  answer?: string;
  error?: EvaluationError;
  /** The error for people, with the stack or the place. */
  text?: string;
}

/** A plugin of the configuration. */
export interface Plugin {
  name: string;
  form: 'wasm' | 'native' | 'builtin';
  file: string | null;
  enabled: boolean;
  /** What is granted, an item each. */
  grants: string[];
  state: 'disabled' | 'unloaded' | 'loaded' | 'refused';
  refusal?: string;
  version?: string;
  primitives?: { name: string; signature: string }[];
}

/** A process of the image. */
export interface Process {
  /** Which one it is, what it waits for, and its priority. */
  heading: string;
  /** Its activations, the newest first. */
  stack: string[];
}

/** Memory in bytes, times in microseconds, and counts since the start. */
export interface Statistics {
  oldSpaceUsed: number;
  oldSpaceSize: number;
  newSpaceUsed: number;
  newSpaceSize: number;
  bytesLeft: number;
  /** The whole memory of the VM's module. */
  moduleMemory: number;
  allocated: number;
  scavenges: number;
  scavengeMicroseconds: number;
  longestScavenge: number;
  fullCollections: number;
  fullMicroseconds: number;
  longestFull: number;
  lookups: number;
  processSwitches: number;
}

/** A failure of the VM itself: it cannot start, or had to stop. */
export class OsvmError extends Error {}

/** A virtual machine with one image. In a callback of its options it cannot be asked for plugins, processes or statistics: that throws. */
export class Osvm {
  /** Starts a VM, up to where its image can run. It runs when it is driven: by `run`, by `evaluate`, or by your own calls of `step`. */
  static start(options?: Options): Promise<Osvm>;
  readonly files: FileSystem;
  readonly state: State;
  /** Lets the VM run for at most so many milliseconds, or until it has nothing to do. */
  step(milliseconds: number): State;
  /** Drives the VM until its image quits, and waits until what it wrote is kept; the image's exit status. Rejected if the VM has to stop. */
  run(): Promise<number>;
  /** Evaluates statements, when the image has started and what was to be evaluated before is over. A VM that ends before answers an error. */
  evaluate(source: string): Promise<Result>;
  /** Interrupts what is being evaluated, or else tells the image of the user's interrupt. */
  interrupt(): void;
  /** Ends the VM, whatever its image does. In a callback of the options it ends as soon as that has returned. */
  stop(): void;
  /** Lets the image save itself to its file; the path of the file. */
  save(): Promise<string>;
  /** Bytes for standard input; `null` ends it. */
  input(bytes: Uint8Array | null): void;
  plugins(): Plugin[];
  processes(): Process[];
  statistics(): Statistics | null;
}

/** What a VM in a worker is started with: what of `Options` a worker can be sent, and callbacks. */
export interface ClientOptions extends Omit<Options, 'files' | 'plugins' | 'wasm' | 'stdin' | 'WebSocket' | 'stdout' | 'stderr' | 'log' | 'onIdle'> {
  /** The name under which the browser keeps the VM's files; without one they are gone with the page. */
  store?: string;
  /** How many milliseconds to wait for the store while another page or worker has it: 0 if absent. Then what is changed is in memory only. */
  waitForStore?: number;
  /** Files that the image sees: they are fetched before it starts, but for those that are there already. */
  bring?: { path: string; url: URL | string }[];
  plugins?: URL;
  wasm?: URL;
  /** `worker.mjs`, if it is elsewhere. */
  worker?: URL;
  onStdout?(bytes: Uint8Array): void;
  onStderr?(bytes: Uint8Array): void;
  onLog?(text: string, level: 'error' | 'warning' | 'info'): void;
  /** Is told whether files are kept: when they are opened, and when that has changed. */
  onFiles?(files: Kept): void;
  /** The image that was started last has quit, and what it wrote is kept. */
  onQuit?(status: number): void;
  /** The VM that was started last, or the worker, has failed or was stopped. */
  onFailed?(message: string): void;
}

/** Whether a VM's files outlive the page. */
export interface Kept {
  keeps: boolean;
  /** Why they do not; or if they do, why the last changes could not be kept so far. */
  whyNot?: string;
}

/** A file or a directory of the VM. */
export interface Entry {
  name: string;
  path: string;
  kind: 'file' | 'directory';
  size: number;
  /** Seconds since 1970. */
  modified: number;
}

/** A VM in a worker of its own. */
export class OsvmClient {
  static start(options?: ClientOptions): Promise<OsvmClient>;
  /** Whether files are kept, as far as it is known. */
  readonly files: Kept;
  /** Why the worker answers no more; undefined while it does. */
  readonly broken: string | undefined;
  /** Starts a VM in the same worker, with the same files; the one before is ended. */
  start(options?: ClientOptions): Promise<void>;
  /** Ends the worker at once, whatever it does; calls from then on are rejected. */
  terminate(): void;
  evaluate(source: string): Promise<Result>;
  interrupt(): Promise<void>;
  stop(): Promise<void>;
  state(): Promise<State>;
  save(): Promise<string>;
  input(bytes: Uint8Array | null): Promise<void>;
  plugins(): Promise<Plugin[]>;
  processes(): Promise<Process[]>;
  statistics(): Promise<Statistics | null>;
  list(path: string): Promise<Entry[]>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Waits until all files that were written are kept. */
  flush(): Promise<void>;
  openFolder(handle: FileSystemDirectoryHandle, path?: string, options?: FolderOptions): Promise<string>;
}
