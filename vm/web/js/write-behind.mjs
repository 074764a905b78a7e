// Writing behind: changes gather for a moment and are then written as one batch, one batch at a time.

/** A batch begins so long after a change, in milliseconds; after a long one it is so many times its length. */
const DELAY = 100;
const REST = 4;

/** What is to be written, and when. */
export class WriteBehind {
  #write;
  #onError;
  #dirty = false;
  #timer = undefined;
  #delay = DELAY;
  #tail = Promise.resolve();

  /**
   * @param {() => Promise<void>} write writes all that has changed, as it is when it is called
   * @param {(error: Error) => void} onError is told of what fails while nobody waits for it
   */
  constructor(write, onError) {
    this.#write = write;
    this.#onError = onError;
  }

  /** Notes a change, which is written a moment later. */
  change() {
    this.#dirty = true;
    if (this.#timer === undefined) this.#begin(this.#delay);
  }

  /** Writes what there is without the moment's delay. */
  hurry() {
    if (this.#dirty) this.#begin(0);
  }

  #begin(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush().catch(this.#onError), delay);
  }

  /** Waits until all that has changed up to now is written. Fails if it cannot be; the next batch tries it again. */
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
    } catch (error) {
      this.#dirty = true;
      throw error;
    } finally {
      this.#delay = Math.max(DELAY, REST * (performance.now() - start));
    }
  }
}
