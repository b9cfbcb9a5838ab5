import { CancelScope } from "@selvage/scope";
import { expected, ScopeEnd, throwIfOver } from "@selvage/scope/internal";
import type { Exchange } from "./exchange.js";
import { incomplete, Sender } from "./sender.js";

/** The handles of a channel's producers. */
export class Handles<T> {
  readonly channel: Exchange<T>;
  readonly #watches = new Map<Sender<T>, ScopeEnd>();

  constructor(channel: Exchange<T>) {
    this.channel = channel;
  }

  open(scope: CancelScope): Sender<T> {
    if (!(scope instanceof CancelScope)) throw expected("The scope of a sender", "a CancelScope", scope);
    throwIfOver(scope);
    const error = this.channel.refusal();
    if (error !== undefined) throw error;
    const sender = new Sender(this, scope);
    const watch = new ScopeEnd(scope, (reason) => {
      const how = reason === undefined ? "has ended without close()" : "was cancelled";
      sender._lost(incomplete(sender, how, reason));
    });
    this.#watches.set(sender, watch);
    watch.begin();
    return sender;
  }

  /** A handle has ended: with an error, unless its producer has sent everything. */
  ended(sender: Sender<T>, error: Error | undefined): void {
    const watch = this.#watches.get(sender);
    if (watch === undefined) return;
    this.#watches.delete(sender);
    watch.stop();
    if (error !== undefined) this.channel.close(error);
    else if (this.#watches.size === 0) this.channel.close(undefined);
  }
}
