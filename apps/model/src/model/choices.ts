/**
 * Answers to what no event shows: whether something hidden happens before the next event, or later. A trace that does not agree
 * with one script of answers is followed again with the next script.
 */
export class Choices {
  readonly #script: boolean[];
  #asked = 0;

  constructor(script: readonly boolean[] = []) {
    this.#script = [...script];
  }

  /** Whether it happens now. What the script does not say happens as soon as it can. */
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
