// The view "Image": which one runs, snapshots, another one, its arguments, and the configuration.

import { byId, download, element, whenPressed } from './dom.mjs';
import { line, variables, words } from './format.mjs';

export class ImagePanel {
  #launcher;
  #machine;

  /**
   * @param {import('./launcher.mjs').Launcher} launcher
   * @param {import('./machine.mjs').Machine} machine
   */
  constructor(launcher, machine) {
    this.#launcher = launcher;
    this.#machine = machine;
    whenPressed(byId('save'), () => this.#save());
    whenPressed(byId('download-image'), async () => {
      const path = await this.#save();
      download(path.split('/').pop(), await machine.client.readFile(path));
    });
    chooser('choose-image', 'image-input', ([file]) => launcher.open(file));
    whenPressed(byId('served-image'), () => launcher.startServed());
    whenPressed(byId('built-in-image'), () => launcher.startBuiltIn());
    chooser('choose-config', 'config-input', async ([file]) => launcher.configure({ name: file.name, text: await file.text() }));
    whenPressed(byId('drop-config'), () => launcher.configure(undefined));
    byId('arguments-form').addEventListener('submit', (event) => {
      event.preventDefault();
      launcher.startWith(words(byId('arguments').value), variables(byId('environment').value.split('\n')));
    });
    machine.addEventListener('state', () => this.update());
    launcher.addEventListener('choice', () => this.update());
    this.update();
  }

  async #save() {
    const path = await this.#machine.client.save();
    await this.#launcher.saved(path);
    return path;
  }

  update() {
    const { session, choice, image, config } = this.#launcher;
    byId('image-name').textContent = image.name;
    document.title = `${image.name} – osvm`;
    const facts = [
      ['Name', image.name],
      ['From', image.from],
      ['Arguments', choice.args?.length ? line(choice.args) : 'none'],
      ['State', this.#machine.detail || stateWord(this.#machine.state)],
    ];
    byId('image-facts').replaceChildren(
      ...facts.map(([term, fact]) => element('div', {}, element('dt', {}, term), element('dd', {}, fact))),
    );
    for (const id of ['save', 'download-image']) byId(id).disabled = !this.#machine.isUp;
    byId('served-image').hidden = session.image === null;
    byId('config-name').textContent = config;
    byId('drop-config').hidden = choice.config === undefined;
    show('arguments', line(choice.args ?? []));
    show('environment', Object.entries(choice.environment ?? {}).map(([name, value]) => `${name}=${value}`).join('\n'));
  }
}

/** Shows the value of a field, unless somebody is typing there. */
function show(id, value) {
  const field = byId(id);
  if (document.activeElement !== field) field.value = value;
}

/** The word for a state. */
export const stateWord = (state) =>
  ({
    starting: 'Starting',
    running: 'Running',
    idle: 'Idle',
    evaluating: 'Evaluating',
    quit: 'Has quit',
    stopped: 'Stopped',
    failed: 'Failed',
  })[state];

/** A button that lets the user choose files. */
export function chooser(button, input, take) {
  const field = byId(input);
  byId(button).addEventListener('click', () => field.click());
  const chosen = whenChosen(byId(button), field, take);
  field.addEventListener('change', chosen);
}

/** Takes the files of a field once, and says it if that fails, as for a button. */
function whenChosen(button, field, take) {
  const proxy = element('button');
  whenPressed(proxy, async () => {
    const files = [...field.files];
    field.value = '';
    button.focus();
    if (files.length > 0) await take(files);
  });
  return () => proxy.click();
}
