import { getEventListeners } from "node:events";
import { CancelScope } from "@selvage/scope";

const shutdown = new AbortController();

for (let n = 0; n < 5; n++) {
  await CancelScope.run(
    (connection) => {
      connection.onCancel(() => console.log("closed by the server"));
      if (n === 4) console.log(`listeners while one is open: ${getEventListeners(shutdown.signal, "abort").length}`);
    },
    { parent: shutdown.signal },
  );
}
console.log(`listeners left: ${getEventListeners(shutdown.signal, "abort").length}`);
