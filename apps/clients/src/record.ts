import { CancelScope, isCancellation } from "@selvage/scope";
import { Attempts } from "./attempt.js";
import type { Case } from "./case.js";
import type { Servers } from "./servers/index.js";

/** How an operation ended after its scope was cancelled. */
export interface End {
  readonly ends: "rejects" | "resolves" | "stays pending";
  /** Whether S15 classifies the rejection as a cancellation of the scope. `false` if the operation does not reject. */
  readonly recognised: boolean;
  /** What it rejected with. */
  readonly error?: ErrorShape;
}

/** The visible properties of an error. */
export interface ErrorShape {
  readonly class: string;
  readonly name: string;
  readonly code?: string | number;
  readonly message: string;
}

/** Runs a case without its remedy, cancels it when it has begun, and returns how it ended. */
export async function record(one: Case, servers: Servers): Promise<End> {
  const attempts = new Attempts(servers);
  const scope = new CancelScope({ parent: null });
  try {
    const ending = one.start(attempts.in(scope)).then(
      (): End => ({ ends: "resolves", recognised: false }),
      (error: unknown): End => ({
        ends: "rejects",
        recognised: isCancellation(error, scope),
        error: shapeOf(error),
      }),
    );
    await Promise.race([attempts.underway, ending]);
    scope.cancel();
    return await (one.remedy === "race" ? Promise.race([ending, pending()]) : ending);
  } finally {
    await attempts.cleanUp();
    scope.close();
  }
}

/**
 * Resolves after some turns of the event loop. An operation that has not settled by then was not ended by the
 * cancellation.
 */
async function pending(): Promise<End> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  return { ends: "stays pending", recognised: false };
}

function shapeOf(error: unknown): ErrorShape {
  if (!(error instanceof Error)) return { class: typeof error, name: typeof error, message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    class: error.constructor.name,
    name: error.name,
    ...((typeof code === "string" || typeof code === "number") && { code }),
    message: error.message.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:…"),
  };
}
