import { time } from "../measure.js";
import type { Request } from "../programs.js";
import type { Scenario } from "../scenario.js";
import { resolved, work } from "../work.js";

export const signals: Scenario = {
  id: "G",
  title: "Every task reads its signal",
  about:
    "1,000 tasks do what `fetch` does: each reads its signal and listens to it, until it is aborted because all tasks are cancelled, or until the " +
    "task has ended by itself after a microtask. The floor is an `AbortController` for each task, whose signal is read, and which is aborted by hand where tasks are " +
    "cancelled.",
  cases: [
    {
      id: "cancelled",
      title: "cancelled",
      unit: "ns",
      floor: "controllers",
      n: 1_000,
      program: "readSignals",
      variant: "cancelled",
      measure: (programs, n, effort) => time(() => programs.readSignals!(n, untilAborted, true), n, effort),
    },
    {
      id: "ended",
      title: "ended by themselves",
      unit: "ns",
      floor: "controllers",
      n: 1_000,
      program: "readSignals",
      variant: "ended",
      measure: (programs, n, effort) => time(() => programs.readSignals!(n, briefly, false), n, effort),
    },
  ],
};

const untilAborted: Request = async (signal) => {
  work.started++;
  try {
    await new Promise<void>((_, reject) => {
      signal.addEventListener(
        "abort",
        () => {
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });
  } finally {
    work.ended++;
  }
};

const briefly: Request = async (signal) => {
  work.started++;
  signal.addEventListener("abort", unexpected);
  await resolved;
  signal.removeEventListener("abort", unexpected);
  work.ended++;
};

function unexpected(): void {
  throw new Error("expected no cancellation");
}
