import { describe, expect, it } from "vitest";
import { settled, VirtualClock } from "../src/index.js";
import { nextTurn } from "../src/macrotask.js";

function sleep(clock: VirtualClock, delay: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, delay);
  });
}

describe("a move", () => {
  it("a move lets runnable code reach its timers before time moves (C2)", async () => {
    const clock = new VirtualClock();
    const woke: number[] = [];
    async function program(): Promise<void> {
      for (let hop = 0; hop < 50; hop++) await Promise.resolve();
      await nextTurn();
      await sleep(clock, 5);
      woke.push(clock.now());
    }
    void program();
    await clock.advance(5);
    expect(woke).toEqual([5]);
  });

  it("a move lets everything settle after each timer, so that timers set on the way fire in their place (C2)", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    async function program(name: string, period: number): Promise<void> {
      for (let round = 0; round < 3; round++) {
        await sleep(clock, period);
        await nextTurn();
        log.push(`${name} at ${clock.now()}`);
      }
    }
    void program("a", 2);
    void program("b", 3);
    await clock.advance(6);
    expect(log).toEqual(["a at 2", "b at 3", "a at 4", "b at 6", "a at 6"]);
  });

  it("a move settles between timers that are due at the same time (C2)", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    async function program(name: string): Promise<void> {
      await sleep(clock, 1);
      for (let hop = 0; hop < 50; hop++) await Promise.resolve();
      log.push(name);
    }
    void program("first");
    clock.setTimer(() => log.push("second"), 1);
    await clock.advance(1);
    expect(log).toEqual(["first", "second"]);
  });

  it("a move ends after the code that its last timer woke has settled (C2)", async () => {
    const clock = new VirtualClock();
    let done = false;
    void sleep(clock, 5)
      .then(() => nextTurn())
      .then(() => {
        done = true;
      });
    await clock.advance(5);
    expect(done).toBe(true);
  });

  it("a move fires a timer set on the way for no later than its end, and no other (C2)", async () => {
    const clock = new VirtualClock();
    const log: number[] = [];
    clock.setTimer(() => {
      clock.setTimer(() => log.push(clock.now()), 5);
      clock.setTimer(() => log.push(clock.now()), 5.1);
    }, 5);
    await clock.advance(10);
    expect([log, clock.now(), clock.next]).toEqual([[10], 10, 10.1]);
  });

  it("a move queues behind the moves before it, and starts where the one before ended (C2)", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.setTimer(() => log.push(`timer at ${clock.now()}`), 12);
    const ended = (name: string) => () => log.push(`${name} at ${clock.now()}`);
    await Promise.all([
      clock.advance(5).then(ended("first")),
      clock.advance(5).then(ended("second")),
      clock.advanceTo(11).then(ended("third")),
      clock.runAll().then(ended("fourth")),
      clock.advance(1).then(ended("fifth")),
    ]);
    expect(log).toEqual(["first at 5", "second at 10", "third at 11", "timer at 12", "fourth at 12", "fifth at 13"]);
  });

  it("a move does not go back if the moves before went beyond its end (C2)", async () => {
    const clock = new VirtualClock();
    const [, past] = [clock.advance(10), clock.advanceTo(4)];
    await past;
    expect(clock.now()).toBe(10);
  });

  it("a move that a timer callback requests starts where the current one ends (C2)", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.setTimer(() => {
      void clock.advance(7).then(() => log.push(`inner to ${clock.now()}`));
    }, 3);
    await clock.advance(10).then(() => log.push(`outer to ${clock.now()}`));
    await settled();
    expect(log).toEqual(["outer to 10", "inner to 17"]);
  });

  it("a move that code under test awaits does not deadlock with the move that woke the code (C2)", async () => {
    const clock = new VirtualClock();
    async function program(): Promise<number> {
      await sleep(clock, 3);
      await clock.advance(7);
      return clock.now();
    }
    const [now] = await Promise.all([program(), clock.advance(10)]);
    expect(now).toBe(17);
  });

  it("a move continues if its caller does not wait for it", async () => {
    const clock = new VirtualClock();
    void clock.advance(5);
    await sleep(clock, 5);
    expect(clock.now()).toBe(5);
  });

  it("a move continues to its end when a callback throws, then rejects with the error itself (C2)", async () => {
    const clock = new VirtualClock();
    const error = new Error("thrown by a timer");
    const log: number[] = [];
    clock.setTimer(() => {
      throw error;
    }, 1);
    clock.setTimer(() => log.push(clock.now()), 1);
    clock.setTimer(() => log.push(clock.now()), 2);
    await expect(clock.advance(3)).rejects.toBe(error);
    expect([log, clock.now(), clock.pending]).toEqual([[1, 2], 3, 0]);
    await clock.advance(1);
    expect(clock.now()).toBe(4);
  });

  it("a move rejects with all errors if several callbacks throw, whatever they throw (C2)", async () => {
    const clock = new VirtualClock();
    for (const thrown of [new Error("first"), undefined] as unknown[]) {
      clock.setTimer(() => {
        throw thrown;
      }, 1);
    }
    await expect(clock.runAll()).rejects.toMatchObject({
      name: "AggregateError",
      message: "2 errors while time moved.",
      errors: [new Error("first"), undefined],
    });
  });

  it("a move that queues behind one that rejects is not affected", async () => {
    const clock = new VirtualClock();
    clock.setTimer(() => {
      throw new Error("thrown by a timer");
    }, 1);
    const [first, second] = await Promise.allSettled([clock.advance(5), clock.advance(5)]);
    expect([first.status, second.status, clock.now()]).toEqual(["rejected", "fulfilled", 10]);
  });

  it("a move rejects if timers without delay keep time from moving, and leaves the clock usable", async () => {
    const clock = new VirtualClock({ start: 7 });
    let going = true;
    const again = (): void => {
      if (going) clock.setTimer(again, 0);
    };
    again();
    await expect(clock.advance(1)).rejects.toThrow(
      "Time stands still at 7: 10000 timers in a row fired there, and more are due. Something sets a timer without delay whenever one fires.",
    );
    going = false;
    await clock.advance(1);
    expect([clock.now(), clock.pending]).toEqual([8, 0]);
  });

  it("a move has no limit of timers as long as time moves", async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = (): void => {
      clock.setTimer(tick, 1);
      ticks++;
    };
    tick();
    await clock.advance(11_000);
    expect(ticks).toBe(11_001);
  });
});
