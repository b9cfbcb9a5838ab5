import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { CancelScope, now } from "@selvage/scope";
import { InspectorSession } from "./inspector-session.js";

/** The port on which Node opens its inspector, unless it is told otherwise. */
export const USUAL_PORT = 9_229;
/** How many milliseconds an inspector may take to answer. */
const PATIENCE = 2_000;

/** Opens a session with the inspector of a process on one of several ports. Returns `undefined` if it is on none of them. */
export async function findInspector(
  pid: number,
  ports: readonly number[],
  scope: CancelScope,
): Promise<InspectorSession | undefined> {
  for (const port of ports) {
    for (const url of await targetsOn(port, scope)) {
      const session = await openSession(pid, url, scope);
      if (session !== undefined) return session;
    }
    scope.throwIfCancelled();
  }
  return undefined;
}

/** Opens a session with a target. Returns `undefined` if it is another process, or does not answer. */
async function openSession(pid: number, url: URL, parent: CancelScope): Promise<InspectorSession | undefined> {
  const session = new InspectorSession(parent);
  const found = await CancelScope.run(
    async (scope) => {
      await session.open(url, scope);
      return session.evaluate("process.pid", scope);
    },
    { parent, deadline: now() + PATIENCE },
  ).catch(() => undefined);
  // Several processes may want one port, and only one of them has it.
  if (found === pid) return session;
  session.close();
  return undefined;
}

/** Returns the addresses of the targets that an inspector on this machine offers; none if it is not an inspector. */
async function targetsOn(port: number, parent: CancelScope): Promise<URL[]> {
  const list = await CancelScope.run((scope) => scope.settle(getList(port, scope.signal)), {
    parent,
    deadline: now() + PATIENCE,
  }).catch(() => undefined);
  parent.throwIfCancelled();
  try {
    const targets = JSON.parse(list ?? "[]") as { readonly webSocketDebuggerUrl?: string }[];
    return targets.flatMap(({ webSocketDebuggerUrl: url }) => (url === undefined ? [] : new URL(url)));
  } catch {
    return [];
  }
}

function getList(port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/json/list", signal, agent: false }, (response) => {
      text(response).then(resolve, reject);
    })
      .on("error", reject)
      .end();
  });
}

/** Returns the TCP ports on which a process listens; `undefined` where the system does not say. */
export function portsOf(pid: number): number[] | undefined {
  try {
    const folder = `/proc/${pid}/fd`;
    const sockets = new Set(readdirSync(folder).flatMap((name) => socketOf(`${folder}/${name}`) ?? []));
    return ["tcp", "tcp6"].flatMap((table) => listeningIn(`/proc/${pid}/net/${table}`, sockets));
  } catch {
    return undefined;
  }
}

function socketOf(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
  } catch {
    return undefined; // it was closed meanwhile
  }
}

/** Reads the ports of some sockets from a table of the kernel. */
function listeningIn(table: string, sockets: ReadonlySet<string>): number[] {
  const ports: number[] = [];
  for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== "0A" || inode === undefined || !sockets.has(inode)) continue; // 0A: it listens
    ports.push(Number.parseInt(local!.split(":").at(-1)!, 16));
  }
  return ports;
}

/** Whether a process handles the signal that opens the inspector; `undefined` where the system does not say. Otherwise the signal would end it. */
export function handlesSignal(pid: number, signal: number): boolean | undefined {
  try {
    const [, caught] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return caught === undefined ? undefined : ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return undefined;
  }
}
