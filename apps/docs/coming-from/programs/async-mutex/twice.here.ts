import { CancelScope, Mutex } from "@selvage/semaphore";

const file = new Mutex({ name: "settings.json" });
const save = (scope: CancelScope) => file.run(scope, () => "saved");

using scope = new CancelScope();
const update = file.run(scope, async function change(own) {
  console.log("updating");
  return await save(own);
});
console.log(await update.catch((error: unknown) => String(error)));
