import { setTimeout as wait } from "node:timers/promises";
import { concatMap, from, lastValueFrom } from "rxjs";

let read = 0;
let most = 0;

async function* rows() {
  while (read < 1_000) {
    await Promise.resolve(); // or: the next chunk of a file
    yield ++read;
  }
}

async function insert(row: number): Promise<number> {
  most = Math.max(most, read - row);
  if (row % 100 === 0) await wait(1);
  return row;
}

const inserted = await lastValueFrom(from(rows()).pipe(concatMap(insert)));
console.log(`${inserted} rows inserted`);
console.log("rows that waited in memory: more than 100?", most > 100);
