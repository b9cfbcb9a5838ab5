interface WatchedOptions<T> {
  /** Called instead of returning the item at this index. */
  readonly next?: Record<number, () => unknown>;
  /** Called by `return`, and makes its result. */
  readonly return?: () => unknown;
  readonly items: readonly T[];
}

/**
 * A source that records the calls of its methods, and misbehaves as configured: iterated synchronously or
 * asynchronously.
 */
export function watchedSource<T>(options: WatchedOptions<T>): {
  sync: Iterable<T>;
  async: AsyncIterable<T>;
  log: string[];
} {
  const log: string[] = []; // "next", "return"
  let index = 0;
  const step = (): unknown => {
    log.push("next");
    const at = index++;
    const odd = options.next?.[at];
    if (odd !== undefined) return odd();
    return at < options.items.length ? { done: false, value: options.items[at] } : { done: true, value: undefined };
  };
  const close = (): unknown => {
    log.push("return");
    return options.return === undefined ? { done: true, value: undefined } : options.return();
  };
  return {
    log,
    sync: { [Symbol.iterator]: () => ({ next: step, return: close }) as unknown as Iterator<T> },
    async: {
      [Symbol.asyncIterator]: () =>
        ({ next: async () => step(), return: async () => close() }) as unknown as AsyncIterator<T>,
    },
  };
}
