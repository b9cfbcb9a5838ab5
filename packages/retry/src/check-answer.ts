import { expected, read } from "@selvage/scope/internal";

/**
 * Returns whether a callback answered yes.
 *
 * @param what - The name of the callback.
 * @throws {TypeError} If it returned a promise, which would always mean yes.
 */
export function checkAnswer(what: string, answer: unknown): boolean {
  if (typeof read(answer, "then") === "function") {
    throw expected(`The result of ${what}`, "a boolean, not a promise", answer);
  }
  return Boolean(answer);
}
