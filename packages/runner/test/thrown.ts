/** Values that a program can throw, but should not. */

export const raise = (): never => {
  throw new Error("hostile");
};

/** Values that may be thrown, and how each is made. */
export const thrown: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a number that is not itself", () => NaN],
  ["a symbol", () => Symbol("thrown")],
  ["a function", () => raise],
  ["an object without a prototype", () => Object.create(null) as unknown],
  ["a frozen error", () => Object.freeze(new Error("frozen"))],
  ["a proxied error", () => new Proxy(new Error("proxied"), {})],
  [
    "a proxy that refuses everything",
    () => new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise, ownKeys: raise }),
  ],
  ["a revoked proxy", revoked],
  ["an error that is its own cause", cyclic],
  ["an error whose fields cannot be read", unreadable],
  ["an aggregate that contains itself", selfContaining],
  ["a promise", () => Promise.resolve("thrown")],
];

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
