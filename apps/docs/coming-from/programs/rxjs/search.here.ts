import { EventEmitter } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import {
  CancelScope,
  debounce,
  fromEvents,
  switchMap,
} from "@selvage/stream";

const input = new EventEmitter();
let running = 0;

async function search(text: string, scope: CancelScope): Promise<string> {
  console.log(`${text}: search, ${++running} at once`);
  try {
    await scope.sleep(200);
    return `results for ${text}`;
  } finally {
    running--;
  }
}

async function type(): Promise<void> {
  for (const text of ["s", "se"]) input.emit("input", text);
  await wait(80);
  input.emit("input", "selvage");
}

await CancelScope.run(async (scope) => {
  const texts = debounce(fromEvents<string>(scope, input, "input"), 10);
  void type();
  for await (const results of switchMap(texts, search)) {
    console.log(results);
    break;
  }
});
