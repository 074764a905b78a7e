// Turns of something that runs beside all else that a page, a worker or Node has to do.

/** Lets other events come first. `setTimeout` would wait for four milliseconds or more. */
const later =
  typeof setImmediate === 'function'
    ? (callback) => setImmediate(callback)
    : (() => {
        const waiting = [];
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => waiting.shift()();
        return (callback) => {
          waiting.push(callback);
          port2.postMessage(null);
        };
      })();

/** Longer times than 2^31 milliseconds would be over at once. */
const LONGEST = 1 << 30;

/** Turns, of which at most one is waited for. */
export class Turns {
  #run;
  #timer;
  #comes = false;

  /** @param {() => void} run a turn */
  constructor(run) {
    this.#run = run;
  }

  /** One comes as soon as other events have had theirs. */
  soon() {
    this.#forget();
    if (this.#comes) return;
    this.#comes = true;
    later(() => {
      this.#comes = false;
      this.#forget();
      this.#run();
    });
  }

  /** One comes in so many milliseconds, if none is asked for before. */
  in(milliseconds) {
    this.#forget();
    if (!this.#comes) this.#timer = setTimeout(() => this.#run(), Math.min(milliseconds, LONGEST));
  }

  /** None comes by time. */
  end() {
    this.#forget();
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
