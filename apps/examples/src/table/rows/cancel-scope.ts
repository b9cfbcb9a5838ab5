import { CancelScope } from "@selvage/scope";
import type { OneBody, Row } from "../row.js";

const asIs: OneBody = {
  run(body, { clock, signal, limit }) {
    return CancelScope.run((scope) => body(scope.signal, () => scope.cancel()), {
      clock,
      parent: signal,
      deadline: clock.now() + limit,
    });
  },
};

/** Code that cancels a scope also has to wait for its run. */
const byHand: OneBody = {
  run(body, { clock, signal, limit }) {
    const scope = new CancelScope({ clock, parent: signal, deadline: clock.now() + limit });
    const run: Promise<unknown> = scope.run(() =>
      body(scope.signal, () => {
        scope.cancel();
        return run;
      }),
    );
    return run;
  },
};

export const cancelScope: Row = {
  name: "CancelScope",
  runs: "one body",
  asIs,
  byHand,
  rules: { shutdown: "S2", results: "S14", errors: "S14", waiting: "S14", outer: "S8" },
};
