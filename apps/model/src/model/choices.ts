/**
 * Decisions about hidden events, which leave no trace: whether they happen before the next event, or later. If a
 * trace does not agree with one script of decisions, it is followed again with the next script.
 */
export class Choices {
  readonly #script: boolean[];
  #asked = 0;

  constructor(script: readonly boolean[] = []) {
    this.#script = [...script];
  }

  /** Whether the hidden event happens now. An event that the script does not cover happens as soon as possible. */
  choose(): boolean {
    const answer = this.#script[this.#asked] ?? true;
    this.#script[this.#asked++] = answer;
    return answer;
  }

  /** The next script: the latest yes becomes a no. `undefined` once all scripts were tried. */
  next(): Choices | undefined {
    const latest = this.#script.lastIndexOf(true);
    return latest === -1 ? undefined : new Choices([...this.#script.slice(0, latest), false]);
  }
}
