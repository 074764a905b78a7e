// The console's output: what the image writes, what was entered, answers and errors.

import { element } from './dom.mjs';

/** More characters than these are not kept: the oldest go. */
const MOST = 1_000_000;
/** A part of one stream grows up to so many characters. */
const PART = 8_000;
/** Of what comes between two frames, the last characters are shown. */
const BURST = 200_000;

/** Colours and cursor movements for terminals (ECMA-48), which are left out. */
// eslint-disable-next-line no-control-regex
const CONTROL = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;

export class Output {
  #log;
  #waiting = [];
  #scheduled = false;
  #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  #held = { stdout: '', stderr: '' };
  #length = 0;
  #last;

  /** @param {HTMLElement} log */
  constructor(log) {
    this.#log = log;
  }

  /** Bytes that the image wrote. They appear with the next frame, so that an image that writes without end does not hold the page up. */
  write(stream, bytes) {
    let text = this.#held[stream] + this.#decoders[stream].decode(bytes, { stream: true });
    // A return at the end may be half of an end of line.
    this.#held[stream] = text.endsWith('\r') ? '\r' : '';
    if (this.#held[stream]) text = text.slice(0, -1);
    this.#put(stream, text.replace(/\r\n?/g, '\n').replace(CONTROL, ''));
  }

  /** A line of the VM. */
  note(text, kind = 'note') {
    this.flush();
    this.#append(this.#entry(kind, text));
  }

  /** What was entered; answers a function that takes the result. */
  entered(source) {
    this.flush();
    const result = element('div', { class: 'result', 'aria-busy': 'true' }, element('span', { class: 'pending' }, 'evaluating…'));
    const entry = element('div', { class: 'evaluation' }, element('pre', { class: 'entered' }, away('Entered: '), source), result);
    this.#append(entry, source.length);
    return (shown) => {
      this.flush();
      // Behind what the image wrote meanwhile, as it happened.
      if (this.#log.lastElementChild !== entry) {
        result.remove();
        this.#append(element('div', { class: 'evaluation' }, element('div', { class: 'result' }, shown)), shown.textContent.length);
        return;
      }
      result.replaceChildren(shown);
      result.removeAttribute('aria-busy');
      this.#grow(shown.textContent.length);
      this.#toEnd(true);
    };
  }

  clear() {
    this.#waiting = [];
    this.#log.replaceChildren();
    this.#length = 0;
    this.#last = undefined;
  }

  #put(stream, text) {
    if (text === '') return;
    const waiting = this.#waiting.at(-1);
    if (waiting?.stream === stream) waiting.text += text;
    else this.#waiting.push({ stream, text });
    if (!this.#scheduled) {
      this.#scheduled = true;
      // A page that is not shown has no frames; a timer goes on.
      setTimeout(() => this.flush(), 16);
    }
  }

  /** Shows what is waiting. */
  flush() {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const isAtEnd = this.#isAtEnd;
    const isBurst = waiting.reduce((length, { text }) => length + text.length, 0) > BURST;
    // Nobody can listen to that much.
    this.#log.setAttribute('aria-busy', String(isBurst));
    for (const { stream, text } of isBurst ? shortened(waiting) : waiting) this.#show(stream, text);
    this.#toEnd(isAtEnd);
  }

  #show(stream, text) {
    const last = this.#last;
    if (last?.stream === stream && last.length < PART && this.#log.lastElementChild === last.element) {
      last.element.append(text);
      last.length += text.length;
      this.#grow(text.length);
      return;
    }
    const shown = this.#entry(stream, text);
    this.#last = { stream, length: text.length, element: shown };
    this.#append(shown, text.length);
  }

  #entry(kind, text) {
    const words = { stderr: 'Error output: ', warning: 'Warning: ', error: 'Error: ' }[kind];
    return element('pre', { class: kind }, words && away(words), text);
  }

  #append(shown, length = shown.textContent.length) {
    const isAtEnd = this.#isAtEnd;
    this.#log.append(shown);
    this.#grow(length);
    this.#toEnd(isAtEnd);
  }

  #grow(length) {
    this.#length += length;
    while (this.#length > MOST && this.#log.childElementCount > 1) {
      this.#length -= this.#log.firstElementChild.textContent.length;
      this.#log.firstElementChild.remove();
    }
  }

  get #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    return scrollHeight - scrollTop - clientHeight < 40;
  }

  #toEnd(isWanted) {
    if (isWanted) this.#log.scrollTop = this.#log.scrollHeight;
  }
}

const away = (text) => element('span', { class: 'away' }, text);

/** The last part of what is too much to show, with a word on the rest. */
function shortened(waiting) {
  let room = BURST;
  const kept = [];
  for (const { stream, text } of waiting.reverse()) {
    if (room <= 0) break;
    kept.unshift({ stream, text: text.slice(-room) });
    room -= text.length;
  }
  return [{ stream: 'note', text: 'Some output is left out here: it came faster than it can be shown.' }, ...kept];
}
