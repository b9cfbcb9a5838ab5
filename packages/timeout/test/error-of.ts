/** The error with which a promise is rejected. */
export function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => Promise.reject(new Error(`expected an error, got ${String(value)}`)),
    (error: unknown) => error as Error,
  );
}
