// How a browser replaces a file: what is written counts when all of it is there, and else the file stays as it was.

/** Gives a file new content, as a whole. @param {FileSystemFileHandle} handle @param {Uint8Array} bytes */
export async function replaceFile(handle, bytes) {
  const writable = await handle.createWritable();
  try {
    await writable.write(bytes);
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
}
