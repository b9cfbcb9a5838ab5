import { CancelScope, type Clock } from "@selvage/scope";
import { Breaker, every, hedge, retry, retryAfter } from "@selvage/retry";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A shop asks a server for a price. The server is busy at first, and names the time after which to ask again.
 *
 * Look at: how long the customer who leaves is still waited for. The loop waits as long as the server asked for, and
 * then asks once more. `retry` stops at once. A limit on the whole keeps it from beginning a wait that it cannot end.
 */
export const program: Program = {
  name: "retries",
  description: "retry with a limit on the whole, a hedged request, a breaker, and every",
  async run(stage) {
    await withLoop(stage);
    await withRetry(stage);
    await withTimeout(stage);
    await withHedge(stage);
    await withBreaker(stage);
    await withEvery(stage);
  },
};

async function withLoop(stage: Stage): Promise<void> {
  const { out } = stage;
  out("a loop, and a customer who leaves after 100 ms");
  const timer = new Stopwatch(stage);
  const server = new Server(stage, 1);
  const customer = new AbortController();
  const timers = new NativeTimers(stage.clock);
  void timers.sleep(100).then(() => customer.abort());
  for (let attempt = 1; attempt <= 3; attempt++) {
    try {
      out(`  the price is ${await server.price(timers, customer.signal)}`);
      break;
    } catch (error) {
      out(`  failed: ${String(error)}`);
      if (customer.signal.aborted) break;
      await timers.sleep(retryAfter(error) ?? 50);
    }
  }
  out(`  the loop has ended after ${timer.elapsed} ms`);
}

async function withRetry(stage: Stage): Promise<void> {
  const { out, clock } = stage;
  out("retry, and a customer who leaves after 100 ms");
  const timer = new Stopwatch(stage);
  const server = new Server(stage, 1);
  using customer = new CancelScope({ clock, name: "customer" });
  void new NativeTimers(clock).sleep(100).then(() => customer.cancel("the customer has left"));
  try {
    await retry((scope) => server.price(scope, scope.signal), { parent: customer, delayFor: retryAfter });
  } catch (error) {
    out(`  failed: ${String(error)}`);
  }
  out(`  retry has ended after ${timer.elapsed} ms`);
  const price = await retry((scope) => server.price(scope, scope.signal), { clock, delayFor: retryAfter });
  out(`  a customer who stays gets the price of ${price}`);
}

async function withTimeout(stage: Stage): Promise<void> {
  const { out, clock } = stage;
  out("retry with 500 ms for the whole");
  const timer = new Stopwatch(stage);
  const server = new Server(stage, 10);
  try {
    await retry((scope) => server.price(scope, scope.signal), {
      clock,
      name: "price",
      timeout: 500,
      attempts: 10,
      delayFor: retryAfter,
    });
  } catch (error) {
    out(`  caught ${String(error)}`);
  }
  out(`  retry has ended after ${timer.elapsed} ms, because the next wait would have been too long`);
}

async function withHedge(stage: Stage): Promise<void> {
  const { out, clock } = stage;
  out("hedge: a second replica is asked after 50 ms");
  const replica = (name: string, ms: number) => async (scope: CancelScope) => {
    try {
      await scope.sleep(ms);
      return name;
    } finally {
      if (scope.cancelled) out(`  the request to ${name} was cancelled`);
    }
  };
  const timer = new Stopwatch(stage);
  const winner = await hedge([replica("the slow replica", 2_000), replica("the quick replica", 20)], {
    clock,
    after: 50,
  });
  out(`  ${winner} has answered after ${timer.elapsed} ms`);
}

async function withBreaker(stage: Stage): Promise<void> {
  const { out, clock } = stage;
  out("a Breaker that opens after two failures, for 1,000 ms");
  const server = new Server(stage, 2);
  using scope = new CancelScope({ clock });
  const breaker = new Breaker({ failures: 2 }, { clock, resetAfter: 1_000, onStateChange: (s) => out(`  it is ${s}`) });
  for (const wait of [0, 0, 300, 700]) {
    await scope.sleep(wait);
    try {
      out(`  the price is ${await breaker.run(scope, (own) => server.price(own, own.signal))}`);
    } catch (error) {
      out(`  failed: ${String(error)}`);
    }
  }
}

async function withEvery(stage: Stage): Promise<void> {
  const { out, clock } = stage;
  out("every 100 ms, for 450 ms: the second run takes 150 ms");
  const timer = new Stopwatch(stage);
  let runs = 0;
  await CancelScope.run(
    (scope) =>
      every(
        100,
        async (own) => {
          out(`  run ${++runs} at ${timer.elapsed} ms`);
          if (runs === 2) await own.sleep(150);
        },
        { parent: scope },
      ),
    { clock, deadline: timer.start + 450 },
  );
}

/** Is busy for a number of requests, and names the 200 ms after which to ask again. */
class Server {
  readonly #out: (line: string) => void;
  #busy: number;

  constructor({ out }: Stage, busy: number) {
    this.#out = out;
    this.#busy = busy;
  }

  async price(where: Sleeper, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    await where.sleep(10);
    this.#out("  the server was asked");
    if (this.#busy-- > 0) throw Object.assign(new Error("503"), { headers: new Map([["retry-after", "0.2"]]) });
    return 42;
  }
}

/** Measures time in steps of 10 ms, because real timers are not exact. */
class Stopwatch {
  readonly start: number;
  readonly #clock: Clock;

  constructor({ clock }: Stage) {
    this.#clock = new CancelScope({ clock }).clock;
    this.start = this.#clock.now();
  }

  get elapsed(): number {
    return Math.round((this.#clock.now() - this.start) / 10) * 10;
  }
}
