import { expect, it } from "vitest";
import { runProgram } from "./program.js";

it("a task that waits to restart, or runs again, keeps nothing of the runs that have ended (V9, V1)", async () => {
  const file = new URL("programs/restarts.ts", import.meta.url);
  const end = await runProgram(file, "--expose-gc", "--single-threaded");
  expect(end).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(end.stdout)).toEqual({ watched: 6, left: [], running: 2, restarting: 3, restarts: 2 });
});
