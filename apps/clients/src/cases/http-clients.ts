import axios from "axios";
import got from "got";
import ky from "ky";
import nodeFetch from "node-fetch";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import superagent from "superagent";
import type { Case } from "../case.js";
import { iterate } from "../iterate.js";

const signal = { cancelledBy: "signal" } as const;

/** HTTP clients of npm. */
export const clients: readonly Case[] = [
  {
    ...signal,
    package: "axios",
    name: "`axios.get`, no response yet",
    write: "await axios.get(url, { signal })",
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return axios.get(servers.http.silent, { signal });
    },
  },
  {
    ...signal,
    package: "axios",
    name: "`axios.get`, the body stalls",
    write: "await axios.get(url, { signal })",
    start: ({ signal, servers, underway }) => axios.get(servers.http.stalled, { signal, onDownloadProgress: underway }),
  },
  {
    ...signal,
    package: "axios",
    name: "`axios.get`, the body is a stream and stalls",
    write: `await text((await axios.get(url, { signal, responseType: "stream" })).data)`,
    async start({ signal, servers, underway }) {
      const { data } = await axios.get<PassThrough>(servers.http.stalled, { signal, responseType: "stream" });
      underway();
      return text(data);
    },
  },
  {
    ...signal,
    package: "got",
    name: "`got`, no response yet",
    write: "await got(url, { signal })",
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return got(servers.http.silent, { signal, retry: { limit: 0 } });
    },
  },
  {
    ...signal,
    package: "got",
    name: "`got`, the body stalls",
    write: "await got(url, { signal })",
    async start({ signal, servers, underway }) {
      const answering = got(servers.http.stalled, { signal, retry: { limit: 0 } });
      void answering.on("downloadProgress", ({ transferred }) => transferred > 0 && underway());
      return answering;
    },
  },
  {
    ...signal,
    package: "got",
    name: "`got.stream`, the body stalls",
    write: "for await (const chunk of got.stream(url, { signal }))",
    async start({ signal, servers, underway }) {
      await iterate(got.stream(servers.http.stalled, { signal, retry: { limit: 0 } }), underway);
    },
  },
  {
    ...signal,
    package: "ky",
    name: "`ky.get`, no response yet",
    write: "await ky.get(url, { signal })",
    async start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return ky.get(servers.http.silent, { signal, retry: 0, timeout: false });
    },
  },
  {
    ...signal,
    package: "ky",
    name: "`ky.get`, the body stalls",
    write: "await ky.get(url, { signal }).json()",
    async start({ signal, servers, underway }) {
      const response = await ky.get(servers.http.stalled, { signal, retry: 0, timeout: false });
      underway();
      return response.json();
    },
  },
  {
    ...signal,
    package: "node-fetch",
    name: "`node-fetch`, no response yet",
    write: "await fetch(url, { signal })",
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return nodeFetch(servers.http.silent, { signal });
    },
  },
  {
    ...signal,
    package: "node-fetch",
    name: "`node-fetch`, the body stalls",
    write: "await (await fetch(url, { signal })).text()",
    async start({ signal, servers, underway }) {
      const response = await nodeFetch(servers.http.stalled, { signal });
      underway();
      return response.text();
    },
  },
  {
    package: "superagent",
    cancelledBy: "onCancel",
    remedy: "settle",
    name: "`superagent.get`",
    write: "scope.onCancel(() => void request.abort()); await scope.settle(request.then())",
    async start({ scope, servers, underway }) {
      servers.http.onNextRequest(underway);
      const request = superagent.get(servers.http.silent);
      scope.onCancel(() => void request.abort());
      return request;
    },
  },
];
