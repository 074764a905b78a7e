// The input line: grows with its lines, and knows what was entered before.

const KEY = 'osvm.history';
const MOST = 200;

export class Entry {
  #source;
  #history = remembered();
  /** Where the arrow keys are in the history; its length is the line itself. */
  #at = this.#history.length;
  #draft = '';

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLTextAreaElement} source
   * @param {(text: string) => void} evaluate
   */
  constructor(form, source, evaluate) {
    this.#source = source;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#enter(evaluate);
    });
    source.addEventListener('keydown', (event) => this.#pressed(event, evaluate));
    source.addEventListener('input', () => this.#fit());
    // The width decides how many rows lines take.
    new ResizeObserver(() => this.#fit()).observe(form);
  }

  #enter(evaluate) {
    const text = this.#source.value.trim();
    if (text === '') return;
    this.#remember(text);
    this.#set('');
    evaluate(text);
  }

  #pressed(event, evaluate) {
    // Enter belongs to the input method while a word is composed.
    if (event.isComposing || event.altKey) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#enter(evaluate);
    } else if (event.key === 'Escape') {
      this.#set('');
    } else if (!event.shiftKey && !event.ctrlKey && !event.metaKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      if (this.#go(event.key === 'ArrowUp' ? -1 : 1)) event.preventDefault();
    }
  }

  /** Another entry of the history, if the cursor is in the first or last line. */
  #go(step) {
    const { value, selectionStart, selectionEnd } = this.#source;
    const inside = step < 0 ? value.slice(0, selectionStart) : value.slice(selectionEnd);
    const to = this.#at + step;
    if (inside.includes('\n') || to < 0 || to > this.#history.length) return false;
    if (this.#at === this.#history.length) this.#draft = value;
    this.#at = to;
    this.#source.value = to === this.#history.length ? this.#draft : this.#history[to];
    const end = this.#source.value.length;
    this.#source.setSelectionRange(end, end);
    this.#fit();
    return true;
  }

  #set(text) {
    this.#source.value = text;
    this.#at = this.#history.length;
    this.#draft = '';
    this.#fit();
  }

  #remember(text) {
    if (this.#history.at(-1) !== text) this.#history.push(text);
    this.#history.splice(0, this.#history.length - MOST);
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#history));
    } catch {
      // Without room or permission the history ends with the page.
    }
  }

  #fit() {
    this.#source.style.height = 'auto';
    this.#source.style.height = `${this.#source.scrollHeight + 2}px`;
  }
}

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((text) => typeof text === 'string') : [];
  } catch {
    return [];
  }
}
