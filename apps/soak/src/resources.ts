/** The maximum number of turns of the event loop after which a closed handle is gone. */
const TURNS = 10;
/** The handles that keep the process alive. */
const HANDLES = ["TCPServerWrap", "TCPSocketWrap", "Timeout"];

/** Watches the platform's resources, which a round must release, and errors, which must not occur meanwhile. */
export class Resources {
  readonly #before: ReadonlyMap<string, number> = inUse();
  readonly #uncaught: unknown[] = [];
  readonly #note = (error: unknown): void => {
    this.#uncaught.push(error);
  };

  constructor() {
    process.on("uncaughtExceptionMonitor", this.#note);
    process.on("unhandledRejection", this.#note);
  }

  /** Stops watching. Returns a line for each uncaught error, and for each resource that is left. */
  async release(): Promise<string[]> {
    // An unhandled rejection is reported within a turn.
    let turns = 0;
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#left(HANDLES).length > 0 && ++turns < TURNS);
    process.off("uncaughtExceptionMonitor", this.#note);
    process.off("unhandledRejection", this.#note);
    return [...this.#uncaught.map((error) => `uncaught: ${String(error)}`), ...this.#left([...inUse().keys()])];
  }

  #left(kinds: readonly string[]): string[] {
    const now = inUse();
    return kinds.flatMap((kind) => {
      const more = (now.get(kind) ?? 0) - (this.#before.get(kind) ?? 0);
      return more > 0 ? [`left: ${more} ${kind}`] : [];
    });
  }
}

/** The numbers of handles, and of listeners of the process. */
function inUse(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (HANDLES.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  for (const event of process.eventNames()) counts.set(`listeners of ${String(event)}`, process.listenerCount(event));
  return counts;
}
