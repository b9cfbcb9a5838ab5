import "@selvage/trace/register"; // `npx @selvage/trace ps PID` shows what runs
import { run } from "@selvage/runner";
import { CancelScope } from "@selvage/scope";
import { pino } from "pino";
import { readConfig } from "./config.js";
import { serve } from "./service.js";
import { startTelemetry } from "./telemetry.js";

const config = readConfig(process.env);
const log = pino({ level: config.logLevel });

await run(
  async (scope) => {
    await using telemetry = startTelemetry(config);
    // The service goes on for a while after the signal: load balancers need time to see that it is not ready.
    const serving = new CancelScope({ parent: null, name: "serving" });
    scope.onCancel(({ cause }) => {
      log.info({ signal: cause }, "leaving");
      void serving.sleep(config.notReady).then(() => serving.cancel(cause));
    });
    await serve({ parent: serving, config, log, telemetry, isLeaving: () => scope.cancelled });
  },
  // What still runs then is printed; later, the process ends, whatever keeps it alive.
  {
    grace: config.notReady + config.grace + 1_000,
    timeout: config.notReady + config.shutdownTimeout + 2_000,
  },
);
