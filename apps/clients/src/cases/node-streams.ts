import { addAbortSignal, PassThrough, Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { Case } from "../case.js";
import { iterate } from "../iterate.js";

const node = { package: "node", cancelledBy: "signal" } as const;

/** A stream that emits one chunk, and no other. */
function stalled(): PassThrough {
  const stream = new PassThrough();
  stream.write("a chunk");
  return stream;
}

/** `node:stream`, `node:stream/promises`, web streams. */
export const streams: readonly Case[] = [
  {
    ...node,
    name: "`stream/promises`: `pipeline`",
    write: "await pipeline(source, sink, { signal })",
    start({ signal, underway }) {
      const sink = new PassThrough().on("data", underway);
      return pipeline(stalled(), sink, { signal });
    },
  },
  {
    ...node,
    name: "`stream/promises`: `finished`",
    write: "await finished(stream, { signal })",
    start({ signal, underway, defer }) {
      const stream = stalled().on("data", underway);
      defer(() => stream.destroy());
      return finished(stream, { signal });
    },
  },
  {
    ...node,
    name: "`for await` over a `Readable` made with a signal",
    write: "for await (const chunk of new Readable({ read, signal }))",
    async start({ signal, underway }) {
      const stream = new Readable({ read() {}, signal });
      stream.push("a chunk");
      await iterate(stream, underway);
    },
  },
  {
    ...node,
    name: "`stream.addAbortSignal`",
    write: "for await (const chunk of addAbortSignal(signal, stream))",
    async start({ signal, underway }) {
      await iterate(addAbortSignal(signal, stalled()), underway);
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    name: "a stream, destroyed without an error, `for await`",
    write: "scope.onCancel(() => stream.destroy()); for await (const chunk of stream)",
    async start({ scope, underway }) {
      const stream = stalled();
      scope.onCancel(() => stream.destroy());
      await iterate(stream, underway);
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    name: "a stream, destroyed without an error, `pipeline`",
    write: "scope.onCancel(() => source.destroy()); await pipeline(source, sink)",
    start({ scope, underway }) {
      const source = stalled();
      scope.onCancel(() => source.destroy());
      return pipeline(source, new PassThrough().on("data", underway));
    },
  },
  {
    ...node,
    name: "`ReadableStream`: `pipeTo`",
    write: "await source.pipeTo(sink, { signal })",
    start({ signal, underway }) {
      const source = new ReadableStream<string>({ start: (controller) => controller.enqueue("a chunk") });
      return source.pipeTo(new WritableStream({ write: underway }), { signal });
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    remedy: "check",
    name: "`ReadableStream`: a reader that is cancelled",
    write: "scope.onCancel(() => void reader.cancel()); await reader.read(); scope.throwIfCancelled()",
    async start({ scope, underway }) {
      const source = new ReadableStream<string>({ start: (controller) => controller.enqueue("a chunk") });
      const reader = source.getReader();
      scope.onCancel(() => void reader.cancel());
      while (!(await reader.read()).done) underway();
    },
  },
];
