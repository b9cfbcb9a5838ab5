import { Flights } from "@selvage/flight";
import { CancelScope } from "@selvage/scope";
import type { Programs } from "../programs.js";
import { work } from "../work.js";

const flights = new Flights<number, number>({ ttl: 3_600_000, max: 100 });

export const programs: Programs = {
  async kept(n) {
    const scope = new CancelScope();
    for (let i = 0; i < n; i++) {
      work.started++;
      await flights.get(scope, i % 10, (key) => key);
      work.ended++;
    }
    scope.close();
  },
};
