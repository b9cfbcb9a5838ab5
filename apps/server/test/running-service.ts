import { CancelScope } from "@selvage/scope";
import { pino } from "pino";
import { type Config, readConfig } from "../src/config.js";
import { serve } from "../src/service.js";
import { startTelemetry } from "../src/telemetry.js";

/** A service in this process, with an embedded database in memory. */
export interface RunningService extends AsyncDisposable {
  readonly url: string;
  /** What it logs. */
  readonly lines: readonly string[];
  /** Set to true, it is about to leave. */
  leaving: boolean;
  /** Begins the shutdown. */
  stop(): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Posts a text that need not be an event. */
  postText(body: string, headers?: Record<string, string>): Promise<Response>;
}

/** Starts a service, and waits until it listens. */
export async function startService(config: Partial<Config> = {}): Promise<RunningService> {
  const defaults = readConfig({ PORT: "0", DATA_FOLDER: "memory://", RETRY_DELAY_MS: "1", ROUND_DELAY_MS: "1" });
  const all = { ...defaults, ...config };
  const parent = new CancelScope({ parent: null, name: "serving" });
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const telemetry = startTelemetry(all);
  const state = { leaving: false };
  let resolve!: (url: string) => void;
  const listening = new Promise<string>((settle) => (resolve = settle));
  const ended = serve({ parent, config: all, log, telemetry, isLeaving: () => state.leaving, listening: resolve });
  const url = await Promise.race([
    listening,
    ended.then(() => Promise.reject(new Error(`expected it to serve:\n${lines.join("")}`))),
  ]);
  const postText: RunningService["postText"] = (body, headers = {}) =>
    fetch(`${url}/events`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
  return {
    url,
    lines,
    get leaving() {
      return state.leaving;
    },
    set leaving(value) {
      state.leaving = value;
    },
    stop: () => parent.cancel("stopped"),
    ended,
    post: (body, headers) => postText(JSON.stringify(body), headers),
    postText,
    async [Symbol.asyncDispose]() {
      parent.cancel("the test is over");
      await ended;
      await telemetry[Symbol.asyncDispose]();
    },
  };
}
