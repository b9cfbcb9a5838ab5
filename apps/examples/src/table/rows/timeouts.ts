import { moveOnAfter, timeout } from "@selvage/timeout";
import type { Row } from "../row.js";

export const timeoutRow: Row = {
  name: "timeout",
  runs: "one body",
  asIs: {
    run(body, { clock, signal, limit }) {
      return timeout(limit, ({ scope }) => body(scope.signal, () => scope.cancel()), { clock, parent: signal });
    },
  },
  rules: { shutdown: "O4", results: "O1", errors: "O3", waiting: "O1", outer: "O4" },
};

export const moveOnAfterRow: Row = {
  name: "moveOnAfter",
  runs: "one body",
  asIs: {
    run(body, { clock, signal, limit }) {
      return moveOnAfter(limit, ({ scope }) => body(scope.signal, () => scope.cancel()), { clock, parent: signal });
    },
  },
  rules: { shutdown: "O4", results: "O7", errors: "O3", waiting: "O1", outer: "O4" },
};
