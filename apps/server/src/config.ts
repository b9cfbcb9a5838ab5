/** How the service is configured: from environment variables, each with a default. Times are in milliseconds. */
export interface Config {
  readonly host: string;
  /** The port to listen on; 0 for any free one. */
  readonly port: number;
  /** The PostgreSQL database; `undefined` for the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Where the embedded database keeps its files; "memory://" keeps them in memory. */
  readonly dataFolder: string;
  /** The key that signs deliveries; `undefined` for none. */
  readonly secret: string | undefined;
  /** How many deliveries run at once. */
  readonly inFlight: number;
  /** How many of them go to one destination. */
  readonly perDestination: number;
  /** How many requests may wait for the database. More are answered with 503. */
  readonly waiting: number;
  /** How long one attempt may take. */
  readonly attemptTimeout: number;
  /** How many attempts a round of a delivery has. */
  readonly attempts: number;
  /** The wait before the second attempt. It doubles with each attempt. */
  readonly retryDelay: number;
  /** How long a round may take. When it is over, another process may deliver the event. */
  readonly lease: number;
  /** How long an event waits after a round that has failed. It doubles with each round, up to an hour. */
  readonly roundDelay: number;
  /** After how many failed rounds an event is given up. */
  readonly rounds: number;
  /** How often the database is asked for due events when there is nothing to do. */
  readonly pollInterval: number;
  /** How long after a SIGTERM the service still accepts requests, while `/readyz` already says that it is not ready. */
  readonly notReady: number;
  /** How long requests and deliveries may take to end by themselves in a shutdown. */
  readonly grace: number;
  /** How long the whole shutdown may take. */
  readonly shutdownTimeout: number;
  /** The file to which a trace is written; `undefined` for none. */
  readonly traceFile: string | undefined;
  /** The OTLP collector to which spans are sent; `undefined` for none. */
  readonly collector: string | undefined;
  readonly logLevel: string;
}

/** Reads the configuration. @throws {RangeError} If a variable is not a number in its range. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const count = (name: string, otherwise: number, least: number = 1): number => {
    const text = env[name];
    const value = text === undefined || text === "" ? otherwise : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new RangeError(`${name} must be an integer of at least ${least}, got ${JSON.stringify(text)}.`);
  };
  const text = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return {
    host: text("HOST") ?? "127.0.0.1",
    port: count("PORT", 3000, 0),
    databaseUrl: text("DATABASE_URL"),
    dataFolder: text("DATA_FOLDER") ?? "webhooks-data",
    secret: text("WEBHOOK_SECRET"),
    inFlight: count("IN_FLIGHT", 200),
    perDestination: count("PER_DESTINATION", 4),
    waiting: count("WAITING", 1_000),
    attemptTimeout: count("ATTEMPT_TIMEOUT_MS", 5_000),
    attempts: count("ATTEMPTS", 3),
    retryDelay: count("RETRY_DELAY_MS", 500),
    lease: count("LEASE_MS", 60_000),
    roundDelay: count("ROUND_DELAY_MS", 30_000),
    rounds: count("ROUNDS", 20),
    pollInterval: count("POLL_INTERVAL_MS", 1_000),
    notReady: count("NOT_READY_MS", 0, 0),
    grace: count("GRACE_MS", 10_000, 0),
    shutdownTimeout: count("SHUTDOWN_TIMEOUT_MS", 20_000),
    traceFile: text("TRACE_FILE"),
    collector: text("OTEL_EXPORTER_OTLP_ENDPOINT"),
    logLevel: text("LOG_LEVEL") ?? "info",
  };
}
