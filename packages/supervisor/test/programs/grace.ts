/** A task that waits forever, where only the grace of a shutdown keeps the process alive. */
import { Supervisor } from "@selvage/supervisor";

const supervisor = new Supervisor();
supervisor.createTask((scope) => scope.race(new Promise(() => {})));
void supervisor.shutdown({ grace: 20 }).then(({ cancelled }) => {
  console.log(`${cancelled} cancelled`);
});
