import { CancelScope, Keyed, Mutex } from "@selvage/semaphore";

const locks = new Keyed((user: string) => new Mutex({ name: user }));

using scope = new CancelScope();
for (let user = 0; user < 1_000; user++)
  await locks.run(scope, `user ${user}`, () => "paid");
console.log(`${locks.size} mutexes are left`);
