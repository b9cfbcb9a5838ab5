import { CancelScope } from "@selvage/scope";
import { RateLimiter, Semaphore } from "@selvage/semaphore";
import { map, TaskGroup } from "@selvage/task-group";
import type { Program, Stage } from "../program.js";

/*
 * A provider allows two calls at once. A shop calls it from three places: two groups and a map.
 *
 * Look at: how many calls run at once. A limit of each place counts its own calls only. A semaphore is one limit over all of them, and a number is not
 * lost when one of the groups is cancelled while it waits. A rate limiter counts how many calls begin, and not how many run.
 */
export const program: Program = {
  name: "semaphores",
  description: "one limit over two groups and a map, of which one is cancelled, and a rate limit",
  async run(stage) {
    await withLimits(stage);
    await withSemaphore(stage);
    await withCancelledGroup(stage);
    await withRate(stage);
  },
};

/** Counts the calls that run. A call takes 50 ms. */
class Provider {
  most = 0;
  calls = 0;
  #running = 0;

  readonly call = async (scope: CancelScope): Promise<void> => {
    this.calls++;
    this.most = Math.max(this.most, ++this.#running);
    try {
      await scope.sleep(50);
    } finally {
      this.#running--;
    }
  };
}

async function withLimits({ out, clock }: Stage): Promise<void> {
  const provider = new Provider();
  await callFromThreePlaces(provider, { limit: 2, clock });
  out(`each place has a limit of 2: ${provider.calls} calls, ${provider.most} at once`);
}

async function withSemaphore({ out, clock }: Stage): Promise<void> {
  const provider = new Provider();
  const limit = new Semaphore(2, { name: "provider" });
  await callFromThreePlaces(provider, { limit, clock });
  out(`all have one semaphore of 2: ${provider.calls} calls, ${provider.most} at once, ${limit.free} permits left`);
}

async function callFromThreePlaces(
  { call }: Provider,
  options: { limit: number | Semaphore; clock: Stage["clock"] },
): Promise<void> {
  const fill = (group: TaskGroup): void => {
    for (let count = 0; count < 4; count++) group.createTask(call);
  };
  await Promise.all([
    TaskGroup.run(fill, options),
    TaskGroup.run(fill, options),
    map([1, 2, 3, 4], (_, scope) => call(scope), options),
  ]);
}

async function withCancelledGroup({ out, clock }: Stage): Promise<void> {
  const provider = new Provider();
  const limit = new Semaphore(2, { name: "provider" });
  const options = { limit, clock };
  const impatient = TaskGroup.run((group) => {
    for (let count = 0; count < 4; count++) group.createTask(provider.call);
    group.scope.deadline = group.scope.clock.now() + 20;
  }, options);
  await Promise.all([impatient, map([1, 2, 3, 4], (_, scope) => provider.call(scope), options)]);
  out(`a group of 4 gives up after 20 ms: ${provider.calls} calls, ${limit.free} permits left, ${limit.waiting} wait`);
}

async function withRate({ out, clock }: Stage): Promise<void> {
  const rate = new RateLimiter({ rate: 10, per: 1_000, burst: 2, clock });
  await CancelScope.run(
    async (scope) => {
      const start = scope.clock.now();
      const times = await map(
        ["a", "b", "c", "d"],
        async (name, own) => {
          await rate.take(own);
          return `${name} at ${Math.round(scope.clock.now() - start)}`;
        },
        { parent: scope },
      );
      out(`10 calls in a second, 2 at once: ${times.join(", ")} ms`);
    },
    { clock },
  );
}
