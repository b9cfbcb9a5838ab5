import { describe, expect, it } from "vitest";
import { batch, CancelScope, mapStream } from "../../src/index.js";

/** A broker that delivers each message until it is acknowledged. A message that was not is delivered again in the next session. */
class Broker {
  readonly acknowledged = new Set<number>();
  /** The messages that were delivered in this session, each once, and are not acknowledged. */
  readonly inFlight = new Set<number>();
  #next = 0;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  get isEmpty(): boolean {
    return this.acknowledged.size === this.#count;
  }

  /** Begins a session: what was not acknowledged is delivered again. */
  async *consume(scope: CancelScope): AsyncGenerator<number> {
    this.inFlight.clear();
    for (this.#next = 0; this.#next < this.#count; this.#next++) {
      if (this.acknowledged.has(this.#next)) continue;
      await scope.checkpoint(); // the network
      this.inFlight.add(this.#next);
      yield this.#next;
    }
  }

  /** Takes effect in a later step, whatever happens to the caller. */
  async acknowledge(message: number): Promise<void> {
    if (!this.inFlight.delete(message)) throw new Error(`expected ${message} to be in flight`);
    this.acknowledged.add(message);
    await Promise.resolve();
  }
}

const COUNT = 12;

/** What one session has done to messages. */
interface Session {
  readonly begun: number[];
  readonly done: number[];
  readonly undelivered: number[];
}

type Ending = "a cancellation" | "a failure" | "leaving the loop";

const endings: readonly Ending[] = ["a cancellation", "a failure", "leaving the loop"];

/** Processes messages until the session is ended after some steps. */
async function consume(broker: Broker, ordered: boolean, ending: Ending | undefined, steps: number): Promise<Session> {
  const session: Session = { begun: [], done: [], undelivered: [] };
  using parent = new CancelScope({ parent: null });
  const time = { isUp: false };
  const process = async (message: number, scope: CancelScope): Promise<number> => {
    session.begun.push(message);
    for (let waits = 0; waits <= message % 3; waits++) await scope.checkpoint();
    if (time.isUp && ending === "a failure") throw new Error("the database is down");
    session.done.push(message); // the effect; from here on there is no checkpoint
    await broker.acknowledge(message);
    return message;
  };
  const timer = (async () => {
    for (let step = 0; step < steps; step++) await Promise.resolve();
    time.isUp = true;
    if (ending === "a cancellation") parent.cancel("a rebalance");
  })();
  const results = mapStream((scope) => broker.consume(scope), process, {
    limit: 3,
    buffer: 2,
    ordered,
    parent,
    undelivered: (message) => session.undelivered.push(message),
  });
  try {
    for await (const message of results) {
      expect(broker.acknowledged.has(message)).toBe(true);
      if (time.isUp && ending === "leaving the loop") break;
    }
  } catch (error) {
    expect(ending).not.toBe("leaving the loop");
    if (ending === "a cancellation") expect(error).toBe(parent.reason);
    else expect((error as AggregateError).errors).toContainEqual(new Error("the database is down"));
  }
  await timer;
  return session;
}

const sorted = (messages: Iterable<number>): number[] => [...messages].sort((a, b) => a - b);
const all = Array.from({ length: COUNT }, (_, message) => message);
/** After how many steps the first session is ended: before the first message, in the middle, at the end. */
const moments = Array.from({ length: 60 }, (_, index) => index * 3);

describe.each(endings)("messages that are acknowledged when they are done, with %s in the middle", (ending) => {
  it.each([false, true])(
    "no message is lost, and none is acknowledged before it is done, ordered: %s (I3, I4, I12)",
    async (ordered) => {
      let cut = 0;
      for (const steps of moments) {
        const broker = new Broker(COUNT);
        const done = new Set<number>();
        const first = await consume(broker, ordered, ending, steps);
        for (const message of first.done) done.add(message);
        // Each message that was pulled was begun or given back, and not both.
        const pulled = [...broker.inFlight, ...broker.acknowledged];
        const gone = pulled.filter((message) => !first.begun.includes(message) && !first.undelivered.includes(message));
        expect(gone).toEqual([]);
        expect(new Set([...first.begun, ...first.undelivered]).size).toBe(
          first.begun.length + first.undelivered.length,
        );
        // Nothing is acknowledged that was not done, or was given back.
        expect(sorted(broker.acknowledged)).toEqual(sorted(first.done));
        if (!broker.isEmpty) cut++;
        const second = await consume(broker, ordered, undefined, 0);
        for (const message of second.done) done.add(message);
        expect(second.begun.filter((message) => first.done.includes(message))).toEqual([]); // nothing is done twice
        expect([sorted(done), sorted(broker.acknowledged)]).toEqual([all, all]);
      }
      expect(cut).toBeGreaterThan(5); // the endings do come in the middle
    },
  );
});

describe("messages that are acknowledged in batches", () => {
  it("what is in a batch that was not read goes to undelivered, and is not acknowledged (I9, I3)", async () => {
    for (const steps of moments) {
      const broker = new Broker(COUNT);
      const undelivered: number[] = [];
      using parent = new CancelScope({ parent: null });
      const timer = (async () => {
        for (let step = 0; step < steps; step++) await Promise.resolve();
        parent.cancel("a rebalance");
      })();
      const batches = batch((scope) => broker.consume(scope), {
        size: 4,
        parent,
        undelivered: (message) => undelivered.push(message),
      });
      const done: number[] = [];
      try {
        for await (const messages of batches) {
          await Promise.resolve();
          for (const message of messages) {
            done.push(message);
            await broker.acknowledge(message);
          }
        }
      } catch (error) {
        expect(error).toBe(parent.reason);
      }
      await timer;
      expect(sorted(broker.acknowledged)).toEqual(sorted(done));
      expect(sorted(undelivered)).toEqual(sorted(broker.inFlight));
    }
  });
});
