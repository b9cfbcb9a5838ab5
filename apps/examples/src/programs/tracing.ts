import { context, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { instrument } from "@selvage/otel";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { collected } from "./work/collected.js";

/*
 * A page is made of three parts. One of them fails. The traces go to a collector, and are drawn as Jaeger draws them.
 *
 * Look at: "load cart". By hand it is missing, because Promise.all leaves it running, and its span has not ended when the page has. The functions need
 * a wrapper for spans. With `instrument` they need a name, and the trace shows what the failure has cancelled.
 */
export const program: Program = {
  name: "tracing",
  description: "spans by hand miss what Promise.all leaves running; instrument shows what was cancelled, and why",
  async run(stage) {
    await byHand(stage);
    await withInstrument(stage);
  },
};

async function byHand({ out, clock }: Stage): Promise<void> {
  out("spans by hand, and Promise.all");
  const timers = new NativeTimers(clock);
  let parts: Promise<unknown>[] = [];
  const lines = await collected(clock, (tracer) =>
    withSpan(tracer, "page", () => {
      parts = [
        withSpan(tracer, "load user", () => loadUser(timers)),
        withSpan(tracer, "load offers", () => loadOffers(timers, tracer)),
        withSpan(tracer, "load cart", () => loadCart(timers)),
      ];
      return Promise.all(parts);
    }).catch(() => {}),
  );
  for (const line of lines) out(`  ${line}`);
  await Promise.allSettled(parts);
}

async function withInstrument({ out, clock }: Stage): Promise<void> {
  out("instrument, and a TaskGroup");
  const lines = await collected(clock, async (tracer) => {
    using _instrumenting = instrument({ tracer });
    await TaskGroup.run(
      (page) => {
        page.createTask(loadUser, { name: "load user" });
        page.createTask((scope) => loadOffers(scope, tracer), { name: "load offers" });
        page.createTask(loadCart, { name: "load cart" });
      },
      { clock, name: "page" },
    ).catch(() => {});
  });
  for (const line of lines) out(`  ${line}`);
}

async function loadUser(scope: Sleeper): Promise<never> {
  await scope.sleep(80);
  throw new Error("503 from /user");
}

async function loadCart(scope: Sleeper): Promise<void> {
  await scope.sleep(500);
}

/** Another instrumentation makes a span, as that of `fetch` does. It is below the span of the task. */
async function loadOffers(scope: Sleeper, tracer: Tracer): Promise<void> {
  await scope.sleep(10);
  const request = tracer.startSpan("GET /offers");
  await scope.sleep(40);
  request.end();
}

/** Calls a function in a span. */
async function withSpan<T>(tracer: Tracer, name: string, fn: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name);
  try {
    return await context.with(trace.setSpan(context.active(), span), fn);
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    throw error;
  } finally {
    span.end();
  }
}
