// `node osvm.mjs IMAGE [arguments for the image]`: an image with real files, and its exit status.

import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { NodeFiles } from './node-files.mjs';
import { kindOf, nodeInput } from './node-streams.mjs';
import { Osvm } from './osvm.mjs';

/** Whether the program that was started is this file. */
export function isMain(url) {
  try {
    return pathToFileURL(realpathSync(process.argv[1])).href === url;
  } catch {
    return false;
  }
}

/** The status of the command where the image cannot be run, as the command `osvm` has it. */
const BAD_INPUT = 2;
/** The status where the VM had to stop. */
const STOPPED = 70;

/** Writes bytes at once, so that nothing is lost when the process ends. */
function writer(stream) {
  return (bytes) => stream.write(bytes);
}

/** @param {string[]} args */
export async function main([image, ...args]) {
  if (image === undefined || image === '--help') {
    console.error('usage: node osvm.mjs IMAGE [arguments for the image]');
    process.exitCode = image === undefined ? BAD_INPUT : 0;
    return;
  }
  let osvm;
  try {
    osvm = await start(image, args);
  } catch (error) {
    console.error(`osvm: ${error.code === undefined ? error.message : `${image}: ${reason(error)}`}`);
    process.exitCode = BAD_INPUT;
    return;
  }
  process.on('SIGINT', () => osvm.interrupt());
  try {
    end(await osvm.run());
  } catch (error) {
    console.error(`osvm: ${error.message}`);
    end(STOPPED);
  }
}

/** Ends the process when everything is written. */
function end(status) {
  process.exitCode = status;
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

function reason(error) {
  return { ENOENT: 'No such file or directory', EISDIR: 'Is a directory', EACCES: 'Permission denied' }[error.code] ?? error.message;
}

/** The plugins in this package, or beside it, where the project's own build has them. */
function pluginFolder() {
  const folders = ['../plugins', '../../plugins'].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
  return folders.find((folder) => existsSync(folder)) ?? folders[0];
}

async function start(image, args) {
  const bytes = new Uint8Array(await readFile(image));
  const plugins = process.env.OSVM_PLUGINS ?? pluginFolder();
  return Osvm.start({
    image: bytes,
    imageName: resolve(image),
    args,
    environment: { ...process.env, OSVM_PLUGINS: plugins },
    plugins: async (path) => new Uint8Array(await readFile(path)),
    files: new NodeFiles(),
    stdin: nodeInput,
    outputKinds: [kindOf(1), kindOf(2)],
    stdout: writer(process.stdout),
    stderr: writer(process.stderr),
    log: (text, level) => level === 'info' || console.error(`osvm: ${level}: ${text}`),
  });
}
