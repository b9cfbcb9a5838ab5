/** Calls `make` without recording stack traces, which take most of the time when many thousand errors are created. */
export function stackless<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
