import { expected } from "@selvage/scope/internal";

/** Makes a web stream of an iterable. See the tests of I11. */
export function toReadableStream<T>(iterable: Iterable<T> | AsyncIterable<T>): ReadableStream<T> {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: openSync } = Object(iterable) as {
    [Symbol.asyncIterator]?: () => AsyncIterator<T>;
    [Symbol.iterator]?: () => Iterator<T>;
  };
  const open = openAsync ?? openSync;
  if (typeof open !== "function") throw expected("The argument of toReadableStream", "an iterable or an async iterable", iterable);
  let iterator: AsyncIterator<T> | Iterator<T> | undefined;
  return new ReadableStream<T>(
    {
      async pull(controller) {
        iterator ??= open.call(iterable);
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator?.return?.();
      },
    },
    { highWaterMark: 0 }, // nothing is pulled before it is asked for
  );
}
