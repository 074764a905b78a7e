// Writing behind: changes gather for a moment and are then written as one batch, one batch at a time. What failed is tried again.

/** A batch begins so long after a change, in milliseconds; after a long one it is so many times its length. */
const DELAY = 100;
const REST = 4;
/** One that failed is tried again so long afterwards, in milliseconds: twice as long each time, up to the longest. */
const PAUSE = 5000;
const LONGEST_PAUSE = 300_000;

/** What is to be written, and when. */
export class WriteBehind {
  #write;
  #onError;
  #dirty = false;
  #timer = undefined;
  /** The timer is that of another try, and no change of the image waits for it. */
  #isRetry = false;
  #delay = DELAY;
  #pause = PAUSE;
  /** The failure that `onError` was told last, since the last batch that was written. */
  #told = undefined;
  #tail = Promise.resolve();

  /**
   * @param {() => Promise<void>} write writes all that has changed, as it is when it is called
   * @param {(error: Error) => void} onError is told of what fails while nobody waits for it; not of the same failure again when it is tried again
   */
  constructor(write, onError) {
    this.#write = write;
    this.#onError = onError;
  }

  /** Notes a change, which is written a moment later. */
  change() {
    this.#dirty = true;
    if (this.#timer === undefined || this.#isRetry) this.#begin(this.#delay);
  }

  /** Writes what there is without the moment's delay. */
  hurry() {
    if (this.#dirty) this.#begin(0);
  }

  #begin(delay, isRetry = false) {
    clearTimeout(this.#timer);
    this.#isRetry = isRetry;
    this.#timer = setTimeout(() => this.flush().catch((error) => this.#tell(error, isRetry)), delay);
    // In Node, a process that has nothing else to do ends.
    if (isRetry) this.#timer.unref?.();
  }

  #tell(error, isRetry) {
    if (isRetry && error.message === this.#told) return;
    this.#told = error.message;
    this.#onError(error);
  }

  /** Waits until all that has changed up to now is written. Fails if it cannot be; it is tried again with the next change, and after a pause. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#tail.then(() => this.#batch());
    this.#tail = batch.catch(() => {});
    return batch;
  }

  async #batch() {
    if (!this.#dirty) return;
    this.#dirty = false;
    const start = performance.now();
    try {
      await this.#write();
      this.#pause = PAUSE;
      this.#told = undefined;
    } catch (error) {
      this.#dirty = true;
      this.#tryAgain();
      throw error;
    } finally {
      this.#delay = Math.max(DELAY, REST * (performance.now() - start));
    }
  }

  #tryAgain() {
    // A change that came in the meantime begins the next batch sooner.
    if (this.#timer !== undefined) return;
    this.#begin(this.#pause, true);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }
}
