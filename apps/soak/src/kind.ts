import type { TaskStatus } from "@selvage/scope";

/** The kinds of requests. Each is named for the outcome of its task. */
export const kinds = [
  "plain",
  "parts",
  "failing",
  "failing-part",
  "late",
  "left",
  "poke",
  "held",
  "unclean",
  "stubborn",
  "stubborn-failing",
] as const;

/** `stop` requests a shutdown of the server. It is sent at most once in a round. */
export type Kind = (typeof kinds)[number] | "stop";

/** How the task of a request ends, and the status for the client, if no shutdown cancels the task. */
export const outcomes: Record<Kind, { readonly ends: TaskStatus; readonly answer: number }> = {
  plain: { ends: "fulfilled", answer: 200 },
  parts: { ends: "fulfilled", answer: 200 },
  failing: { ends: "rejected", answer: 500 },
  "failing-part": { ends: "rejected", answer: 500 },
  late: { ends: "rejected", answer: 504 },
  left: { ends: "cancelled", answer: 200 }, // the headers had been sent
  poke: { ends: "fulfilled", answer: 200 },
  held: { ends: "fulfilled", answer: 200 },
  unclean: { ends: "fulfilled", answer: 200 },
  stubborn: { ends: "fulfilled", answer: 200 },
  "stubborn-failing": { ends: "rejected", answer: 500 },
  stop: { ends: "fulfilled", answer: 200 },
};
