/**
 * `pnpm model --runs 100000 --seed 7`: runs random programs and calls, and compares what happened with the model.
 * Ends with 1 if they disagree.
 */
import { parseArgs } from "node:util";
import { search, SUBJECTS } from "./search.js";

/** The size of a batch, after which a line of progress is printed. */
const BATCH = 1000;
const USAGE = "pnpm model [--runs 10000] [--seed N] [--of distinct|colliding|shutdowns|calls] [--path P]";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    of: { type: "string" },
    path: { type: "string" },
  },
});
const first = wholeNumber("seed", values.seed);
const { path } = values;
const runs = path === undefined ? wholeNumber("runs", values.runs) : 1;
const subjects = SUBJECTS.filter((subject) => (values.of ?? subject) === subject);
if (subjects.length === 0)
  throw new RangeError(`of must be one of ${SUBJECTS.join(", ")}, got ${values.of}.\n${USAGE}`);

let done = 0;
let undecided = 0;
console.log(`seed ${first}, ${runs} runs`);
for (let batch = 0; done < runs && process.exitCode === undefined; batch++) {
  // Each batch has its own seed, so that a failure is found again quickly.
  const seed = first + Math.floor(batch / subjects.length);
  const of = subjects[batch % subjects.length]!;
  const size = Math.min(BATCH, runs - done);
  const result = await search({ of, runs: size, seed, path });
  done += size;
  for (const count of result.undecided.values()) undecided += count;
  if (result.failure === undefined) {
    if (done % (10 * BATCH) === 0 || done === runs) console.log(`${done} runs, ${undecided} of them undecided: agreed`);
  } else {
    const { message, code, path: found } = result.failure;
    console.log(`\n${message}\n\n${code}`);
    console.log(`Replay it: pnpm model --seed ${seed} --of ${of} --path ${found}`);
    process.exitCode = 1;
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new RangeError(`${name} must be a whole number, got ${text}.\n${USAGE}`);
}
