/** Is closed from outside its main, whose cleanup lasts until the test ends it. */
import { Runner } from "@selvage/runner";
import { nextLine } from "./stdin.js";

process.on("SIGTERM", () => console.log("signalled"));

const runner = new Runner();
const outcome = runner.run(async (scope) => {
  try {
    await scope.sleep(Infinity);
  } finally {
    console.log("cleans up");
    await nextLine();
    console.log("cleaned up");
  }
});
runner.close();
await outcome.catch((error: unknown) => console.log(String(error)));
