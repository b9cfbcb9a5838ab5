import { setTimeout as sleep } from "node:timers/promises";

async function upload(part: string, ms: number) {
  await sleep(ms);
  if (part === "b") throw new Error("b: disk full");
  console.log(`${part}: written`);
}

try {
  await Promise.all([upload("a", 1), upload("b", 20), upload("c", 1000)]);
} catch (error) {
  console.log(`rolled back: ${String(error)}`);
}
