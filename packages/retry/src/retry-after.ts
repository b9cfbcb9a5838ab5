import { read } from "@selvage/scope/internal";
import { isCircuitOpen } from "./circuit-open-error.js";

/** How a date in a header begins: the name of a day, in full or its first three letters. */
const DATE = /^(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*,? \S/i;

/**
 * Returns how long a server asks its clients to wait, in milliseconds; `undefined` if it does not say. Use it as the `delayFor` of `retry`.
 *
 * It reads the header `Retry-After`, a number of seconds or a date, from the headers of `source`, of `source.response`, or from `source` itself. So
 * `source` may be a `Response`, an error that carries a response, as those of most clients do, a `Headers`, or the headers of a Node message. A date
 * counts from the header `Date` if there is one, because the server's clock may differ from this one. A date that has passed gives 0. For a
 * `CircuitOpenError`, it returns its `retryAfter`. It never throws.
 *
 * Compare RFC 9110, section 10.2.3.
 *
 * @example
 * ```ts
 * import { retry, retryAfter } from "@selvage/retry";
 *
 * let busy = true;
 * const text = await retry(
 *   async () => {
 *     const response = new Response("hello", { status: busy ? 503 : 200, headers: { "Retry-After": "0" } });
 *     busy = false;
 *     if (!response.ok) throw Object.assign(new Error(`${response.status}`), { response });
 *     return response.text();
 *   },
 *   { delayFor: retryAfter },
 * );
 * console.assert(text === "hello");
 * console.assert(retryAfter(new Headers({ "Retry-After": "120" })) === 120_000);
 * ```
 */
export function retryAfter(source: unknown): number | undefined {
  if (isCircuitOpen(source)) return source.retryAfter;
  for (const headers of [read(source, "headers"), read(read(source, "response"), "headers"), source]) {
    const value = header(headers, "retry-after");
    if (value === undefined) continue;
    if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value) * 1_000;
    const until = parseDate(value);
    if (until === undefined) return undefined;
    return Math.max(0, until - (parseDate(header(headers, "date")) ?? Date.now()));
  }
  return undefined;
}

/** Returns a header, of a `Headers` or of an object whose keys are in lower case. */
function header(headers: unknown, name: string): string | undefined {
  let value: unknown = undefined;
  try {
    const { get } = headers as { get?: unknown };
    value = typeof get === "function" ? get.call(headers, name) : read(headers, name);
  } catch {
    // Not an object, or a hostile one.
  }
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : undefined;
}

/** Returns the time of a date in one of the three forms of HTTP. `Date.parse` alone accepts much that is not a date. */
function parseDate(text: string | undefined): number | undefined {
  if (text === undefined || !DATE.test(text)) return undefined;
  const time = Date.parse(text.endsWith(" GMT") ? text : `${text} GMT`); // the oldest form does not name its zone
  return Number.isNaN(time) ? undefined : time;
}
