// The row of views. On a narrow page the console is one of them; on a wide one it is always there, beside the others.

import { byId } from './dom.mjs';

const wide = matchMedia('(min-width: 60rem)');

export class Tabs {
  #tabs = [...byId('tabs').querySelectorAll('[role=tab]')];
  #chosen = 'console';
  #beside = 'image';
  #listeners = [];

  constructor() {
    const list = byId('tabs');
    list.addEventListener('click', ({ target }) => {
      const tab = target.closest('[role=tab]');
      if (tab) this.show(panelOf(tab));
    });
    list.addEventListener('keydown', (event) => this.#pressed(event));
    wide.addEventListener('change', () => this.#update());
    this.#update();
  }

  /** The view beside the console, or instead of it. */
  get shown() {
    return wide.matches ? this.#beside : this.#chosen;
  }

  /** Calls this with each view that is shown from now on. */
  onShow(listener) {
    this.#listeners.push(listener);
  }

  show(name) {
    this.#chosen = name;
    if (name !== 'console') this.#beside = name;
    this.#update();
    for (const listener of this.#listeners) listener(this.shown);
  }

  get #visible() {
    return this.#tabs.filter((tab) => !tab.hidden);
  }

  #pressed(event) {
    const tabs = this.#visible;
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs.at(to % tabs.length);
    tab.focus();
    this.show(panelOf(tab));
  }

  #update() {
    const shown = this.shown;
    document.body.dataset.view = shown;
    byId('tab-console').hidden = wide.matches;
    const console = byId('console');
    if (wide.matches) {
      console.removeAttribute('role');
      console.setAttribute('aria-label', 'Console');
      console.removeAttribute('aria-labelledby');
    } else {
      console.setAttribute('role', 'tabpanel');
      console.removeAttribute('aria-label');
      console.setAttribute('aria-labelledby', 'tab-console');
    }
    for (const tab of this.#tabs) {
      const name = panelOf(tab);
      const isShown = name === shown;
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      byId(name).hidden = !isShown && !(wide.matches && name === 'console');
    }
  }
}

const panelOf = (tab) => tab.getAttribute('aria-controls');
