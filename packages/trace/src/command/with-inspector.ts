import { constants } from "node:os";
import process from "node:process";
import { CancelScope, now } from "@selvage/scope";
import { CommandError } from "./command-error.js";
import { findInspector, handlesSignal, portsOf, USUAL_PORT } from "./find-inspector.js";
import type { InspectorSession } from "./inspector-session.js";

/** How the inspector of a process is opened. */
export interface InspectorOptions {
  /** The port; `undefined` if it has to be found. */
  readonly port: number | undefined;
  /** Asks whether it may be opened. */
  readonly ask: (question: string) => Promise<boolean>;
  /** Prints a line for the user. */
  readonly say: (line: string) => void;
}

/** How many milliseconds a process may take to open its inspector, and to close it. It does neither while it computes. */
const PATIENCE = 10_000;

/** Closes the inspector, once the command has disconnected: the close waits for all connections. */
const CLOSE = `void setTimeout(() => process.getBuiltinModule("node:inspector").close(), 100)`;

/**
 * Calls a function with a session with the inspector of a process.
 *
 * If the inspector is open, it stays open. Otherwise the user is asked, it is opened on loopback, and it is closed again whatever happens: an error, or
 * the cancellation of the scope, as by Ctrl-C.
 */
export async function withInspector<T>(
  pid: number,
  scope: CancelScope,
  { port, ask, say }: InspectorOptions,
  use: (session: InspectorSession) => Promise<T>,
): Promise<T> {
  const before = portsOf(pid);
  const likely = port ?? USUAL_PORT;
  const open = before?.includes(likely) === false ? undefined : await findInspector(pid, [likely], scope);
  if (open !== undefined) {
    try {
      return await use(open);
    } finally {
      open.close();
    }
  }
  checkSignal(pid);
  const question = `Process ${pid} has not imported @selvage/trace/register. Open its inspector on loopback, and close it afterwards?`;
  if (!(await ask(question))) throw new CommandError("The inspector was not opened, so nothing was read.");
  say(`Opening the inspector of process ${pid}.`);
  openInspector(pid);
  // From here on the inspector may be open, so a cancellation must not end the wait for it before it can be closed.
  const shield = new CancelScope({ parent: scope, shield: true });
  try {
    const { session, wasOpen } = await waitFor(pid, port, before, shield);
    try {
      return await scope.race(use(session));
    } finally {
      if (!wasOpen) await closeInspector(session, shield, say);
      session.close();
    }
  } finally {
    shield.close();
  }
}

/** Checks that the process survives the signal that opens the inspector. */
function checkSignal(pid: number): void {
  if (process.platform === "win32") return;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") throw new CommandError(`There is no process ${pid}.`);
    throw new CommandError(`Process ${pid} belongs to another user.`);
  }
  if (handlesSignal(pid, constants.signals.SIGUSR1) !== false) return;
  throw new CommandError(`Process ${pid} does not open an inspector: it is not Node, or runs with --disable-sigusr1.`);
}

function openInspector(pid: number): void {
  if (process.platform === "win32") (process as unknown as { _debugProcess(pid: number): void })._debugProcess(pid);
  else process.kill(pid, "SIGUSR1");
}

/** A session, and whether the inspector was open before. */
interface Opened {
  readonly session: InspectorSession;
  readonly wasOpen: boolean;
}

/** Waits until the inspector is open, and opens a session. */
async function waitFor(
  pid: number,
  port: number | undefined,
  before: readonly number[] | undefined,
  parent: CancelScope,
): Promise<Opened> {
  const begun = now();
  do {
    const fresh = portsOf(pid)?.filter((one) => before?.includes(one) !== true) ?? [];
    const session = await findInspector(pid, [...new Set([...fresh, port ?? USUAL_PORT])], parent);
    if (session !== undefined) return { session, wasOpen: false };
    if (before !== undefined && now() - begun > PATIENCE / 5) {
      // It has not opened a port, so it may have been open before, on a port of its own choice.
      const open = await findInspector(pid, before, parent);
      if (open !== undefined) return { session: open, wasOpen: true };
    }
    await parent.sleep(50);
  } while (now() - begun < PATIENCE);
  throw new CommandError(
    `The inspector of process ${pid} was not found, or does not answer. Another process may have its port, or the process computes without a pause. ` +
      `See what it printed. If its inspector is open, pass --port. It stays open.`,
  );
}

async function closeInspector(
  session: InspectorSession,
  parent: CancelScope,
  say: (line: string) => void,
): Promise<void> {
  say("Closing the inspector.");
  await CancelScope.run((scope) => session.evaluate(CLOSE, scope), { parent, deadline: now() + PATIENCE }).catch(() => {
    // The process has ended, or has closed it.
  });
}
