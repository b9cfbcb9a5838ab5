import { setTimeout as sleep } from "node:timers/promises";

async function download(mirror: string, ms: number) {
  await sleep(ms);
  if (mirror === "fr") throw new Error("fr: 503");
  console.log(`${mirror}: downloaded`);
  return mirror;
}

const winner = await Promise.any([
  download("fr", 1),
  download("de", 10),
  download("jp", 1000),
]);
console.log(`used ${winner}`);
