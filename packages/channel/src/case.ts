import type { Exchange } from "./exchange.js";

/** A case of a `select`. It is made by `onReceive` and `onSend` of a channel, and by `elapsed`. */
export interface Case<R> {
  /** Called in the caller of `select` when the case was committed: with the item, if it has received one. */
  readonly fn: (item: never) => R | PromiseLike<R>;
  /** @internal What it waits for. */
  readonly _what: Receiving | Sending | Elapsed;
}

interface Receiving {
  readonly kind: "receive";
  readonly exchange: Exchange<unknown>;
}

interface Sending {
  readonly kind: "send";
  readonly exchange: Exchange<unknown>;
  readonly item: unknown;
}

interface Elapsed {
  readonly kind: "elapsed";
  readonly ms: number;
}
