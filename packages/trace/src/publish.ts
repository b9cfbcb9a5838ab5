/// <reference lib="esnext.disposable" preserve="true" />
import { type CancelScope, InvalidStateError } from "@selvage/scope";
import { dispose } from "@selvage/scope/internal";
import { observe, type Observer, parentOf } from "@selvage/scope/lowlevel";
import { readFacts, restartedTask } from "./events/facts.js";
import { builtin } from "./events/trace-event.js";
import type { Messages, ScopeMessage } from "./messages.js";

/** The part of a channel that is used. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

/** How many callers publish. Several do not cause several messages. */
let publishers = 0;
/** The registration of the observer; `undefined` until the first call. */
let observing: Disposable | undefined;

/**
 * Publishes what happens from now on, in all trees, on channels of `node:diagnostics_channel` (N6): `selvage:scope:open`, `:start`, `:cancel` and
 * `:close`, and `selvage:supervisor:failure`, `:restart` and `:shutdown`. {@link Messages} has the message of each.
 *
 * Messages are plain objects with ids, names and statuses. Only errors and reasons are the values themselves. A subscriber is called synchronously, and
 * gets no message twice, also if several callers publish. A channel without subscribers costs one comparison for each event.
 *
 * It works on Node 20.16 and newer, Bun and Deno.
 *
 * @returns A handle that ends it, unless other callers still publish.
 * @throws {InvalidStateError} If the platform does not have `node:diagnostics_channel`.
 * @example
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import { CancelScope } from "@selvage/scope";
 * import { type Messages, publish } from "@selvage/trace";
 *
 * using publishing = publish();
 * const names: (string | null)[] = [];
 * subscribe("selvage:scope:close", (message) => {
 *   names.push((message as Messages["selvage:scope:close"]).name);
 * });
 * await CancelScope.run(() => {}, { name: "page" });
 * console.assert(names.join() === "page");
 * ```
 */
export function publish(): Disposable {
  const channels = builtin("node:diagnostics_channel") as DiagnosticsChannel | undefined;
  if (typeof channels?.channel !== "function") {
    throw new InvalidStateError(
      "publish() needs node:diagnostics_channel and process.getBuiltinModule, which Node 20.16 and newer, Bun and Deno have.",
    );
  }
  if (publishers++ === 0) observing = observe(publisher(channels));
  let isPublishing = true;
  return {
    [dispose]() {
      if (isPublishing && --publishers === 0) observing![dispose]();
      isPublishing = false;
    },
  };
}

function publisher(channels: DiagnosticsChannel): Observer {
  const open = channelOf(channels, "selvage:scope:open");
  const start = channelOf(channels, "selvage:scope:start");
  const cancel = channelOf(channels, "selvage:scope:cancel");
  const close = channelOf(channels, "selvage:scope:close");
  const failure = channelOf(channels, "selvage:supervisor:failure");
  const restart = channelOf(channels, "selvage:supervisor:restart");
  const shutdown = channelOf(channels, "selvage:supervisor:shutdown");
  return {
    opened: (scope) => open(() => messageOf(scope)),
    started(scope) {
      start(() => messageOf(scope));
      restart(() => {
        const task = restartedTask(scope);
        return task && { ...messageOf(task), attempt: readFacts(task).attempt! };
      });
    },
    cancelled: (scope, { scope: owner, message, cause: reason }) =>
      cancel(() => ({ ...messageOf(scope), cancelledBy: readFacts(owner).id, message, reason })),
    closed: (scope, { status, error }) => {
      close(() => {
        const { cancelledBy } = readFacts(scope);
        return { ...messageOf(scope), status, error, cancelledBy: cancelledBy ? readFacts(cancelledBy).id : null };
      });
    },
    failed: (scope, error, { attempt, restartsIn = null }) =>
      failure(() => ({ ...messageOf(scope), error, attempt, restartsIn })),
    shutdown: (scope, { phase, stage = null }) => shutdown(() => ({ ...messageOf(scope), phase, stage })),
  };
}

/** Returns a function that publishes on a channel. The message is made only if the channel has subscribers. `undefined` is not a message. */
function channelOf<N extends keyof Messages>(
  channels: DiagnosticsChannel,
  name: N,
): (message: () => Messages[N] | undefined) => void {
  const channel = channels.channel(name);
  return (message) => {
    if (!channel.hasSubscribers) return;
    const made = message();
    if (made !== undefined) channel.publish(made);
  };
}

function messageOf(scope: CancelScope): ScopeMessage {
  const { id, kind, name = null, status } = readFacts(scope);
  const parent = parentOf(scope);
  return { id, parent: parent === undefined ? null : readFacts(parent).id, kind, name, status };
}
