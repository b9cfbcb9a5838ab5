import { CancelScope, type TaskFunction } from "@selvage/scope";
import {
  type DerivedNameOptions,
  checkFunction,
  expected,
  functionName,
  ignoreRejection,
  type LabelledOptions,
  labelOf,
  RETHROW,
  runBody,
} from "@selvage/scope/internal";
import { parentOf, TaskOwner } from "@selvage/scope/lowlevel";
import { Channel } from "./channel.js";
import type { ChannelOptions } from "./options.js";
import { incomplete, type Sender } from "./sender.js";

/** The function of a producer. */
export type Producer<T> = (sender: Sender<T>) => unknown;

/**
 * Makes a channel, and starts a task that sends into it. When the task has ended, the channel closes: with the task's error if it fails.
 *
 * The task is a child of the owner of the scope: of the group or the supervisor whose scope, or the scope of one of whose tasks, it is. There a failure
 * counts as that of any task. In a scope without an owner the task runs in a scope below it.
 *
 * **Cancellation**: a cancellation of the task closes the channel with an error, because it may not have sent everything.
 *
 * Compare Kotlin's `produce`.
 *
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {ClosedError} If the scope or its owner is closed.
 * @throws {CancelledError} If the scope is cancelled.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { produce } from "@selvage/channel";
 *
 * await CancelScope.run(async (scope) => {
 *   const numbers = produce<number>(scope, async (sender) => {
 *     for (let i = 1; i <= 3; i++) await sender.send(i);
 *   });
 *   let sum = 0;
 *   for await (const number of numbers.items(scope)) sum += number;
 *   console.assert(sum === 6);
 * });
 * ```
 */
export function produce<T>(scope: CancelScope, producer: Producer<T>, options: ChannelOptions<T> = {}): Channel<T> {
  if (!(scope instanceof CancelScope)) throw expected("The scope of a producer", "a CancelScope", scope);
  checkFunction(producer, "The producer");
  const channel = new Channel<T>(options);
  scope.throwIfCancelled();
  const name = functionName(producer) || "producer";
  const run: TaskFunction<void> = async (own) => {
    const sender = begin(own);
    try {
      await producer.call(undefined, sender);
    } catch (error) {
      channel.close(error);
      throw error;
    }
    sender.close();
  };
  let hasBegun = false;
  const begin = (own: CancelScope): Sender<T> => {
    try {
      const sender = channel.sender(own);
      hasBegun = true;
      return sender;
    } finally {
      ended(own);
    }
  };
  const ended = (own: CancelScope): void => {
    if (!hasBegun) channel.close(incomplete({ scope: own }, "has not begun"));
  };
  const owner = ownerOf(scope);
  if (owner !== undefined) {
    owner.createTask(run, { name, _isDerived: true } as DerivedNameOptions).addDoneCallback(({ scope: own }) => {
      ended(own); // it may have been cancelled before its turn
    });
    return channel;
  }
  const own = new CancelScope({ parent: scope, _label: { kind: "producer", name, isNamed: false } } as LabelledOptions);
  ignoreRejection(runBody(own, run, own, RETHROW)); // the channel has the error
  return channel;
}

/** The group or supervisor that a scope belongs to. */
function ownerOf(scope: CancelScope): TaskOwner | undefined {
  for (let node: CancelScope | undefined = scope; node !== undefined; node = parentOf(node)) {
    const label = labelOf(node);
    if (label instanceof TaskOwner) return label;
  }
  return undefined;
}
