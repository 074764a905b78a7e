// Runs the cases in a worker of a page, where the VM runs too.

import { run } from './cases.mjs';

const read = async (name) => new Uint8Array(await (await fetch(`/cases/${name}`)).arrayBuffer());
const tell = (found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) });

run(read).then(tell, (error) => tell({ error: String(error.stack) }));
