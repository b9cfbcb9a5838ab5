/** A test that makes errors by the hundred thousand: without their stack traces, which take most of the time and memory. */
export function withoutStacks(test: () => void): () => void {
  return () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      test();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}
