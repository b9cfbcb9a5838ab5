import { EventEmitter } from "node:events";
import { CancelScope, fromEvents } from "@selvage/stream";

using scope = new CancelScope();
const sensor = new EventEmitter();
const values = fromEvents<number>(scope, sensor, "value");
for (let n = 1; n <= 100_000; n++) sensor.emit("value", n);

let waiting = 0;
try {
  for await (const value of values) waiting = value;
} catch (error) {
  console.log(String(error));
}
console.log("events that waited:", waiting);
