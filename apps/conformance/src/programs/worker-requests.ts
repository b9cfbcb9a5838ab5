/** A Worker that serves concurrent requests, and the checks of each (S9, C1). */
import { AsyncLocalStorage } from "node:async_hooks";
import { Broadcast, Channel } from "@selvage/channel";
import { Flights } from "@selvage/flight";
import { CancelScope, type CancelledError, now } from "@selvage/scope";
import { RateLimiter, Semaphore } from "@selvage/semaphore";
import { Supervisor } from "@selvage/supervisor";
import { timeout, TimeoutError } from "@selvage/timeout";

/** Does not belong to a request, because it is created before the first one. */
const root = new CancelScope({ name: "root" });
const supervisor = new Supervisor({ name: "requests" });
/** A supervisor with a limit: tasks of one request wait for those of others. */
const limited = new Supervisor({ name: "limited", limit: 1 });
/** What all requests share. */
const semaphore = new Semaphore(2, { name: "shared" });
const limiter = new RateLimiter({ rate: 1, per: 3, name: "shared" });
const flights = new Flights<string, string>({ name: "shared" });
const rendezvous = new Channel<string>({ name: "shared" });
const buffered = new Channel<string>({ capacity: 1, name: "shared buffer" });
const news = new Broadcast<string>({ name: "shared" });

/** The number of the request in whose context the code runs (C1). */
const requests = new AsyncLocalStorage<string>();

const routes: Readonly<Record<string, (id: string) => unknown>> = {
  /** A scope without a parent. */
  async sleep() {
    await new CancelScope().sleep(100);
  },
  /** A scope below one that was created before all requests. */
  async below() {
    using scope = new CancelScope({ parent: root });
    await scope.sleep(20);
  },
  /** A timeout expires in its own request: what its listener uses belongs to it. */
  async timeout(id) {
    const heard: (string | undefined)[] = [];
    const error: unknown = await timeout(
      20 + Number(id),
      ({ scope }) => {
        scope.onCancel(() => heard.push(requests.getStore()));
        return scope.sleep(60_000);
      },
      { parent: root },
    ).catch((caught: unknown) => caught);
    if (!(error instanceof TimeoutError) || heard.join() !== id)
      throw new Error(`${String(error)}, heard ${heard.join()}`);
  },
  /** A task of a supervisor that all requests share. */
  async task(id) {
    let heard: string | undefined;
    const task = supervisor.createTask(async (scope) => {
      scope.onCancel(() => (heard = requests.getStore()));
      scope.deadline = now() + 20 + Number(id);
      await scope.sleep(60_000);
    });
    await task.then(undefined, () => {});
    if (heard !== id) throw new Error(`heard ${JSON.stringify(heard)}`);
  },
  /**
   * A queued task starts in its own request, although a task of another request makes room. The request has its own
   * timer, because workerd ends a request that waits only for another request.
   */
  async queued(id) {
    let heard: string | undefined;
    const task = limited.createTask(async (scope) => {
      heard = requests.getStore();
      await scope.sleep(5);
    });
    await timeout(10_000, () => task, { parent: root });
    if (heard !== id) throw new Error(`heard ${JSON.stringify(heard)}`);
  },
  /** The permit of one request goes to another, which continues in its own context. */
  async semaphore(id) {
    const heard: (string | undefined)[] = [];
    await timeout(10_000, ({ scope }) =>
      semaphore.run(scope, async (own) => {
        heard.push(requests.getStore());
        await own.sleep(5);
        heard.push(requests.getStore());
      }),
    );
    if (heard.join() !== `${id},${id}`) throw new Error(`heard ${heard.join()}`);
  },
  /** Each waiter has a timer of its own request. */
  async rate(id) {
    await timeout(10_000, ({ scope }) => limiter.take(scope));
    const heard = requests.getStore();
    if (heard !== id) throw new Error(`heard ${JSON.stringify(heard)}`);
  },
  /** One request makes the call, and the others get its value. */
  async flight(id) {
    const value = await timeout(10_000, ({ scope }) =>
      flights.get(scope, "key", async (key, own) => {
        await own.sleep(20);
        return `value of ${key}`;
      }),
    );
    const heard = requests.getStore();
    if (value !== "value of key" || heard !== id) throw new Error(`got ${value}, heard ${JSON.stringify(heard)}`);
  },
  /** Even requests send to odd ones: each continues in its own context. */
  async channel(id) {
    const heard: (string | undefined)[] = [];
    await timeout(10_000, async ({ scope }) => {
      for (const channel of [rendezvous, buffered]) {
        if (Number(id) % 2 === 0) await channel.send(scope, `item of ${id}`);
        else if (!/^item of [02468]$/.test(await channel.receive(scope))) throw new Error("got something else");
        heard.push(requests.getStore());
        await scope.sleep(1);
        heard.push(requests.getStore());
      }
    });
    if (heard.some((each) => each !== id)) throw new Error(`heard ${heard.join()}`);
  },
  /** A receive that was cancelled in one request takes nothing from another. */
  async leave(id) {
    await timeout(10_000, async ({ scope }) => {
      using leaving = new CancelScope({ parent: scope });
      const left = buffered.receive(leaving).then(
        () => "an item",
        () => requests.getStore(),
      );
      leaving.deadline = now() + 3;
      const heard = await left;
      if (heard !== id) throw new Error(`heard ${JSON.stringify(heard)}`);
    });
  },
  /** Each request has a subscription, gets what it and others send, and reads it in its own context. */
  async broadcast(id) {
    const heard: (string | undefined)[] = [];
    await timeout(10_000, async ({ scope }) => {
      const subscription = news.subscribe(scope, { capacity: Infinity });
      await news.send(scope, id);
      let own = false;
      while (!own) {
        own = (await subscription.receive(scope)) === id;
        heard.push(requests.getStore());
      }
      subscription.close();
    });
    if (heard.some((each) => each !== id)) throw new Error(`heard ${heard.join()}`);
  },
  /** A check in one request does not run anything of another: both deadlines have passed at the time of the check. */
  async check(id) {
    using scope = new CancelScope({ parent: root, deadline: now() + 10 });
    let heard: string | undefined;
    scope.onCancel(() => (heard = requests.getStore()));
    for (let turns = 0; turns < 20; turns++) {
      using other = new CancelScope({ parent: root, deadline: now() + 1 });
      await other.sleep(2).catch(() => {});
      if (!other.cancelled) throw new Error("a deadline that has passed is not seen");
    }
    if (!scope.cancelled || heard !== id) throw new Error(`heard ${JSON.stringify(heard)}`);
  },
  /** Its wait outlives the request: workerd drops the timers of a request that has ended. */
  abandon() {
    void new CancelScope({ parent: root, deadline: now() + 30 }).sleep(50).catch(() => {});
    void root.sleep(40).catch(() => {});
    supervisor.createTask((scope) => scope.sleep(60));
  },
  /** The clock may stand still while code runs: a check sees the latest time that it shows. */
  async still() {
    const deadline = now() + 5;
    using scope = new CancelScope({ deadline });
    for (let count = 0; count < 100_000; count++) {
      const before = now();
      const { cancelled } = scope;
      if (cancelled ? now() < deadline : before >= deadline)
        throw new Error(`cancelled: ${cancelled}, ${before}, ${deadline}`);
      if (cancelled) return;
    }
    const reason: unknown = await scope.sleep(1_000).catch((error: unknown) => error);
    if (!scope.cancelled || (reason as CancelledError).scope !== scope) throw new Error(`got ${String(reason)}`);
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    try {
      const id = searchParams.get("id") ?? "";
      await requests.run(id, () => routes[pathname.slice(1)]!(id));
      return new Response("done");
    } catch (error) {
      return new Response(String(error instanceof Error ? (error.stack ?? error) : error), { status: 500 });
    }
  },
};
