import { whyNoPython } from "../../src/oracle/python.js";

const reason = whyNoPython();

if (reason !== undefined) {
  if (process.env["CI"] !== undefined) throw new Error(`expected a Python with asyncio.TaskGroup, but ${reason}`);
  console.warn(`Nothing is compared with CPython, for ${reason}.`);
}

/** Whether CPython is missing. Then a message is printed; in CI it is a failure. */
export const noPython: boolean = reason !== undefined;
