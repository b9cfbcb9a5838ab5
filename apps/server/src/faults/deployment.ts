import { Watch } from "@selvage/channel";
import type { CancelScope } from "@selvage/scope";
import { moveOnAfter, timeout } from "@selvage/timeout";
import { type Exit, type ProcessOptions, ServiceProcess } from "./service-process.js";

/** When a shutdown of the service leaves what has not ended, in milliseconds. */
const SHUTDOWN_TIMEOUT = 3_000;
/** For a machine that has other things to do, too. */
const MARGIN = 3_000;
/** How long a shutdown may take from the signal to the end of the process, in milliseconds: the service's time, the runner's, and a margin. */
export const LATE: number = SHUTDOWN_TIMEOUT + 2_000 + MARGIN;
/** How long a start may take. */
const START = 30_000;
/** How many processes may end by themselves. More are not replaced. */
const MOST_CRASHES = 20;

/** The short times with which the service runs under faults. */
const ENVIRONMENT = {
  PORT: "0",
  LOG_LEVEL: "info",
  LEASE_MS: "3000",
  ATTEMPT_TIMEOUT_MS: "500",
  RETRY_DELAY_MS: "50",
  ROUND_DELAY_MS: "200",
  ROUNDS: "1000",
  PER_DESTINATION: "20",
  POLL_INTERVAL_MS: "200",
  GRACE_MS: "1000",
  SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT),
};

/** How a shutdown ended. */
export interface Shutdown {
  readonly elapsed: number;
  readonly exit: Exit;
}

/** Keeps one process of the service running, as an orchestrator does: one that ends by itself is replaced. */
export class Deployment implements AsyncDisposable {
  /** Where it listens; `undefined` while it does not. */
  readonly url: Watch<string | undefined> = new Watch<string | undefined>(undefined);
  /** Every shutdown that a SIGTERM began. */
  readonly shutdowns: Shutdown[] = [];
  /** How each process ended that ended by itself. */
  readonly crashes: Exit[] = [];
  /** How many processes have been started. */
  starts: number = 0;
  readonly #options: ProcessOptions;
  #process: ServiceProcess | undefined;
  #peak: number = 0;

  constructor(databaseUrl: string, { env, ...options }: Partial<ProcessOptions> = {}) {
    this.#options = { env: { ...ENVIRONMENT, DATABASE_URL: databaseUrl, ...env }, ...options };
  }

  /** The most memory that a process has had, in bytes. */
  get peak(): number {
    return Math.max(this.#peak, this.#process?.peak ?? 0);
  }

  /** The running process. @throws {Error} If there is none. */
  get process(): ServiceProcess {
    if (this.#process === undefined) throw new Error("expected a running process");
    return this.#process;
  }

  /** Starts a process without waiting until it listens. */
  launch(): void {
    this.starts++;
    const process = new ServiceProcess(this.#options, (url) => {
      if (this.#process === process) this.url.set(url);
    });
    this.#process = process;
    void process.ended.then((exit) => {
      if (this.#process !== process) return;
      this.#process = undefined;
      this.url.set(undefined);
      this.crashes.push(exit);
      if (this.crashes.length < MOST_CRASHES) this.launch();
    });
  }

  /** Starts a process, and waits until it listens. */
  async start(scope: CancelScope): Promise<void> {
    this.launch();
    await this.listening(scope);
  }

  async listening(scope: CancelScope): Promise<void> {
    await timeout(START, ({ scope: own }) => this.url.until(own, (url) => url !== undefined), { parent: scope });
  }

  /** Sends SIGTERM, and waits until the process has ended. One that is late is killed. */
  async terminate(scope: CancelScope): Promise<Shutdown> {
    const process = this.#dismiss();
    const began = performance.now();
    process.signal("SIGTERM");
    const inTime = await moveOnAfter(LATE, ({ scope: own }) => own.race(process.ended), { parent: scope });
    const elapsed = performance.now() - began;
    if (inTime === undefined) process.signal("SIGKILL");
    const shutdown = { elapsed, exit: inTime ?? (await scope.race(process.ended)) };
    this.shutdowns.push(shutdown);
    return shutdown;
  }

  /** Sends SIGKILL, and waits until the process has ended. */
  async kill(scope: CancelScope): Promise<void> {
    const process = this.#dismiss();
    process.signal("SIGKILL");
    await scope.race(process.ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process === undefined) return;
    const process = this.#dismiss();
    process.signal("SIGKILL");
    await process.ended;
  }

  /** From now on, the end of the process is intended. */
  #dismiss(): ServiceProcess {
    const { process } = this;
    this.#peak = this.peak; // a process that has ended does not say it
    this.#process = undefined;
    this.url.set(undefined);
    return process;
  }
}

/** A line if a shutdown was late, or did not end with success: 0 after a drain, 143 if it was stopped while it started. */
export function judge({ elapsed, exit: { code, output } }: Shutdown): string[] {
  if (elapsed >= LATE) return [`a shutdown took more than ${LATE} ms\n${output.join("\n")}`];
  return code === 0 || code === 143 ? [] : [`a shutdown ended with ${code}\n${output.join("\n")}`];
}
