import { PassThrough } from "node:stream";
import { fetch, Pool, request, stream } from "undici";
import type { Case } from "../case.js";

const undiciSignal = { package: "undici", cancelledBy: "signal" } as const;

/** undici from npm. */
export const undici: readonly Case[] = [
  {
    ...undiciSignal,
    name: "`request`, no response yet",
    write: "await request(url, { signal })",
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return request(servers.http.silent, { signal });
    },
  },
  {
    ...undiciSignal,
    name: "`request`, the body stalls",
    write: "await (await request(url, { signal })).body.text()",
    async start({ signal, servers, underway }) {
      const { body } = await request(servers.http.stalled, { signal });
      underway();
      return body.text();
    },
  },
  {
    ...undiciSignal,
    name: "`fetch`, no response yet",
    write: "await fetch(url, { signal })",
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return fetch(servers.http.silent, { signal });
    },
  },
  {
    ...undiciSignal,
    name: "`fetch`, the body stalls",
    write: "await (await fetch(url, { signal })).text()",
    async start({ signal, servers, underway }) {
      const response = await fetch(servers.http.stalled, { signal });
      underway();
      return response.text();
    },
  },
  {
    ...undiciSignal,
    name: "`stream`, the body stalls",
    write: "await stream(url, { signal }, () => sink)",
    start: ({ signal, servers, underway }) =>
      stream(servers.http.stalled, { method: "GET", signal }, () => new PassThrough().on("data", underway)),
  },
  {
    ...undiciSignal,
    name: "`Pool`: `request`",
    write: "await pool.request({ path, method, signal })",
    start({ signal, servers, underway, defer }) {
      const { origin, pathname: path } = new URL(servers.http.silent);
      const pool = new Pool(origin);
      defer(() => pool.destroy());
      servers.http.onNextRequest(underway);
      return pool.request({ path, method: "GET", signal });
    },
  },
  {
    package: "undici",
    cancelledBy: "onCancel",
    remedy: "settle",
    name: "`Pool`, destroyed",
    write: "scope.onCancel(() => void pool.destroy()); await scope.settle(pool.request({ path, method }))",
    start({ scope, servers, underway }) {
      const { origin, pathname: path } = new URL(servers.http.silent);
      const pool = new Pool(origin);
      servers.http.onNextRequest(underway);
      scope.onCancel(() => void pool.destroy());
      return pool.request({ path, method: "GET" });
    },
  },
];
