import type { TaskStatus } from "@selvage/scope";

/** What requests there are. Each is named for what becomes of its task. */
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

/** `stop` asks the server to shut down. It is sent once in a round, if at all. */
export type Kind = (typeof kinds)[number] | "stop";

/** How the task of a request ends, and what status the client gets, where no shutdown cancels the task. */
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
