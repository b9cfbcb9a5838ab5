import type { CancelScope } from "@selvage/scope";
import type { Attempt } from "./case.js";
import type { Servers } from "./servers/index.js";

/** The shared state of the attempts of one run: the moment in which the operation has begun, and what must be cleaned up. */
export class Attempts {
  /** Resolves when the operation is under way. */
  readonly underway: Promise<void>;
  readonly #servers: Servers;
  readonly #cleanups: (() => unknown)[] = [];
  #setUnderway!: () => void;

  constructor(servers: Servers) {
    this.#servers = servers;
    this.underway = new Promise((resolve) => (this.#setUnderway = resolve));
  }

  /** The attempt that runs in a scope. */
  in(scope: CancelScope): Attempt {
    return {
      scope,
      signal: scope.signal,
      servers: this.#servers,
      underway: this.#setUnderway,
      defer: (cleanup) => this.#cleanups.unshift(cleanup),
    };
  }

  async cleanUp(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0)) await cleanup();
  }
}
