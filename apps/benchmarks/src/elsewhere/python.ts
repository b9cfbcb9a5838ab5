import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Foreigner, Ready } from "../contestant.js";

const command = process.env["PYTHON"] ?? "python3";
const folder = new URL("../../elsewhere/", import.meta.url);

export const asyncio: Foreigner = {
  title: "asyncio (CPython)",
  kind: "elsewhere",
  programs: [
    "startAndJoin",
    "cancelWide",
    "cancelDeep",
    "limitInTurn",
    "limitTogether",
    "moveDeadline",
    "hold",
    "comeAndGo",
    "limited",
  ],
  prepare: () =>
    python(
      "asyncio_contestant.py",
      "import asyncio, platform; asyncio.TaskGroup, print('CPython', platform.python_version())",
    ),
};

export const trio: Foreigner = {
  title: "Trio (CPython)",
  kind: "elsewhere",
  programs: asyncio.programs,
  prepare: () => python("trio_contestant.py", "import trio; print('Trio', trio.__version__)"),
};

async function python(script: string, printsVersion: string): Promise<Ready | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, ["-c", printsVersion]);
    return { version: stdout.trim(), command, args: [fileURLToPath(new URL(script, folder))] };
  } catch {
    return undefined;
  }
}
