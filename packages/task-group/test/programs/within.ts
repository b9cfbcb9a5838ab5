/**
 * Waits, with a limit, for something that does not keep the process alive. It ends at once although the limits of other
 * calls are far off.
 */
import { gatherSettled, mapSettled } from "@selvage/task-group";

const quick = (): number => 1;
const hanging = ({ signal }: { signal: AbortSignal }): Promise<void> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
const far = { within: 1_000_000 };
await gatherSettled([quick], far);
await mapSettled([quick], (fn) => fn(), far);
const gathered = await gatherSettled([quick, hanging], { within: 5 });
console.log(gathered.map(({ status }) => status).join());
const mapped = await mapSettled([quick, hanging], (fn, scope) => fn(scope) as unknown, { within: 5 });
console.log(mapped.map(({ status }) => status).join());
