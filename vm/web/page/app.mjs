// The page: puts its parts together, and starts the image.

import { ActivityPanel } from './activity-panel.mjs';
import { byId, notice, whenPressed } from './dom.mjs';
import { acceptDrops } from './drop.mjs';
import { Entry } from './entry.mjs';
import { FilesPanel } from './files-panel.mjs';
import { ImagePanel, stateWord } from './image-panel.mjs';
import { Launcher } from './launcher.mjs';
import { Machine } from './machine.mjs';
import { Output } from './output.mjs';
import { PluginsPanel } from './plugins-panel.mjs';
import { shown } from './results.mjs';
import { asked, chosen, served } from './session.mjs';
import { Tabs } from './tabs.mjs';

const output = new Output(byId('log'));
const machine = new Machine(output);
const session = await served();
const launcher = new Launcher(machine, output, session, chosen(session), asked());
const tabs = new Tabs();
const files = new FilesPanel(machine, launcher);
const panels = {
  image: new ImagePanel(launcher, machine),
  files,
  plugins: new PluginsPanel(machine),
  activity: new ActivityPanel(machine, () => tabs.shown === 'activity'),
};

/** Shows what is new in the view that is open. */
const update = (name = tabs.shown) => Promise.resolve(panels[name]?.update()).catch((error) => notice(error.message));
tabs.onShow(update);

new Entry(byId('entry'), byId('source'), async (source) => {
  const show = output.entered(source);
  try {
    show(shown(await machine.evaluate(source)));
  } catch (error) {
    show(shown({ error: { kind: 'vm', message: error.message } }));
  }
  look();
  if (tabs.shown !== 'activity') update();
});

/** An image may save itself whenever it wants; nothing is lost if that is not seen at once. */
const look = () => launcher.look().catch(() => {});

// A page that is closed gets no time to write: what is written is kept before that, as far as it is known.
document.addEventListener('visibilitychange', () => document.hidden && machine.keep());

machine.addEventListener('state', () => {
  const { state, detail } = machine;
  byId('state').dataset.state = state;
  byId('state-text').textContent = stateWord(state);
  byId('state').title = detail;
  byId('run').disabled = machine.isUp || state === 'starting';
  byId('interrupt').disabled = byId('stop').disabled = !machine.isUp;
  if (state === 'quit' || state === 'stopped') output.note(detail || 'Stopped.');
  if (state === 'failed' && detail) output.note(detail, 'error');
  if (machine.isUp || state === 'starting') return;
  look();
  update();
});
machine.addEventListener('started', () => update());

whenPressed(byId('run'), () => launcher.start());
whenPressed(byId('interrupt'), () => machine.interrupt());
whenPressed(byId('stop'), () => machine.stop());
whenPressed(byId('clear'), () => {
  output.clear();
  byId('source').focus();
});
byId('show-keys').addEventListener('click', () => byId('keys').showModal());

addEventListener('keydown', (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  const action = {
    '.': () => machine.isUp && machine.interrupt(),
    ';': () => {
      if (byId('console').hidden) tabs.show('console');
      byId('source').focus();
    },
    '/': () => byId('keys').open || byId('keys').showModal(),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

acceptDrops({
  image: (file) => launcher.open(file),
  files: (list) => files.take(list),
  config: async (file) => launcher.configure({ name: file.name, text: await file.text() }),
});

byId('source').focus({ preventScroll: true });
try {
  await launcher.start();
} catch (error) {
  // A file that was chosen before may have gone: the page begins again with what its server has.
  const { path } = launcher.choice;
  if (path) await launcher.startServed().catch(() => {});
  notice(path ? `${path} could not be started: ${error.message}` : error.message);
}
