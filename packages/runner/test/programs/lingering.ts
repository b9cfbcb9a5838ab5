/** Leaves tasks behind that ignore their cancellation; its argument is the grace. */
import { run } from "@selvage/runner";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { nextLine } from "./stdin.js";

const grace = process.argv[2] === undefined ? undefined : Number(process.argv[2]);

await run(
  async (scope) => {
    const set = new TaskOwner("Workers", { parent: scope, name: "uploads" }, { taskEnded: () => {} });
    set.createTask(nextLine, { name: "deaf" });
    set.createTask((own) => own.sleep(Infinity), { name: "obedient" });
    console.log("started");
    await set.finish();
  },
  { grace },
);
console.log("ended");
