import type { Program } from "../program.js";
import { gather } from "./gather.js";
import { gatherReturnExceptions } from "./gather-return-exceptions.js";

/** The programs, in the order in which they are best read. */
export const programs: readonly Program[] = [gather, gatherReturnExceptions];
