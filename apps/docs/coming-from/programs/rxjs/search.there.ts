import { EventEmitter } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { debounceTime, fromEvent, switchMap } from "rxjs";

const input = new EventEmitter();
let running = 0;

async function search(text: string): Promise<string> {
  console.log(`${text}: search, ${++running} at once`);
  try {
    await wait(200);
    return `results for ${text}`;
  } finally {
    running--;
  }
}

const texts = fromEvent(input, "input").pipe(debounceTime(10));
texts
  .pipe(switchMap((text) => search(text as string)))
  .subscribe(console.log);
for (const text of ["s", "se"]) input.emit("input", text);
await wait(80);
input.emit("input", "selvage");
