import { Channel } from "@selvage/channel";
import { concat, interval, NEVER, Observable, of, Subject, throwError } from "rxjs";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, type Items, mapStream, merge, type Results, switchMap } from "../../src/index.js";

/** What has `subscribe`: an Observable of RxJS, or of any other library. */
interface Subscribable<T> {
  subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): { unsubscribe(): void };
}

/**
 * Reads an Observable as a source: a function of the scope that subscribes, and unsubscribes when the loop ends. An Observable does not wait, so the channel
 * between has a bound, and the source fails when it is reached.
 */
function observed<T>(observable: Subscribable<T>, capacity: number = 1_000): (scope: CancelScope) => Items<T> {
  return (scope) => {
    const channel = new Channel<T>({ capacity });
    let isFull = false;
    const subscription = observable.subscribe({
      next(value) {
        if (isFull || channel.trySend(value)) return;
        isFull = true;
        channel.close(new Error(`${capacity} values wait to be read.`));
      },
      error(error) {
        channel.close(error);
      },
      complete() {
        channel.close();
      },
    });
    scope.onCancel(() => {
      subscription.unsubscribe();
    });
    return channel;
  };
}

/** The other way: an Observable that reads a stream in a scope for each subscriber. */
function observable<T>(make: (scope: CancelScope) => Results<T>): Observable<T> {
  return new Observable((subscriber) => {
    const scope = new CancelScope({ parent: null });
    const reading = async (): Promise<void> => {
      for await (const value of make(scope)) subscriber.next(value);
    };
    void reading()
      .then(
        () => {
          subscriber.complete();
        },
        (error: unknown) => {
          if (!scope.cancelled) subscriber.error(error);
        },
      )
      .finally(() => {
        scope.close();
      });
    return () => {
      scope.cancel("unsubscribed");
    };
  });
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of results) items.push(item);
  return items;
}

/** Counts the subscriptions that are live. */
function counted<T>(source: Observable<T>): { readonly observable: Observable<T>; readonly live: () => number } {
  let live = 0;
  const observable = new Observable<T>((subscriber) => {
    live++;
    const subscription = source.subscribe(subscriber);
    return () => {
      live--;
      subscription.unsubscribe();
    };
  });
  return { observable, live: () => live };
}

describe("an Observable as a source", () => {
  it("has all its values, also those that come while it is subscribed to (I12)", async () => {
    expect(await all(mapStream(observed<number>(of(1, 2, 3)), (n) => n * 2, { limit: 2, ordered: true }))).toEqual([
      2, 4, 6,
    ]);
    expect(await all(merge([observed(of(1, 2)), observed(of("a"))]))).toEqual([1, "a", 2]);
  });

  it("is not subscribed to before the first next(), and unsubscribed from when the loop is left (I1, I3)", async () => {
    const { observable, live } = counted(concat(of(1, 2, 3), NEVER));
    const results = mapStream(observed(observable), (n) => n, { limit: 4 });
    expect(live()).toBe(0);
    for await (const item of results) {
      expect([item, live()]).toEqual([1, 1]);
      break;
    }
    expect(live()).toBe(0);
  });

  it("its error is a failure of the source (I4)", async () => {
    const error = new Error("broken");
    const results = switchMap(
      observed(
        concat(
          of(1),
          throwError(() => error),
        ),
      ),
      (n) => n,
    );
    await expect(all(results)).rejects.toBe(error);
  });

  it("is unsubscribed from when a scope outside is cancelled while it waits (I7)", async () => {
    using parent = new CancelScope({ parent: null });
    const subject = new Subject<number>();
    const results = mapStream(observed(subject), (n) => n, { limit: 1, parent });
    const first = results.next();
    subject.next(1);
    expect((await first).value).toBe(1);
    const pending = results.next();
    await settled();
    parent.cancel();
    expect(await pending.catch((error: unknown) => error)).toBe(parent.reason);
    expect(subject.observed).toBe(false);
  });

  it("that is faster than its reader fails at the bound, after what it had sent (I12)", async () => {
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of mapStream(observed<number>(of(1, 2, 3, 4, 5), 3), (n) => n, {
        limit: 1,
        ordered: true,
      })) {
        read.push(item);
      }
    })();
    await expect(reading).rejects.toMatchObject({ errors: [new Error("3 values wait to be read.")] });
    expect(read.length).toBeLessThanOrEqual(3);
  });

  it("that does not end leaves no timer when it is left (I3)", async () => {
    for await (const tick of switchMap(observed<number>(interval(1)), (n) => n)) if (tick >= 1) break;
  });
});

describe("a stream as an Observable", () => {
  it("gives its results to each subscriber, and completes (I1)", async () => {
    const doubled = observable((parent) => mapStream([1, 2, 3], (n) => n * 2, { limit: 1, ordered: true, parent }));
    for (let round = 0; round < 2; round++) {
      const log: unknown[] = [];
      await new Promise<void>((resolve) => {
        doubled.subscribe({ next: (value) => log.push(value), complete: resolve });
      });
      expect(log).toEqual([2, 4, 6]);
    }
  });

  it("passes a failure on (I4)", async () => {
    const failing = observable((parent) =>
      mapStream([1], () => Promise.reject<number>(new Error("bad")), { limit: 1, parent }),
    );
    const error = await new Promise((resolve) => failing.subscribe({ error: resolve }));
    expect(error).toMatchObject({ errors: [new Error("bad")] });
  });

  it("is cancelled when it is unsubscribed from, and releases the source (I3, I7)", async () => {
    const log: string[] = [];
    async function* source(scope: CancelScope): AsyncGenerator<number> {
      try {
        yield 1;
        await scope.sleep(Infinity);
      } finally {
        log.push("released");
      }
    }
    const values = observable((parent) => mapStream(source, (n) => n, { limit: 1, parent }));
    await new Promise<void>((resolve) => {
      const subscription = values.subscribe(() => {
        queueMicrotask(() => {
          subscription.unsubscribe();
          resolve();
        });
      });
    });
    await settled();
    expect(log).toEqual(["released"]);
  });
});
