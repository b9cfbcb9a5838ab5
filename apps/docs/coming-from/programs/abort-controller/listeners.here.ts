import { getEventListeners } from "node:events";
import { CancelScope } from "@selvage/scope";

const shutdown = new AbortController();
const listeners = () => getEventListeners(shutdown.signal, "abort").length;

for (let n = 0; n < 5; n++) {
  await CancelScope.run(
    (connection) => {
      connection.onCancel(() => console.log("closed by the server"));
      if (n === 4)
        console.log(`listeners while one is open: ${listeners()}`);
    },
    { parent: shutdown.signal },
  );
}
console.log(`listeners left: ${listeners()}`);
