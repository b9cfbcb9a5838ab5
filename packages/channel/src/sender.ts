/// <reference lib="esnext.disposable" preserve="true" />
import { type CancelScope, ClosedError, InvalidStateError } from "@selvage/scope";
import { addMethod, dispose, quoteName } from "@selvage/scope/internal";
import type { Handles } from "./handles.js";

/** The handle of one producer of a channel. It is made by {@link Channel.sender}. */
export class Sender<T> implements Disposable {
  /** The scope of the producer. */
  readonly scope: CancelScope;
  /** `undefined` once it has ended. */
  #handles: Handles<T> | undefined;

  /** Called when the scope ends while an item waits to be sent, also if this handle was closed meanwhile. */
  readonly #cut: () => void;

  /** @internal */
  constructor(handles: Handles<T>, scope: CancelScope) {
    this.#handles = handles;
    this.scope = scope;
    this.#cut = () => {
      handles.channel.cut(incomplete(this, "has ended while an item waited to be sent"));
    };
  }

  /**
   * Sends an item, as {@link Channel.send} does, in the scope of the producer.
   *
   * **Cancellation**: rejects with the `CancelledError` of the producer's scope, and the item is not sent.
   *
   * @throws {ClosedError} If this handle or the channel is closed. @throws {LaggedError} If the buffer is full, and `overflow` is `"error"`.
   */
  send(item: T): Promise<void> {
    if (this.#handles === undefined) return Promise.reject(this.#closed());
    return this.#handles.channel.send(this.scope, item, this.#cut);
  }

  /** Sends an item if the channel accepts it at once. Returns whether it did. @throws {ClosedError} If this handle or the channel is closed. */
  trySend(item: T): boolean {
    if (this.#handles === undefined) throw this.#closed();
    return this.#handles.channel.trySend(item);
  }

  /** Says that this producer has sent everything. When the last handle is closed, the channel closes. The call is idempotent. */
  close(): void {
    const handles = this.#handles;
    this.#handles = undefined;
    handles?.ended(this, undefined);
  }

  /** Ends the handle. Without an earlier `close()`, this closes the channel with an error: the producer has not sent everything. */
  declare readonly [Symbol.dispose]: () => void;

  /** @internal Ends the handle without `close`: with the error for the channel. */
  _lost(error: Error): void {
    const handles = this.#handles;
    this.#handles = undefined;
    handles?.ended(this, error);
  }

  #closed(): ClosedError {
    return new ClosedError("This sender is closed: nothing can be sent.");
  }
}

addMethod<Sender<unknown>>(Sender, dispose, function () {
  this._lost(incomplete(this, "was disposed of without close()"));
});

/** The error of a channel whose producer has not sent everything. */
export function incomplete({ scope }: Pick<Sender<unknown>, "scope">, how: string, cause?: Error): InvalidStateError {
  const who = scope.name === undefined ? "A producer" : `The producer ${quoteName(scope.name)}`;
  return new InvalidStateError(
    `${who} ${how}: it may not have sent everything.`,
    cause === undefined ? undefined : { cause },
  );
}
