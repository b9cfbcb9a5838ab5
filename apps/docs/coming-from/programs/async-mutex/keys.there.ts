import { Mutex } from "async-mutex";

const locks = new Map<string, Mutex>();
function lockOf(user: string) {
  let lock = locks.get(user);
  if (lock === undefined) locks.set(user, (lock = new Mutex()));
  return lock;
}

for (let user = 0; user < 1_000; user++)
  await lockOf(`user ${user}`).runExclusive(() => "paid");
console.log(`${locks.size} mutexes are left`);
