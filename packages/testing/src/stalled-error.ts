import { type CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { brand } from "@selvage/scope/internal";
import type { Stall, Watch } from "./autojump.js";

/**
 * Thrown by {@link VirtualClock.run} when its body would never end: nothing can run (a deadlock), or something repeats without end (a livelock). The
 * message says which of the two, what is live, and what to do.
 *
 * @example
 * ```ts
 * import { StalledError, VirtualClock } from "@selvage/testing";
 *
 * try {
 *   await new VirtualClock().run((scope) => scope.sleep(Infinity));
 * } catch (error) {
 *   console.assert(error instanceof StalledError && error.message.startsWith("Deadlock"));
 * }
 * ```
 */
export class StalledError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "StalledError" });
    brand(this, "@selvage/testing/StalledError");
  }
}

/** Returns the message: what is wrong, what is live below the root, and what to do. */
export function describeStall(stall: Stall, root: CancelScope, nextTimer: number, { jumps, limit }: Watch): string {
  if (stall === "no end") {
    return (
      `Livelock: ${limit} timers and checkpoints have passed, and the body has not ended.${live(root)}\n` +
      "Something repeats without end, for example a heartbeat, while the body waits for something that never happens. " +
      "If the body needs that many, raise `limit`."
    );
  }
  if (!jumps && nextTimer !== Infinity) {
    return (
      `Deadlock: the body waits for time to pass, and no call moves it; the next timer is due at ${nextTimer}.${live(root)}\n` +
      "Call advance() first and await what needs the time afterwards, or leave `autojump` on."
    );
  }
  return (
    `Deadlock: the body has not ended, nothing can run, and no timer is set.${live(root)}\n` +
    "The body waits for something that never happens. If that comes from outside (a socket, a file, a worker, a real timer), " +
    "which the clock cannot see, give the clock an `autojumpThreshold`. " +
    "If something that waits has its own option `clock`, such as a rate limiter, pass this clock to it."
  );
}

/** Returns the part of the message that lists what has not ended although the root was cancelled. */
export function describeRemains(root: CancelScope): string {
  return `\nThe root scope was then cancelled, but this has still not ended:${indentedTree(root)}`;
}

function live(root: CancelScope): string {
  const tree = indentedTree(root);
  const isAlone = tree.lastIndexOf("\n") === 0;
  const hint = isAlone ? "\nNothing is live below the root scope: to see more, pass the scope on as `parent`." : "";
  return `\nLive at ${root.clock.now()}:${tree}${hint}`;
}

function indentedTree(root: CancelScope): string {
  return `\n${describeTree(root)}`.replaceAll("\n", "\n  ");
}
