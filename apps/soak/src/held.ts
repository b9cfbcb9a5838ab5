import type { CancelScope } from "@selvage/scope";

type Release = () => void;

/** Requests that wait while there is room: beyond `capacity`, the one that has waited longest continues. */
export class Held {
  /** Called when another request waits. */
  onWait: () => void = () => {};
  readonly #capacity: number;
  /** The functions that release each of them, the oldest first, and whether it checks its scope meanwhile. */
  readonly #waiting = new Map<Release, { readonly isStubborn: boolean }>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The number of waiting requests. */
  get size(): number {
    return this.#waiting.size;
  }

  /** The number of those that do not check their scope. */
  get stubborn(): number {
    return [...this.#waiting.values()].filter(({ isStubborn }) => isStubborn).length;
  }

  /** Waits until it is released, or the scope is cancelled. */
  async wait(scope: CancelScope): Promise<void> {
    const { released, release } = this.#add(false);
    try {
      await scope.race(released);
    } finally {
      this.#waiting.delete(release);
    }
  }

  /** Waits until it is released, and ignores cancellation. */
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
