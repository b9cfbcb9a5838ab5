/**
 * Lets `selvage-trace ps` and `top` read the live tree of this process (N7). Import it first: `node --import @selvage/trace/register server.js`.
 *
 * It listens on a Unix socket that only the owner of the process can use, `$XDG_RUNTIME_DIR/selvage/PID.sock` or `selvage-UID/PID.sock` in the folder
 * for temporary files, or on a named pipe on Windows. It answers with snapshots only, does not keep the process alive, and is removed at exit. In worker
 * threads it does nothing.
 *
 * Ages and cancellations are recorded from then on, which costs each scope a look at its clock and an entry of a weak map.
 *
 * @example
 * ```ts no-run
 * import "@selvage/trace/register";
 * ```
 *
 * @packageDocumentation
 */
import { basename } from "node:path";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { recordAges, snapshot } from "@selvage/scope/debug";
import { observe } from "@selvage/scope/lowlevel";
import { answerClients } from "./register/endpoint.js";
import { LiveRoots } from "./register/live-roots.js";
import { MOST_SCOPES, type Report, takeTrees, type Trees } from "./register/report.js";

/** The trees of each copy of the package in this process. The first copy answers for all. */
const COPIES = Symbol.for("@selvage/trace/register");

type Copies = ((maxScopes: number) => Trees)[];

/**
 * The path of the socket of this process, or the name of its pipe. It is `undefined` in a worker thread, if another copy of the package in this process
 * listens, and if no safe folder for it was found, of which a warning tells.
 *
 * @example
 * ```ts no-run
 * import { socket } from "@selvage/trace/register";
 *
 * console.log(`selvage-trace ps ${process.pid} reads ${socket}`);
 * ```
 */
export const socket: string | undefined = isMainThread ? register() : undefined;

function register(): string | undefined {
  const roots = new LiveRoots();
  recordAges();
  observe(roots);
  const holder = globalThis as unknown as Record<symbol, Copies | undefined>;
  const copies = holder[COPIES] ?? [];
  holder[COPIES] = copies;
  copies.push((maxScopes) => takeTrees(roots, snapshot, maxScopes));
  return copies.length === 1 ? answerClients(() => JSON.stringify(report(copies))) : undefined;
}

function report(copies: Copies): Report {
  const all = copies.map((take) => take(Math.ceil(MOST_SCOPES / copies.length)));
  return {
    pid: process.pid,
    title: basename(process.argv[1] ?? process.execPath),
    uptime: Math.round(process.uptime() * 1_000),
    trees: all.flatMap(({ trees }) => trees),
    moreTrees: all.reduce((sum, { moreTrees }) => sum + moreTrees, 0),
    errors: all.flatMap(({ errors }) => errors),
  };
}
