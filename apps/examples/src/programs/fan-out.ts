import { EventEmitter } from "node:events";
import { Broadcast, LaggedError } from "@selvage/channel";
import { fromEvents } from "@selvage/stream";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A socket gets a price every 10 ms. An archive stores each one, a chart draws the newest, and an alarm has to see each one soon. A chart takes 35 ms.
 *
 * Look at: the chart. Listeners of an emitter are not waited for, so it draws several prices at once, and draws on after the socket is closed. In a broadcast
 * each consumer has its own buffer, and says what happens when it is slow: the sender waits, an old item is dropped, or the consumer gets an error that
 * says how many it has missed.
 */
export const program: Program = {
  name: "fan-out",
  description: "prices of a socket for three consumers: listeners, or a broadcast with a buffer for each",
  async run(stage) {
    await withListeners(stage);
    await withBroadcast(stage);
  },
};

const prices = [10, 11, 12, 13, 14, 15];

async function withListeners({ out, clock }: Stage): Promise<void> {
  out("listeners of an emitter");
  const timers = new NativeTimers(clock);
  const socket = new EventEmitter();
  const consumers = new Consumers(out);
  const handled: Promise<void>[] = []; // Only so that this program can wait. An emitter drops these promises.
  socket.on("price", (price: number) => handled.push(consumers.store(price, timers)));
  socket.on("price", (price: number) => handled.push(consumers.draw(price, timers)));
  socket.on("price", (price: number) => handled.push(consumers.check(price, timers)));
  await feed(socket, timers);
  out(`  the socket is closed; charts being drawn: ${consumers.drawing}`);
  await Promise.all(handled);
  consumers.report();
}

async function withBroadcast({ out, clock }: Stage): Promise<void> {
  out("a broadcast");
  const socket = new EventEmitter();
  const consumers = new Consumers(out);
  await TaskGroup.run(
    (group) => {
      const all = new Broadcast<number>({ name: "prices" });
      group.createTask(async function archive(scope) {
        const own = all.subscribe(scope, { capacity: 100 });
        for await (const price of own.items(scope)) await consumers.store(price, scope);
      });
      group.createTask(async function chart(scope) {
        const own = all.subscribe(scope, { capacity: 1, overflow: "drop-oldest" });
        for await (const price of own.items(scope)) await consumers.draw(price, scope);
      });
      group.createTask(async function alarm(scope) {
        const own = all.subscribe(scope, { capacity: 2, overflow: "error" });
        try {
          for await (const price of own.items(scope)) await consumers.check(price, scope);
        } catch (error) {
          if (!(error instanceof LaggedError)) throw error;
          out(`  the alarm has missed ${error.missed} prices, and starts over`);
        }
        for await (const price of own.items(scope)) await consumers.check(price, scope);
      });
      group.createTask(async function receive(scope) {
        for await (const price of fromEvents<number>(scope, socket, "price", { until: "close" })) {
          await all.send(scope, price);
        }
        all.close();
      });
      group.createTask(async function connection(scope) {
        await feed(socket, scope);
      });
    },
    { clock },
  );
  out(`  the socket is closed; charts being drawn: ${consumers.drawing}`);
  consumers.report();
}

/** Stands for the server at the other end of the socket. */
async function feed(socket: EventEmitter, where: Sleeper): Promise<void> {
  for (const price of prices) {
    await where.sleep(10);
    socket.emit("price", price);
  }
  socket.emit("close");
}

class Consumers {
  drawing = 0;
  readonly #out: (line: string) => void;
  readonly #stored: number[] = [];
  readonly #drawn: number[] = [];
  readonly #checked: number[] = [];
  #most = 0;

  constructor(out: (line: string) => void) {
    this.#out = out;
  }

  async store(price: number, where: Sleeper): Promise<void> {
    await where.sleep(15);
    this.#stored.push(price);
  }

  async draw(price: number, where: Sleeper): Promise<void> {
    this.#most = Math.max(this.#most, ++this.drawing);
    await where.sleep(35);
    this.drawing--;
    this.#drawn.push(price);
  }

  /** The first check takes longer, because it connects. */
  async check(price: number, where: Sleeper): Promise<void> {
    await where.sleep(price === prices[0] ? 45 : 1);
    this.#checked.push(price);
  }

  report(): void {
    this.#out(`  stored ${this.#stored.join(" ")}`);
    this.#out(`  drew ${this.#drawn.join(" ")}, ${this.#most} at a time`);
    this.#out(`  checked ${this.#checked.join(" ")}`);
  }
}
