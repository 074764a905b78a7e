// The view "Files": the files that the image sees.

import { ask, byId, download, element, notice, whenPressed } from './dom.mjs';
import { size, time } from './format.mjs';
import { chooser } from './image-panel.mjs';

export class FilesPanel {
  #machine;
  #launcher;
  #folder = '/';

  constructor(machine, launcher) {
    this.#machine = machine;
    this.#launcher = launcher;
    chooser('import-files', 'files-input', (files) => this.take(files));
    whenPressed(byId('refresh-files'), () => this.update());
    const open = byId('open-folder');
    open.hidden = !('showDirectoryPicker' in globalThis);
    whenPressed(open, () => this.#open());
    machine.addEventListener('files', () => this.#tellKept());
    // The console, which has it too, may not be in sight.
    machine.addEventListener('files', () => machine.files.keeps && machine.files.whyNot && notice(byId('files-kept').textContent));
  }

  /** Takes files in, into the folder that is shown. */
  async take(files) {
    for (const file of files) {
      await this.#machine.client.writeFile(this.#path(file.name), new Uint8Array(await file.arrayBuffer()));
    }
    await this.update();
  }

  async #open() {
    let handle;
    try {
      handle = await globalThis.showDirectoryPicker({ mode: 'readwrite' });
    } catch (error) {
      if (error.name === 'AbortError') return;
      throw error;
    }
    const path = await this.#machine.client.openFolder(handle, `/${handle.name}`);
    await this.#go(path ?? '/');
  }

  #path(name) {
    return `${this.#folder === '/' ? '' : this.#folder}/${name}`;
  }

  #go(folder) {
    this.#folder = folder;
    return this.update();
  }

  /** Shows the folder as it is now. */
  async update() {
    if (!this.#machine.hasFiles) {
      byId('files-list').replaceChildren(element('p', {}, 'The VM does not run. Run starts it.'));
      return;
    }
    this.#tellKept();
    // What failed may have been kept meanwhile.
    if (this.#machine.files.whyNot) this.#machine.keep();
    this.#crumbs();
    try {
      const entries = await this.#machine.client.list(this.#folder);
      const byName = (a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === 'directory' ? -1 : 1);
      this.#show(entries.sort(byName));
    } catch (error) {
      // The folder may have been removed by the image.
      if (this.#folder !== '/') return this.#go('/');
      notice(error.message);
    }
  }

  /** Says whether files are kept. */
  #tellKept() {
    const { keeps, whyNot } = this.#machine.files;
    const why = whyNot ? `: ${whyNot.replace(/\.$/, '')}` : '';
    const lost = keeps ? 'What was changed last is not kept' : 'They are gone with the page';
    byId('files-kept').textContent =
      keeps && !whyNot ? 'They are kept in this browser, for this address.' : `${lost}${why}. Download what you want to keep.`;
  }

  #crumbs() {
    const parts = this.#folder.split('/').filter((part) => part !== '');
    const paths = ['/', ...parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)];
    const crumb = (path, i) => {
      const isLast = i === parts.length;
      const name = i === 0 ? 'Top' : parts[i - 1];
      return element('li', {}, button(name, () => this.#go(path), { class: 'link', 'aria-current': isLast && 'location' }));
    };
    byId('crumbs').replaceChildren(...paths.map(crumb));
  }

  #show(entries) {
    if (entries.length === 0) {
      byId('files-list').replaceChildren(element('p', {}, 'Nothing is here.'));
      return;
    }
    const heading = (name, hidden) => element('th', { scope: 'col' }, hidden ? element('span', { class: 'away' }, name) : name);
    const head = element('tr', {}, heading('Name'), heading('Size'), heading('Changed'), heading('What to do', true));
    const table = element('table', { class: 'files' }, element('caption', { class: 'away' }, `Files in ${this.#folder}`));
    table.append(element('thead', {}, head), element('tbody', {}, ...entries.map((entry) => this.#row(entry))));
    byId('files-list').replaceChildren(table);
  }

  #row({ name, kind, size: bytes, modified, path = this.#path(name) }) {
    const isFolder = kind === 'directory';
    const shown = isFolder ? button(`${name}/`, () => this.#go(path), { class: 'link' }) : name;
    const actions = element('td', { class: 'actions' });
    if (/\.image$/i.test(name)) actions.append(button('Start', () => this.#launcher.startFile(path), { 'aria-label': `Start ${name}` }));
    if (!isFolder) actions.append(button('Download', () => this.#download(name, path), { 'aria-label': `Download ${name}` }));
    actions.append(button('Delete', () => this.#delete(name, path), { class: 'quiet', 'aria-label': `Delete ${name}` }));
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, shown),
      element('td', { class: 'number' }, isFolder ? '' : size(bytes)),
      element('td', { class: 'when' }, time(modified)),
      actions,
    );
  }

  async #download(name, path) {
    download(name, await this.#machine.client.readFile(path));
  }

  async #delete(name, path) {
    if (!(await ask(`Delete ${name}? It cannot be brought back.`, 'Delete'))) return;
    await this.#machine.client.remove(path);
    await this.update();
    byId('files').focus();
  }
}

function button(text, action, attributes = {}) {
  const made = element('button', { type: 'button', ...attributes }, text);
  whenPressed(made, action);
  return made;
}
