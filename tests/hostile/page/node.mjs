// Runs the cases of a folder on the engine of Node: node node.mjs FOLDER. Writes what is wrong with each as JSON.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './cases.mjs';

const [folder] = process.argv.slice(2);
console.log(JSON.stringify(await run((name) => readFile(join(folder, name)))));
