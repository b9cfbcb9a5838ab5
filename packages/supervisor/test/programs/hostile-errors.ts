/** Tasks that fail with errors whose properties throw when read, beside a task that continues. */
import { Supervisor } from "@selvage/supervisor";

class Odd extends Error {
  constructor(field: PropertyKey) {
    super("odd");
    Object.defineProperty(this, field, {
      get() {
        throw new Error("hostile");
      },
    });
  }
}

const supervisor = new Supervisor();
supervisor.createTask(async (scope) => {
  await scope.sleep(50);
  console.log("sibling: went on");
});
const fields = [
  "message",
  "stack",
  "name",
  "cause",
  "errors",
  "constructor",
  Symbol.for("nodejs.util.inspect.custom"),
  Symbol.toStringTag,
];
fields.forEach((field, index) => {
  supervisor.createTask(
    () => {
      throw new Odd(field);
    },
    { name: `odd ${index}` },
  );
});
await supervisor.join();
const { failed, completed } = supervisor.stats();
console.log(`${failed} failed, ${completed} completed`);
