/** A task that waits for what never comes, and nothing but the grace of a shutdown to keep the process alive. */
import { Supervisor } from "@selvage/supervisor";

const supervisor = new Supervisor();
supervisor.createTask((scope) => scope.race(new Promise(() => {})));
void supervisor.shutdown({ grace: 20 }).then(({ cancelled }) => {
  console.log(`${cancelled} cancelled`);
});
