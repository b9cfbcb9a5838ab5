import { setTimeout as sleep } from "node:timers/promises";

async function read(replica: string, ms: number) {
  await sleep(ms);
  if (replica === "b") throw new Error("b: unreachable");
  console.log(`${replica}: read`);
  return replica;
}

// Two answers are enough.
const results = await Promise.allSettled([
  read("a", 1),
  read("b", 10),
  read("c", 30),
  read("d", 1000),
]);
const answers = results.flatMap((result) =>
  result.status === "fulfilled" ? [result.value] : [],
);
console.log(`quorum: ${answers.slice(0, 2).join()}`);
