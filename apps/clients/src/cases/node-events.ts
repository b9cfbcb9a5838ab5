import { EventEmitter, on, once } from "node:events";
import { createInterface } from "node:readline";
import { createInterface as createPromisingInterface } from "node:readline/promises";
import { PassThrough } from "node:stream";
import { scheduler, setImmediate, setInterval, setTimeout } from "node:timers/promises";
import type { Case } from "../case.js";
import { iterate } from "../iterate.js";

const node = { package: "node", cancelledBy: "signal" } as const;
const LONG = 1_000_000;

/** `node:timers/promises`, `node:events`, `node:readline`. */
export const events: readonly Case[] = [
  {
    ...node,
    name: "`timers/promises`: `setTimeout`",
    write: "await setTimeout(ms, value, { signal })",
    start({ signal, underway }) {
      const waiting = setTimeout(LONG, undefined, { signal });
      underway();
      return waiting;
    },
  },
  {
    ...node,
    name: "`timers/promises`: `setImmediate`",
    write: "await setImmediate(value, { signal })",
    start({ signal, underway }) {
      const waiting = setImmediate(undefined, { signal });
      underway();
      return waiting;
    },
  },
  {
    ...node,
    name: "`timers/promises`: `setInterval`",
    write: "for await (const _ of setInterval(ms, value, { signal }))",
    async start({ signal, underway }) {
      const ticks = setInterval(LONG, undefined, { signal })[Symbol.asyncIterator]();
      const next = ticks.next();
      underway();
      await next;
    },
  },
  {
    ...node,
    name: "`timers/promises`: `scheduler.wait`",
    write: "await scheduler.wait(ms, { signal })",
    start({ signal, underway }) {
      const waiting = scheduler.wait(LONG, { signal });
      underway();
      return waiting;
    },
  },
  {
    ...node,
    name: "`events.once`",
    write: `await once(emitter, "event", { signal })`,
    start({ signal, underway }) {
      const waiting = once(new EventEmitter(), "event", { signal });
      underway();
      return waiting;
    },
  },
  {
    ...node,
    name: "`events.on`",
    write: `for await (const [event] of on(emitter, "event", { signal }))`,
    async start({ signal, underway }) {
      const emitter = new EventEmitter();
      const received = on(emitter, "event", { signal });
      emitter.emit("event");
      await iterate(received, underway);
    },
  },
  {
    ...node,
    name: "`readline/promises`: `question`",
    write: "await lines.question(text, { signal })",
    start({ signal, underway, defer }) {
      const lines = createPromisingInterface({ input: new PassThrough() });
      defer(() => lines.close());
      const answering = lines.question("?", { signal });
      underway();
      return answering;
    },
  },
  {
    ...node,
    remedy: "race",
    name: "`readline`: `question` with a callback",
    write: "await scope.race(new Promise((resolve) => lines.question(text, { signal }, resolve)))",
    start({ signal, underway, defer }) {
      const lines = createInterface({ input: new PassThrough() });
      defer(() => lines.close());
      const answering = new Promise((resolve) => lines.question("?", { signal }, resolve));
      underway();
      return answering;
    },
  },
  {
    ...node,
    remedy: "check",
    name: "`readline`: `for await` over `createInterface`",
    write: "for await (const line of createInterface({ input, signal })) { … } scope.throwIfCancelled()",
    async start({ signal, underway }) {
      const input = new PassThrough();
      input.write("a line\n");
      await iterate(createInterface({ input, signal }), underway);
    },
  },
];
