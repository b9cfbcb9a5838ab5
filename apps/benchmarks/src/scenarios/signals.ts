import { time } from "../measure.js";
import type { Request } from "../programs.js";
import type { Scenario } from "../scenario.js";
import { resolved, work } from "../work.js";

export const signals: Scenario = {
  id: "G",
  title: "Every task reads its signal",
  about:
    "1,000 tasks do as with `fetch`: each reads a signal of its own and listens to it, until it is aborted because all are cancelled, " +
    "or until the task has ended by itself after a microtask. The floor is a bare `AbortController` for each, its signal read, and aborted " +
    "by hand in the former case.",
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
  goals: [
    {
      text: "at most 1.2 times an `AbortController` each, read and aborted",
      of: ["taskGroup", "supervisor"],
      cases: ["cancelled"],
      limit: { times: 1.2, of: ["controllers"] },
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
  throw new Error("expected nobody to be cancelled");
}
