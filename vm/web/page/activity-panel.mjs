// The view "Activity": memory, collections, and the processes of the image with their stacks.

import { byId, element } from './dom.mjs';
import { count, duration, size } from './format.mjs';

const EVERY = 1000;

export class ActivityPanel {
  #machine;
  #isShown;
  #shownProcesses = '';

  /**
   * @param {import('./machine.mjs').Machine} machine
   * @param {() => boolean} isShown whether somebody can see this view
   */
  constructor(machine, isShown) {
    this.#machine = machine;
    this.#isShown = isShown;
    setInterval(() => this.#follow(), EVERY);
    byId('follow').addEventListener('change', () => this.#follow());
  }

  #follow() {
    if (byId('follow').checked && this.#isShown() && !document.hidden) this.update();
  }

  /** Shows things as they are now. */
  async update() {
    if (!this.#machine.isUp) {
      byId('memory').replaceChildren(element('p', {}, 'The VM does not run. Run starts it.'));
      byId('processes').replaceChildren();
      this.#shownProcesses = '';
      return;
    }
    try {
      const { client } = this.#machine;
      const [statistics, processes] = await Promise.all([client.statistics(), client.processes()]);
      if (statistics) showMemory(statistics);
      this.#showProcesses(processes);
    } catch {
      // It ended meanwhile, which the state shows.
    }
  }

  #showProcesses(processes) {
    const list = byId('processes');
    const text = JSON.stringify(processes);
    // What somebody reads with the keyboard stays where it is until it is another.
    if (text === this.#shownProcesses) return;
    this.#shownProcesses = text;
    const closed = new Set([...list.querySelectorAll('details:not([open])')].map((shown) => shown.dataset.heading));
    const focused = list.contains(document.activeElement) ? document.activeElement.closest('details')?.dataset.heading : undefined;
    list.replaceChildren(...processes.map((process) => shownProcess(process, closed)));
    if (focused) [...list.children].find((shown) => shown.dataset.heading === focused)?.querySelector('summary').focus();
  }
}

function shownProcess({ heading, stack }, closed) {
  const lines = stack.map((line) => element('li', {}, line));
  return element(
    'details',
    { class: 'process', open: !closed.has(heading), 'data-heading': heading },
    element('summary', {}, heading),
    element('ol', { class: 'stack', tabindex: lines.length > 12 && '0', 'aria-label': lines.length > 12 && `Stack: ${heading}` }, ...lines),
  );
}

function showMemory(figures) {
  const { oldSpaceUsed, oldSpaceSize, newSpaceUsed, newSpaceSize, bytesLeft } = figures;
  const rows = [
    ['Old space', `${size(oldSpaceUsed)}${oldSpaceSize > oldSpaceUsed ? `, and ${size(oldSpaceSize - oldSpaceUsed)} free in it` : ''}`],
    ['New space', space('New space', newSpaceUsed, newSpaceSize)],
    ['Room to grow', size(bytesLeft)],
    ['The VM takes', size(figures.moduleMemory)],
    ['Scavenges', collections(figures.scavenges, figures.scavengeMicroseconds, figures.longestScavenge)],
    ['Full collections', collections(figures.fullCollections, figures.fullMicroseconds, figures.longestFull)],
    ['Process switches', count(figures.processSwitches)],
  ];
  byId('memory').replaceChildren(
    element('dl', { class: 'facts figures' }, ...rows.map(([term, shown]) => element('div', {}, element('dt', {}, term), element('dd', {}, shown)))),
  );
}

function space(name, used, whole) {
  const text = `${size(used)} of ${size(whole)}`;
  return element('span', { class: 'space' }, element('meter', { min: 0, max: whole, value: used, 'aria-label': name }, text), ` ${text}`);
}

function collections(number, total, longest) {
  return number === 0 ? 'none' : `${count(number)} in ${duration(total)}, the longest ${duration(longest)}`;
}
