import { run, sleep, spawn } from "effection";

await run(function* () {
  yield* spawn(function* () {
    yield* sleep(5);
    console.log("mail sent");
  });
  console.log("body: done");
});
console.log("left");
