import type { Accounts } from "./audit.js";

/** The outcomes of the requests of one or more rounds. */
export interface Tally {
  /** Sent by the clients. */
  readonly requests: number;
  readonly answered: number;
  /** Requests whose task failed, for which `onError` was called. */
  readonly failed: number;
  readonly cancelled: number;
  /** Named in the report of the shutdown. */
  readonly abandoned: number;
  /** Answered with 503, because the supervisor accepted no more tasks. */
  readonly refused: number;
  /** Requests whose connection was refused or closed before the server had read them. */
  readonly unaccepted: number;
  /** The number of calls of `onError`, including those for the worker. */
  readonly failures: number;
  readonly restarts: number;
}

export function tallyOf({ books, sent, reports, stats }: Accounts): Tally {
  const abandoned = new Set(reports[0]?.abandoned);
  const requests = books.entries.filter(({ kind }) => kind !== undefined);
  const ended = requests.filter(({ name }) => !abandoned.has(name));
  return {
    requests: sent.length,
    answered: ended.filter(({ status }) => status === "fulfilled").length,
    failed: ended.filter(({ status }) => status === "rejected").length,
    cancelled: ended.filter(({ status }) => status === "cancelled").length,
    abandoned: requests.length - ended.length,
    refused: books.refused.length,
    unaccepted: sent.length - requests.length - books.refused.length,
    failures: books.entries.reduce((sum, { reported }) => sum + reported.length, 0),
    restarts: stats.restarts,
  };
}

export const nothing: Tally = {
  requests: 0,
  answered: 0,
  failed: 0,
  cancelled: 0,
  abandoned: 0,
  refused: 0,
  unaccepted: 0,
  failures: 0,
  restarts: 0,
};

export function sumOf(one: Tally, other: Tally): Tally {
  const keys = Object.keys(nothing) as (keyof Tally)[];
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as unknown as Tally;
}
