import { expected } from "@selvage/scope/internal";

/**
 * Makes a web stream of an iterable: a read pulls one item. Nothing is pulled ahead.
 *
 * **Cancellation**: when the stream is cancelled, the `return()` of the iterator is called and waited for.
 *
 * Compare `ReadableStream.from`, which not every runtime has.
 *
 * @throws {TypeError} If the argument is not iterable.
 * @example
 * ```ts
 * import { mapStream, toReadableStream } from "@selvage/stream";
 *
 * const squares = mapStream([1, 2, 3], (n) => n * n, { limit: 2, ordered: true });
 * const reader = toReadableStream(squares).getReader();
 * console.assert((await reader.read()).value === 1);
 * await reader.cancel();
 * ```
 */
export function toReadableStream<T>(iterable: Iterable<T> | AsyncIterable<T>): ReadableStream<T> {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: openSync } = Object(iterable) as {
    [Symbol.asyncIterator]?: () => AsyncIterator<T>;
    [Symbol.iterator]?: () => Iterator<T>;
  };
  const open = (openAsync ?? openSync) as (() => AsyncIterator<T> | Iterator<T>) | undefined;
  if (typeof open !== "function")
    throw expected("The argument of toReadableStream", "an iterable or an async iterable", iterable);
  let iterator: AsyncIterator<T> | Iterator<T> | undefined;
  return new ReadableStream<T>(
    {
      async pull(controller) {
        iterator ??= open.call(iterable);
        const step = await iterator.next();
        if (step.done === true) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel() {
        iterator ??= open.call(iterable); // it may hold something before the first read, as `fromEvents` does
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 }, // nothing is pulled before it is asked for
  );
}
