// One batch of files in memory, to the store and to the folders of the computer, in such an order that a file which the image renamed is in its
// old place or in its new one at any time, whatever fails and whenever the page is closed.
//
// 1. Folders get what is new there, unless it takes the place of a file that is nowhere else yet.
// 2. The store gets its batch. What is to go from the store to a folder, and is not there yet, stays in the store.
// 3. Folders get what had to wait for that.
// 4. If nothing has failed up to here, what the image removed is removed from the folders.

/**
 * @typedef {object} StoreBatch
 * @property {import('./tree.mjs').Entry[]} files those whose content is new to the store
 * @property {(unkept: Set<import('./tree.mjs').Entry>) => Promise<import('./tree.mjs').Entry[]>} commit answers what has stayed in the store
 */

/**
 * Writes one batch.
 * @param {import('./folder-changes.mjs').FolderChanges[]} folders
 * @param {StoreBatch | undefined} store undefined if there is none that keeps anything
 */
export async function writeBack(folders, store) {
  /** Files that are new in their places, and nowhere yet but in memory. @type {Set<import('./tree.mjs').Entry>} */
  const unkept = new Set(store?.files);
  for (const { items } of folders) for (const { entry, bytes } of items) if (bytes !== undefined) unkept.add(entry);
  const problems = [];
  const commit = async () => {
    const stayed = (await store?.commit(unkept)) ?? [];
    for (const file of store?.files ?? []) unkept.delete(file);
    return stayed;
  };

  for (const folder of folders) await folder.write(unkept, problems, false);
  let failure;
  try {
    const stayed = await commit();
    if (problems.length === 0) await writeRest(folders, unkept, problems);
    if (stayed.some((file) => !unkept.has(file))) await commit();
  } catch (error) {
    failure = error;
  }
  const isKept = failure === undefined && problems.length === 0 && folders.every(({ items }) => items.length === 0);
  for (const folder of folders) await (isKept ? folder.remove(problems) : folder.giveUp(problems));
  if (problems.length === 0) {
    if (failure !== undefined) throw failure;
    return;
  }
  const said = failure === undefined ? '' : `${failure.message}; `;
  throw new Error(`${said}not all could be written back: ${problems.join('; ')}`, { cause: failure });
}

/** Writes what had to wait. Where files wait for each other, as when two have changed their names, one gets a copy for that time. */
async function writeRest(folders, unkept, problems) {
  const left = () => folders.reduce((sum, { items }) => sum + items.length, 0);
  /** True if something could be written. */
  const write = async (mayRemove) => {
    const before = left();
    for (const folder of folders) await folder.write(unkept, problems, mayRemove);
    return left() < before;
  };
  while (left() > 0) {
    const didSome = (await write(false)) || (problems.length === 0 && (await write(true)));
    if (problems.length > 0) return;
    if (didSome) continue;
    const file = folders.map((folder) => folder.awaited(unkept)).find((found) => found !== undefined);
    const holder = folders.find(({ items }) => items.some(({ entry }) => entry === file));
    if (holder === undefined) return;
    await holder.spare(holder.items.find(({ entry }) => entry === file));
    unkept.delete(file);
  }
}
