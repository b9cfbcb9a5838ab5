import { createReadStream, createWriteStream, readFile, watch, writeFile } from "node:fs";
import * as promises from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import type { Case } from "../case.js";
import { iterate } from "../iterate.js";

const node = { package: "node", cancelledBy: "signal" } as const;

/** `node:fs` and `node:fs/promises`. A file is read in parts, and the signal is checked between two parts. */
export const files: readonly Case[] = [
  {
    ...node,
    name: "`fs.readFile`",
    write: "readFile(file, { signal }, callback)",
    start: ({ signal, servers, underway }) =>
      new Promise((resolve, reject) => {
        readFile(join(servers.folder, "large"), { signal }, (error, data) => (error ? reject(error) : resolve(data)));
        underway();
      }),
  },
  {
    ...node,
    name: "`fs.writeFile`",
    write: "writeFile(file, data, { signal }, callback)",
    start: ({ signal, servers, underway }) =>
      new Promise<void>((resolve, reject) => {
        const file = join(servers.folder, "written");
        writeFile(file, Buffer.alloc(1_000_000), { signal }, (error) => (error ? reject(error) : resolve()));
        underway();
      }),
  },
  {
    ...node,
    name: "`fs/promises`: `readFile`",
    write: "await readFile(file, { signal })",
    start({ signal, servers, underway }) {
      const reading = promises.readFile(join(servers.folder, "large"), { signal });
      underway();
      return reading;
    },
  },
  {
    ...node,
    name: "`fs/promises`: `writeFile`",
    write: "await writeFile(file, chunks, { signal })",
    start({ signal, servers, underway }) {
      function* chunks(): Generator<string> {
        for (;;) {
          underway();
          yield "a chunk";
        }
      }
      return promises.writeFile(join(servers.folder, "written"), chunks(), { signal });
    },
  },
  {
    ...node,
    name: "`fs.createReadStream`",
    write: "for await (const chunk of createReadStream(file, { signal }))",
    async start({ signal, servers, underway }) {
      await iterate(createReadStream(join(servers.folder, "large"), { signal }), underway);
    },
  },
  {
    ...node,
    name: "`fs.createWriteStream`",
    write: `await once(createWriteStream(file, { signal }), "finish")`,
    async start({ signal, servers, underway }) {
      const stream = createWriteStream(join(servers.folder, "written"), { signal });
      const ending = once(stream, "finish");
      stream.once("open", underway);
      await ending;
    },
  },
  {
    ...node,
    name: "`fs/promises`: `watch`",
    write: "for await (const event of watch(folder, { signal }))",
    async start({ signal, servers, underway }) {
      const watched = promises.watch(servers.folder, { signal })[Symbol.asyncIterator]();
      const next = watched.next();
      underway();
      await next;
    },
  },
  {
    ...node,
    remedy: "check",
    name: "`fs.watch`",
    write: `await once(watch(folder, { signal }), "close"); scope.throwIfCancelled()`,
    async start({ signal, servers, underway }) {
      const closed = once(watch(servers.folder, { signal }), "close");
      underway();
      await closed;
    },
  },
];
