import { EventEmitter, on } from "node:events";

const sensor = new EventEmitter();
const values = on(sensor, "value");
for (let n = 1; n <= 100_000; n++) sensor.emit("value", n);

let waiting = 0;
sensor.emit("value", "last");
for await (const [value] of values as AsyncIterable<[unknown]>) {
  if (value === "last") break;
  waiting++;
}
console.log("events that waited:", waiting);
