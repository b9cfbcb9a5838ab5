import { afterEach, describe, expect, it } from "vitest";
import { addListeners, type Listener, removeListeners } from "../src/listeners.js";

const events = ["SIGUSR2", "SIGWINCH", "selvage"];
const listeners: readonly Listener[] = events.map((event) => ({ event, listener: () => {} }));
const counts = (): number[] => events.map((event) => process.listenerCount(event));

afterEach(() => {
  for (const event of events) process.removeAllListeners(event);
});

describe("addListeners", () => {
  it("addListeners adds all listeners, and removeListeners removes them and no others (R1)", () => {
    const own = (): void => {};
    process.on("SIGUSR2", own);
    addListeners(listeners);
    expect(counts()).toEqual([2, 1, 1]);
    removeListeners(listeners);
    removeListeners(listeners);
    expect(counts()).toEqual([1, 0, 0]);
    expect(process.listeners("SIGUSR2")).toEqual([own]);
  });

  it("addListeners adds no listener if the platform refuses one (R1)", () => {
    expect(() => addListeners([...listeners, { event: "SIGKILL", listener: () => {} }])).toThrow("EINVAL");
    expect(counts()).toEqual([0, 0, 0]);
  });

  it("addListeners adds no listener if a listener for new listeners throws (R1)", () => {
    const hostile = (event: unknown): void => {
      if (event === "selvage") throw new Error("hostile");
    };
    process.on("newListener", hostile);
    try {
      expect(() => addListeners(listeners)).toThrow("hostile");
    } finally {
      process.off("newListener", hostile);
    }
    expect(counts()).toEqual([0, 0, 0]);
  });
});
