// Files that are dropped on the page.

import { byId, notice } from './dom.mjs';

/**
 * @param {{ image: (file: File) => Promise<void>, files: (files: File[]) => Promise<void>, config: (file: File) => Promise<void> }} takers
 */
export function acceptDrops({ image, files, config }) {
  const sign = byId('drop');
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  // Entering an element comes before leaving the one around it.
  let depth = 0;
  const show = (change) => {
    depth = Math.max(0, depth + change);
    sign.hidden = depth === 0;
  };
  addEventListener('dragenter', (event) => hasFiles(event) && show(1));
  addEventListener('dragleave', (event) => hasFiles(event) && show(-1));
  addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
  addEventListener('drop', async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(-depth);
    try {
      notice();
      await take([...event.dataTransfer.files]);
    } catch (error) {
      notice(error.message);
    }
  });

  /** Sources and changes have to be there when the image starts. */
  async function take(dropped) {
    const images = dropped.filter(({ name }) => /\.image$/i.test(name));
    const configs = dropped.filter(({ name }) => name === 'vm.toml' || /\.image\.toml$/i.test(name));
    const others = dropped.filter((file) => !images.includes(file) && !configs.includes(file));
    if (others.length > 0) await files(others);
    for (const file of configs) await config(file);
    for (const file of images.slice(0, 1)) await image(file);
  }
}
