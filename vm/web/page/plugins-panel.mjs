// The view "Plugins": what the configuration gives the image.

import { byId, element } from './dom.mjs';

const STATES = { loaded: 'in use', unloaded: 'not used yet', refused: 'refused', disabled: 'disabled' };

export class PluginsPanel {
  #machine;

  constructor(machine) {
    this.#machine = machine;
  }

  /** Shows the plugins as they are now; those that are open stay open. */
  async update() {
    const list = byId('plugins-list');
    if (!this.#machine.isUp) {
      list.replaceChildren(element('p', {}, 'The VM does not run. Run starts it.'));
      return;
    }
    const plugins = await this.#machine.client.plugins();
    const open = new Set([...list.querySelectorAll('details[open]')].map((shown) => shown.dataset.name));
    const order = ['refused', 'loaded', 'unloaded', 'disabled'];
    plugins.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
    list.replaceChildren(...plugins.map((plugin) => shown(plugin, open.has(plugin.name))));
  }
}

function shown(plugin, isOpen) {
  const { name, version, form, file, state, grants = [], primitives = [], refusal } = plugin;
  const summary = element(
    'summary',
    {},
    element('span', { class: 'name' }, name),
    ' ',
    element('span', { class: 'version' }, version ?? ''),
    ' ',
    element('span', { class: `badge ${state}` }, STATES[state] ?? state),
  );
  const facts = [
    ['Form', form === 'builtin' ? 'built in' : form],
    ['File', file],
    ['May touch', grants.length > 0 ? grants.join(', ') : 'nothing outside the image'],
  ].filter(([, fact]) => fact);
  return element(
    'details',
    { class: 'plugin', open: isOpen, 'data-name': name },
    summary,
    refusal && element('pre', { class: 'stderr' }, refusal),
    element('dl', { class: 'facts' }, ...facts.map(([term, fact]) => element('div', {}, element('dt', {}, term), element('dd', {}, fact)))),
    primitives.length > 0 && element('h3', {}, primitives.length === 1 ? '1 primitive' : `${primitives.length} primitives`),
    primitives.length > 0 && element('ul', { class: 'signatures' }, ...primitives.map(signature)),
  );
}

const signature = ({ name, signature }) => element('li', {}, element('b', {}, name), ` ${signature}`);
