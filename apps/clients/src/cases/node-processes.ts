import { type ChildProcess, exec, execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { Resolver } from "node:dns";
import { Resolver as PromisingResolver } from "node:dns/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Case } from "../case.js";

const node = { package: "node", cancelledBy: "signal" } as const;
const PROGRAM = `process.stdout.write("ready"); process.stdin.resume();`;
const ARGS = ["-e", PROGRAM];

/** `node:child_process`, `node:dns`, `node:net`. */
export const processes: readonly Case[] = [
  {
    ...node,
    name: "`child_process.exec`",
    write: "await promisify(exec)(command, { signal })",
    async start({ signal, underway }) {
      const running = promisify(exec)("exec cat", { signal });
      running.child.once("spawn", underway);
      return running;
    },
  },
  {
    ...node,
    name: "`child_process.execFile`",
    write: "await promisify(execFile)(file, args, { signal })",
    start({ signal, underway }) {
      const running = promisify(execFile)(process.execPath, ARGS, { signal });
      running.child.stdout!.once("data", underway);
      return running;
    },
  },
  {
    ...node,
    name: "`child_process.spawn`",
    write: `await once(spawn(file, args, { signal }), "exit")`,
    start({ signal, underway, defer }) {
      const child = spawn(process.execPath, ARGS, { signal });
      child.stdout.once("data", underway);
      defer(() => exited(child));
      return once(child, "exit");
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    remedy: "check",
    name: "`child_process.spawn`, killed",
    write: `scope.onCancel(() => child.kill()); await once(child, "exit"); scope.throwIfCancelled()`,
    start({ scope, underway }) {
      const child = spawn(process.execPath, ARGS);
      child.stdout.once("data", underway);
      scope.onCancel(() => child.kill());
      return once(child, "exit");
    },
  },
  {
    ...node,
    name: "`child_process.fork`",
    write: `await once(fork(file, { signal }), "exit")`,
    start({ signal, servers, underway, defer }) {
      const child = fork(join(servers.folder, "program.cjs"), { signal });
      child.once("message", underway);
      defer(() => exited(child));
      return once(child, "exit");
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    name: "`dns.Resolver`",
    write: "scope.onCancel(() => resolver.cancel()); resolver.resolve4(name, callback)",
    start({ scope, servers, underway }) {
      const resolver = new Resolver();
      resolver.setServers([servers.names.address]);
      servers.names.onNextQuery(underway);
      scope.onCancel(() => resolver.cancel());
      return new Promise((resolve, reject) => {
        resolver.resolve4("selvage.test", (error, addresses) => {
          if (error) reject(error);
          else resolve(addresses);
        });
      });
    },
  },
  {
    package: "node",
    cancelledBy: "onCancel",
    name: "`dns/promises`: `Resolver`",
    write: "scope.onCancel(() => resolver.cancel()); await resolver.resolve4(name)",
    start({ scope, servers, underway }) {
      const resolver = new PromisingResolver();
      resolver.setServers([servers.names.address]);
      servers.names.onNextQuery(underway);
      scope.onCancel(() => resolver.cancel());
      return resolver.resolve4("selvage.test");
    },
  },
  {
    ...node,
    name: "`net.Socket` made with a signal",
    write: `const socket = connect({ host, port, signal }); await once(socket, "data")`,
    async start({ signal, servers, underway }) {
      const { hostname, port } = new URL(servers.http.silent);
      const socket = connect({ host: hostname, port: Number(port), signal });
      await once(socket, "connect");
      const answering = once(socket, "data");
      underway();
      return answering;
    },
  },
];

/** Waits until a process that was killed is gone. */
async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
