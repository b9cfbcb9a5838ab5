// A user's module that needs no `using`, so it must compile without `ESNext.Disposable` in `lib`.
import { Broadcast, Channel, elapsed, produce, select, Watch } from "@selvage/channel";
import { except, format, on, split } from "@selvage/exception-group";
import { Flights } from "@selvage/flight";
import { instrument, type InstrumentOptions } from "@selvage/otel";
import { Breaker, hedge, retry, RetryError } from "@selvage/retry";
import { run, Runner, type RunnerOptions } from "@selvage/runner";
import { CancelScope, ExceptionGroup, isCancellation, now, type Clock, type WaitScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { Keyed, Mutex, RateLimiter, Semaphore } from "@selvage/semaphore";
import { batch, fromEvents, mapStream, merge, switchMap, toReadableStream } from "@selvage/stream";
import { Supervisor, type ShutdownReport } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { sequence, settled, VirtualClock } from "@selvage/testing";
import { moveOnAfter, timeout, TimeoutError } from "@selvage/timeout";
import { type Messages, publish, traceTo, userTiming } from "@selvage/trace";

export const clock: Clock = new VirtualClock();

export async function both(parent: CancelScope): Promise<[number, string]> {
  return TaskGroup.run(
    async (group) => {
      const one = group.createTask(() => 1);
      const two = group.createTask(async (scope) => {
        await scope.sleep(1);
        return "two";
      });
      return [await one, await two];
    },
    { parent },
  );
}

export async function report(): Promise<ShutdownReport | undefined> {
  return moveOnAfter(10, async ({ scope }) => {
    const supervisor = new Supervisor({ parent: scope, onError: (error) => console.error(error) });
    supervisor.createTask(() => {});
    return supervisor.shutdown();
  });
}

export async function limited(): Promise<number> {
  try {
    return await timeout(5, () => now());
  } catch (error) {
    if (isCancellation(error) || error instanceof TimeoutError) return 0;
    except(
      error,
      on(TypeError, (group) => console.log(group.errors[0]?.message)),
    );
    return split(error, RangeError)[0]?.errors.length ?? format(error).length;
  }
}

export async function main(signals: RunnerOptions["signals"]): Promise<string> {
  const runner = new Runner({ signals, onError: (error) => console.error(error) });
  const value = await runner.run(() => "value");
  runner.close();
  return (await run((scope) => scope.cancelled)) ? "cancelled" : value;
}

export async function shared(scope: WaitScope): Promise<string> {
  const connections = new Semaphore(2);
  const hosts = new Keyed((host: string) => new RateLimiter({ rate: 1, per: 10, name: host }));
  const files = new Keyed((file: string) => new Mutex({ name: file }));
  const users = new Flights<number, string>({ ttl: 1_000, max: 10 });
  const breaker = new Breaker({ failures: 3 }, { resetAfter: 1_000 });
  await hosts.take(scope, "localhost");
  await TaskGroup.run((group) => group.createTask(() => files.run(scope, "a", (own) => own.name)), {
    limit: connections,
  });
  try {
    return await retry((attempt) => breaker.run(attempt, (own) => users.get(own, 1, async (id) => `user ${id}`)));
  } catch (error) {
    if (!(error instanceof RetryError)) throw error;
    return hedge([() => String(error.attempts), async () => "none"], { after: 10 });
  }
}

export function traced(tracer: InstrumentOptions["tracer"], fn: () => void): void {
  const instrumenting = instrument({ tracer, filter: (root) => root.name !== "health check", metricNames: ["poll"] });
  fn();
  instrumenting[Symbol.dispose]();
}

export const rest = [describeTree, ExceptionGroup, TaskOwner, sequence, settled];

/** A `Keyed` of one kind is not one of the other kind, also as published. */
export function wrongKeyed(scope: CancelScope): void {
  const limiters = new Keyed(() => new RateLimiter({ rate: 1, per: 1_000 }));
  const locks = new Keyed(() => new Mutex());
  // @ts-expect-error -- it has only `take`
  void limiters.run(scope, "k", () => "never");
  // @ts-expect-error -- it has no `take`
  void locks.take(scope, "k");
}

export async function flow(scope: CancelScope, socket: EventTarget): Promise<[string | number, number, string[][]]> {
  const jobs = new Channel<string>({ capacity: 1 });
  const numbers = produce<number>(scope, async (sender) => sender.send(1));
  const first = await select(scope, [
    jobs.onReceive((job) => job.length),
    numbers.onReceive((n) => n),
    jobs.onSend("one", () => "sent"),
    elapsed(5, () => "late"),
  ]);
  const watch = new Watch(0);
  const { version } = await watch.changed(scope, -0);
  const prices = new Broadcast<number>().subscribe(scope, { capacity: 1 });
  const texts = mapStream(merge([numbers, prices, [3]]), (n) => n.toFixed(), { limit: 2 });
  const batches: string[][] = [];
  for await (const texted of batch(texts, { size: 2 })) batches.push(texted);
  toReadableStream(switchMap(fromEvents<Event>(scope, socket, "message"), ({ type }) => type));
  return [first, version, batches];
}

export function watch(file: WritableStream<Uint8Array<ArrayBuffer>>, log: (text: string) => void): number {
  const traces = [traceTo(file, { preventClose: true }), traceTo(log, { onError: (error) => console.error(error) })];
  const message: Messages["selvage:scope:open"]["name"] = "page";
  return traces.length + [userTiming({ track: message }), publish()].length;
}
