import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** The longest path of a socket that every system accepts, in bytes. */
const LONGEST = 103;

/** Returns the path of the socket of a process in a folder. */
export function socketIn(folder: string, pid: number): string {
  return join(folder, `${pid}.sock`);
}

/** Returns the name of the pipe of a process. Windows has named pipes in place of sockets in folders. */
export function pipeOf(pid: number): string {
  return `\\\\.\\pipe\\selvage-trace-${pid}`;
}

/** Returns the folder for this process's socket: in the user's runtime folder, or else in the temporary one. It may not exist yet. */
export function ownFolder(): string {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime.startsWith("/") && isSafe(runtime)) {
    const folder = join(runtime, "selvage");
    if (fits(folder)) return folder;
  }
  const folder = temporaryFolder(tmpdir(), userId());
  return fits(folder) ? folder : temporaryFolder("/tmp", userId());
}

/** Returns the folders where a process of a user may have its socket, the likely ones first. */
export function likelyFolders(uid: number): string[] {
  const folders = [`/run/user/${uid}/selvage`, temporaryFolder(tmpdir(), uid), temporaryFolder("/tmp", uid)];
  return [...new Set(uid === userId() ? [ownFolder(), ...folders] : folders)];
}

/**
 * Makes the folder, unless it exists. Then it must belong to this user, and no other user may enter it.
 *
 * @throws {Error} If it is not such a folder.
 */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { mode: 0o700, recursive: true });
  if (isSafe(folder)) return;
  throw new Error(`${folder} must be a folder that belongs to this user and that no other user can enter`);
}

/** Whether a path is a folder, not a link to one, that belongs to a user (default: this one) and that no other user can enter. */
export function isSafe(folder: string, uid: number = userId()): boolean {
  try {
    const status = lstatSync(folder);
    return status.isDirectory() && status.uid === uid && (status.mode & 0o077) === 0;
  } catch {
    return false; // it does not exist
  }
}

/** Returns the id of the user of this process; 0 on platforms without it. */
export function userId(): number {
  return process.getuid?.() ?? 0;
}

function temporaryFolder(folder: string, uid: number): string {
  return join(folder, `selvage-${uid}`);
}

/** Whether the path of a socket in a folder is short enough. */
function fits(folder: string): boolean {
  return Buffer.byteLength(socketIn(folder, 4_194_304)) <= LONGEST;
}
