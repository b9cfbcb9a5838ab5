import { statSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { dirname } from "node:path";
import type { CancelScope } from "@selvage/scope";
import type { Report } from "../register/report.js";
import { isSafe, likelyFolders, pipeOf, socketIn, userId } from "../register/socket-path.js";
import { CommandError } from "./command-error.js";

/** A longer answer is not one of ours. */
const LONGEST = 2 ** 26;

/** Reads the report of a process that imported `@selvage/trace/register`. Returns `undefined` if it did not. */
export async function readSocket(pid: number, scope: CancelScope): Promise<Report | undefined> {
  for (const path of pathsOf(pid)) {
    const text = await readAll(path, scope);
    if (text === undefined) continue;
    const report = JSON.parse(text) as Partial<Report> & { readonly error?: string };
    if (report.error !== undefined) throw new CommandError(`Process ${pid} cannot be read: ${report.error}`);
    if (report.pid === pid && Array.isArray(report.trees)) return report as Report;
  }
  return undefined;
}

/** The paths where the socket of a process may be. Folders that another user could have made are left out. */
function pathsOf(pid: number): string[] {
  if (process.platform === "win32") return [pipeOf(pid)];
  const uid = ownerOf(pid);
  return likelyFolders(uid)
    .filter((folder) => isSafe(folder, uid))
    .map((folder) => socketIn(folder, pid));
}

/** Returns the user of a process; this user where that is not known. */
function ownerOf(pid: number): number {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return userId();
  }
}

/** Reads everything that is sent on a socket. Returns `undefined` if nothing listens on it. */
function readAll(path: string, scope: CancelScope): Promise<string | undefined> {
  return scope.race(
    new Promise<string | undefined>((resolve, reject) => {
      const socket = connect(path);
      const cancelling = scope.onCancel(() => socket.destroy());
      let text = "";
      socket.setEncoding("utf8");
      socket.on("data", (part: string) => {
        text += part;
        if (text.length > LONGEST) socket.destroy(new CommandError(`${path} does not end its answer.`));
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
        else if (error.code === "EACCES") reject(new CommandError(`Only its owner can read ${dirname(path)}.`));
        else reject(error);
      });
      socket.on("close", () => {
        cancelling[Symbol.dispose]();
        resolve(text === "" ? undefined : text);
      });
    }),
  );
}
