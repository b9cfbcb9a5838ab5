import { type Context, context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";

/** The context of a W3C `traceparent`, from a request or from the database; an empty one if there is none. */
export function contextOf(traceparent: unknown): Context {
  return typeof traceparent === "string" ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
}

/** The W3C `traceparent` of the running code; `null` if nothing is traced. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}
