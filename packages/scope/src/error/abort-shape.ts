import { read } from "../support/brand.js";

const ABORT_CODES: ReadonlySet<unknown> = new Set([
  "ABORT_ERR",
  "ERR_CANCELED", // axios
  "UND_ERR_ABORTED", // undici
  "ERR_STREAM_PREMATURE_CLOSE", // a Node stream that was destroyed
  "ECANCELED",
  "ECANCELLED", // node:dns
  "57014", // PostgreSQL: query_canceled
]);

/** The messages with which `node:http` rejects the body or the request that was destroyed. */
const RESET_MESSAGES: ReadonlySet<unknown> = new Set(["aborted", "socket hang up"]);

/** Whether an error has a shape in which the platform or a common client rejects when it is cancelled (S15). Never throws. */
export function hasAbortShape(error: object): boolean {
  if (read(error, "name") === "AbortError") return true;
  const code = read(error, "code");
  if (ABORT_CODES.has(code)) return true;
  const message = read(error, "message");
  if (code === "ECONNRESET" && RESET_MESSAGES.has(message)) return true;
  // The OpenAI and Anthropic clients, whose error keeps the name "Error".
  return message === "Request was aborted." || className(error) === "APIUserAbortError";
}

function className(error: object): unknown {
  const constructor = read(error, "constructor");
  return typeof constructor === "function" ? read(constructor, "name") : undefined;
}
