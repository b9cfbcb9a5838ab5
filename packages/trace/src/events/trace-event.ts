/*
 * The events of the Chrome JSON trace format that are used, as Perfetto's importer reads them. The source is the "Trace Event Format" specification of
 * Chromium's catapult project.
 *
 * Events with the phases b, e and n are nestable async events. Those with one category and one id share a track, and nest there. An id in `id2.local`
 * belongs to the process. `bind_id` with `flow_out` begins an arrow at the slice or instant, and with `flow_in` ends one. Perfetto accepts one
 * beginning and any number of ends for each `bind_id`.
 */

/** The values of an event. */
export type Args = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** An event, except the fields that all events of a process share. */
export interface TraceEvent {
  readonly name: string;
  /** Begin, end, instant, counter or metadata. */
  readonly ph: "b" | "e" | "n" | "C" | "M";
  readonly cat?: string;
  /** In microseconds on the axis of the trace. */
  readonly ts: number;
  readonly id2?: { readonly local: string };
  readonly args?: Args;
  readonly bind_id?: string;
  readonly flow_out?: true;
  readonly flow_in?: true;
}

/** Makes the JSON of events of one process and thread. */
export type Print = (event: TraceEvent) => string;

/** Returns the function that prints events of this process. */
export function printer(): Print {
  const { pid, tid } = whereAmI();
  return ({ name, cat, ph, ts, ...rest }) => JSON.stringify({ name, cat, ph, ts, pid, tid, ...rest });
}

/** Returns the ids of the process and the thread. Both are 1 where the platform does not have them. */
export function whereAmI(): { readonly pid: number; readonly tid: number } {
  const { process } = globalThis as { readonly process?: { readonly pid?: unknown; getBuiltinModule?: unknown } };
  const pid = Number.isInteger(process?.pid) ? (process!.pid as number) : 1;
  const threads = builtin("node:worker_threads") as { readonly threadId?: number } | undefined;
  // The main thread has the id of the process, as on Linux. That is how Perfetto knows it.
  const thread = threads?.threadId ?? 0;
  return { pid, tid: thread === 0 ? pid : thread };
}

/** Returns a module of the platform; `undefined` where it does not exist, or cannot be looked up at run time. */
export function builtin(name: string): unknown {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?: (name: string) => unknown } };
  try {
    return process?.getBuiltinModule?.(name);
  } catch {
    return undefined;
  }
}
