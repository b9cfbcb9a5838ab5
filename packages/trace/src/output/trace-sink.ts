/** The part of Node's `stream.Writable` that {@link traceTo} uses. */
export interface TraceWritable {
  write(text: string, callback?: (error?: Error | null) => void): boolean;
  end(): unknown;
  on(event: string, listener: (error?: unknown) => void): unknown;
  off(event: string, listener: (error?: unknown) => void): unknown;
}

/**
 * Where a trace goes.
 *
 * - A function receives pieces of the text, in order. If it returns a promise, it is not called again before the promise has settled.
 * - A `WritableStream` receives the text as UTF-8 bytes.
 * - A `Writable` of Node receives strings.
 */
export type TraceSink = ((text: string) => unknown) | WritableStream<Uint8Array<ArrayBuffer>> | TraceWritable;
