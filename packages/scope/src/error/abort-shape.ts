import { read } from "../support/brand.js";

/** The values of `code` that mean a cancellation. */
const ABORT_CODES: ReadonlySet<unknown> = new Set([
  "ABORT_ERR",
  "ERR_CANCELED", // axios
  "UND_ERR_ABORTED", // undici
  "ERR_STREAM_PREMATURE_CLOSE", // a Node stream that was destroyed
  "ECANCELED",
  "ECANCELLED", // node:dns
  "57014", // PostgreSQL: query_canceled
]);

/** The messages of the errors with which a destroyed body or request of `node:http` rejects. */
const RESET_MESSAGES: ReadonlySet<unknown> = new Set(["aborted", "socket hang up"]);

/** Whether an error has one of the shapes in which the platform and common clients reject when they are cancelled (S15). Never throws. */
export function hasAbortShape(error: object): boolean {
  if (read(error, "name") === "AbortError") return true;
  const code = read(error, "code");
  if (ABORT_CODES.has(code)) return true;
  const message = read(error, "message");
  if (code === "ECONNRESET" && RESET_MESSAGES.has(message)) return true;
  // The errors of the OpenAI and Anthropic clients keep the name "Error".
  return message === "Request was aborted." || className(error) === "APIUserAbortError";
}

function className(error: object): unknown {
  const constructor = read(error, "constructor");
  return typeof constructor === "function" ? read(constructor, "name") : undefined;
}
