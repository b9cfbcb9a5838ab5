import { once } from "node:events";
import { type ClientRequest, get, type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { Case } from "../case.js";
import { iterate } from "../iterate.js";
import { certificate } from "../servers/certificate.js";

/** The response, once its headers have arrived. The request reports later errors, too, so it needs a listener that stays. */
async function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  sent.on("error", () => {});
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

const node = { package: "node", cancelledBy: "signal" } as const;

/** `fetch`, `node:http`, `node:https`. */
export const http: readonly Case[] = [
  {
    ...node,
    name: "`fetch`, no response yet",
    write: "await fetch(url, { signal })",
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return fetch(servers.http.silent, { signal });
    },
  },
  {
    ...node,
    name: "`fetch`, the body stalls",
    write: "await (await fetch(url, { signal })).text()",
    async start({ signal, servers, underway }) {
      const response = await fetch(servers.http.stalled, { signal });
      underway();
      return response.text();
    },
  },
  {
    ...node,
    name: "`http.request`, no response yet",
    write: `await once(http.request(url, { signal }).end(), "response")`,
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return responseOf(request(servers.http.silent, { signal }).end());
    },
  },
  {
    ...node,
    name: "`http.request`, the body stalls",
    write: `http.request(url, { signal }).on("error", ignore); await text(response)`,
    async start({ signal, servers, underway }) {
      const response = await responseOf(request(servers.http.stalled, { signal }).end());
      underway();
      return text(response);
    },
  },
  {
    ...node,
    name: "`http.get`, no response yet",
    write: `await once(http.get(url, { signal }), "response")`,
    start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return responseOf(get(servers.http.silent, { signal }));
    },
  },
  {
    ...node,
    name: "`http.get`, the body stalls",
    write: `http.get(url, { signal }).on("error", ignore); for await (const chunk of response)`,
    async start({ signal, servers, underway }) {
      const response = await responseOf(get(servers.http.stalled, { signal }));
      await iterate(response, underway);
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    name: "`http.request`, destroyed without an error",
    write: `scope.onCancel(() => request.destroy()); await once(request, "response")`,
    start({ scope, servers, underway }) {
      servers.http.onNextRequest(underway);
      const sent = request(servers.http.silent).end();
      scope.onCancel(() => sent.destroy());
      return responseOf(sent);
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    name: "`http.request`, its response destroyed without an error",
    write: "scope.onCancel(() => response.destroy()); await text(response)",
    async start({ scope, servers, underway }) {
      const response = await responseOf(request(servers.http.stalled).end());
      scope.onCancel(() => response.destroy());
      underway();
      return text(response);
    },
  },
  {
    ...node,
    name: "`https.request`, no response yet",
    write: `await once(https.request(url, { signal }).end(), "response")`,
    start({ signal, servers, underway }) {
      servers.https.onNextRequest(underway);
      return responseOf(secureRequest(servers.https.silent, { signal, ca: certificate }).end());
    },
  },
  {
    ...node,
    name: "`https.request`, the body stalls",
    write: `https.request(url, { signal }).on("error", ignore); await text(response)`,
    async start({ signal, servers, underway }) {
      const response = await responseOf(secureRequest(servers.https.stalled, { signal, ca: certificate }).end());
      underway();
      return text(response);
    },
  },
];
