// Ends by itself, because nothing keeps it alive.
import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { socket } from "@selvage/trace/register";

while (!existsSync(socket)) await setImmediate();
console.log(`ready ${socket}`);
