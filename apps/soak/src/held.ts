import type { CancelScope } from "@selvage/scope";

type Release = () => void;

/** Requests that wait for as long as there is room for them: beyond `capacity`, the one that has waited longest goes on. */
export class Held {
  /** Called when one more waits. */
  onWait: () => void = () => {};
  readonly #capacity: number;
  /** How to let each of them go on, the oldest first, and whether it looks at its scope meanwhile. */
  readonly #waiting = new Map<Release, { readonly isStubborn: boolean }>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** How many of them do not look at their scope. */
  get stubborn(): number {
    return [...this.#waiting.values()].filter(({ isStubborn }) => isStubborn).length;
  }

  /** Waits until it may go on, or the scope is cancelled. */
  async wait(scope: CancelScope): Promise<void> {
    const { released, release } = this.#add(false);
    try {
      await scope.race(released);
    } finally {
      this.#waiting.delete(release);
    }
  }

  /** Waits until it may go on, whatever happens. */
  async waitStubbornly(): Promise<void> {
    await this.#add(true).released;
  }

  letStubbornGo(): void {
    for (const [release, { isStubborn }] of [...this.#waiting]) if (isStubborn) release();
  }

  #add(isStubborn: boolean): { released: Promise<void>; release: Release } {
    let resolve!: () => void;
    const released = new Promise<void>((settle) => (resolve = settle));
    const release = (): void => {
      this.#waiting.delete(release);
      resolve();
    };
    this.#waiting.set(release, { isStubborn });
    if (this.#waiting.size > this.#capacity) [...this.#waiting.keys()][0]!();
    this.onWait();
    return { released, release };
  }
}
