import { Mutex } from "async-mutex";

const file = new Mutex();
const save = () => file.runExclusive(() => "saved");

const update = file.runExclusive(async () => {
  console.log("updating");
  return await save();
});
console.log(await update);
