/** Values that are hard to handle, shared by several tests. */

export const raise = (): never => {
  throw new Error("hostile");
};

/** Values that may be thrown, each made anew, and what `format` prints first for each. */
export const thrown: [name: string, make: () => unknown, printed: string][] = [
  ["undefined", () => undefined, "undefined"],
  ["null", () => null, "null"],
  ["NaN", () => NaN, "NaN"],
  ["a symbol", () => Symbol("thrown"), "Symbol(thrown)"],
  ["a function", () => raise, "[function raise]"],
  ["an object without a prototype", () => Object.create(null) as unknown, "{}"],
  ["a frozen error", () => Object.freeze(new Error("frozen")), "Error: frozen"],
  ["a proxied error", () => new Proxy(new Error("proxied"), {}), "Error: proxied"],
  [
    "a proxy that refuses everything",
    () => new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise, ownKeys: raise }),
    "[object that cannot be printed]",
  ],
  ["a revoked proxy", revoked, "[object that cannot be printed]"],
  ["an error that is its own cause", cyclic, "Error: cyclic"],
  ["an error whose fields cannot be read", unreadable, "Error {"],
  ["an aggregate that contains itself", selfContaining, "AggregateError: contains itself"],
  ["a promise", () => Promise.resolve("thrown"), "Promise {"],
  ["an object whose conversions throw", () => ({ toString: raise, valueOf: raise, toJSON: raise }), "{ toString: …"],
  ["an error whose message throws", () => throwingOn("message"), "Odd {"],
  ["an error whose stack throws", () => throwingOn("stack"), "Error: odd"],
  ["an error whose name throws", () => throwingOn("name"), "Error: odd"],
  ["an error whose constructor throws", () => throwingOn("constructor"), "Error: odd"],
  ["an error whose inspection throws", () => throwingOn(Symbol.for("nodejs.util.inspect.custom")), "Error: odd"],
  ["an error whose toStringTag throws", () => throwingOn(Symbol.toStringTag), "Error: odd"],
];

class Odd extends Error {}

function throwingOn(field: PropertyKey): Error {
  return Object.defineProperty(new Odd("odd"), field, { get: raise });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cyclic(): Error {
  const error = new Error("cyclic");
  error.cause = new Error("below", { cause: error });
  return error;
}

function unreadable(): Error {
  const error = new Error("unreadable");
  for (const field of ["stack", "name", "message", "cause", "code", "errors"]) {
    Object.defineProperty(error, field, { get: raise });
  }
  return error;
}

function selfContaining(): AggregateError {
  const error = new AggregateError([], "contains itself");
  error.errors.push(error);
  return error;
}
