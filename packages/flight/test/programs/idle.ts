import { CancelScope } from "@selvage/scope";
import { Flights } from "@selvage/flight";

const flights = new Flights<string, string>({ ttl: 3_600_000, max: 10, linger: 3_600_000 });
using scope = new CancelScope();
await flights.get(scope, "a", async (key) => key);
const caller = new CancelScope();
const left = flights.get(caller, "b", () => new Promise<string>(() => {})); // lingers for an hour
caller.cancel();
await left.catch(() => {});
console.log("end of main");
