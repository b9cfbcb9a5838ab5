/** The fields of a trace event that a timeline uses. */
export interface TimelineEvent {
  readonly name: string;
  readonly ph: string;
  readonly cat?: string;
  /** In microseconds. */
  readonly ts: number;
  readonly id2?: { readonly local: string };
  readonly args?: Readonly<Record<string, unknown>>;
}

interface Bar {
  readonly label: string;
  readonly from: number;
  to: number;
  /** What is printed after the bar. */
  end: string;
  /** When the task was cancelled; `undefined` if it was not. */
  cancelled: number | undefined;
}

const WIDTH = 48;

/**
 * Prints a shutdown as a timeline in text: a line for each phase, and one for each task that was live when it began. It is drawn from the events of a
 * trace. Times are in milliseconds from the beginning of the shutdown.
 */
export function timeline(events: readonly TimelineEvent[]): string {
  const begun = events.find(({ cat, ph }) => cat === "selvage.shutdown" && ph === "b");
  if (begun === undefined) throw new Error("expected a shutdown in the trace");
  const bars = barsOf(events).filter(({ to }) => to >= begun.ts);
  const end = Math.max(...bars.map(({ to }) => to));
  const scale = WIDTH / (end - begun.ts);
  const column = (ts: number): number => Math.min(WIDTH, Math.max(0, Math.round((ts - begun.ts) * scale)));
  const width = Math.max(...bars.map(({ label }) => label.length)) + 1;
  const draw = ({ label, from, to, end: how, cancelled = to }: Bar): string => {
    const start = Math.min(column(from), WIDTH - 1);
    const [cut, stop] = [column(cancelled), Math.max(column(to), start + 1)];
    const bar = `${" ".repeat(start)}${"━".repeat(Math.max(cut - start, 0))}${"╌".repeat(Math.max(stop - cut, 0))}`;
    return `${label.padEnd(width)}│${bar.padEnd(WIDTH)}│ ${Math.round((to - begun.ts) / 1e3)} ms${how && `: ${how}`}`;
  };
  const ruler = `${"0".padEnd(WIDTH / 2)}${`${Math.round((end - begun.ts) / 2e3)}`.padEnd(WIDTH / 2)}`;
  return [`${" ".repeat(width + 1)}${ruler}${Math.round((end - begun.ts) / 1e3)} ms`, ...bars.map(draw)].join("\n");
}

/** The phases of the shutdown, and the tasks, in order of their beginning. */
function barsOf(events: readonly TimelineEvent[]): Bar[] {
  const open = new Map<string, Bar[]>();
  const phases: Bar[] = [];
  const tasks: Bar[] = [];
  for (const { name, ph, cat, ts, id2, args } of events) {
    const key = `${cat} ${id2?.local}`;
    const stack = open.get(key) ?? [];
    open.set(key, stack);
    if (ph === "b") {
      const isPhase = cat === "selvage.shutdown";
      const label = isPhase ? name : `  task ${name}`;
      const bar: Bar = { label, from: ts, to: Infinity, end: "", cancelled: undefined };
      stack.push(bar);
      if (isPhase) phases.push(bar);
      else if (args?.["kind"] === "task") tasks.push(bar);
    } else if (ph === "e") {
      const bar = stack.pop();
      if (bar !== undefined) Object.assign(bar, { to: ts, end: statusOf(args) });
    } else if (ph === "n" && (name === "cancel" || name === "cancelled") && stack[0] !== undefined) {
      stack[0].cancelled ??= ts;
    }
  }
  return [...phases, ...tasks];
}

function statusOf(args: TimelineEvent["args"]): string {
  const status = args?.["status"];
  return typeof status === "string" ? status : "";
}
