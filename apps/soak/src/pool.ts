import type { CancelScope } from "@selvage/scope";

/** Stands for a pool of connections: every request uses it, and it must stay open until the last request has ended. */
export class Pool {
  /** The number of uses that began after it was closed, which must be 0. */
  usesAfterClose = 0;
  /** The tasks that had not ended when it was closed, without those that wait for the end of the pool themselves. */
  liveAtClose: readonly string[] = [];
  #isClosed = false;

  async use(scope: CancelScope): Promise<void> {
    scope.throwIfCancelled();
    if (this.#isClosed) this.usesAfterClose++;
    await scope.checkpoint();
  }

  close(live: readonly string[]): void {
    this.#isClosed = true;
    this.liveAtClose = live;
  }
}
