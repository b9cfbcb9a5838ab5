import { Supervisor } from "@selvage/supervisor";
import type { Program, Stage } from "../program.js";
import { readAmount, readCurrency, readCustomer } from "./work/order.js";

/*
 * Python's `gather(…, return_exceptions=True)` is `Promise.allSettled`.
 *
 * Look at: one reader succeeds and two fail. `allSettled` does not throw, so the errors are in a list that the caller
 * must remember to inspect. A Supervisor also lets everything run, but reports each failure to a handler.
 */
export const program: Program = {
  name: "gather-return-exceptions",
  description: "Promise.allSettled leaves the errors in a list, a Supervisor reports each",
  async run(stage) {
    await withAllSettledForgetfully(stage);
    await withAllSettled(stage);
    await withSupervisor(stage);
  },
};

async function withAllSettledForgetfully({ out }: Stage): Promise<void> {
  out("Promise.allSettled, not inspected");
  await Promise.allSettled([readCustomer(), readAmount(), readCurrency()]);
  out("  no error is seen");
}

async function withAllSettled({ out }: Stage): Promise<void> {
  out("Promise.allSettled, inspected");
  const results = await Promise.allSettled([readCustomer(), readAmount(), readCurrency()]);
  for (const result of results) {
    if (result.status === "fulfilled") out(`  a result: ${result.value}`);
    else out(`  an error: ${String(result.reason)}`);
  }
}

async function withSupervisor({ out }: Stage): Promise<void> {
  out("Supervisor");
  await Supervisor.run(
    async (supervisor) => {
      const customer = supervisor.createTask(readCustomer);
      supervisor.createTask(readAmount);
      supervisor.createTask(readCurrency);
      out(`  the result of ${customer.name}: ${await customer}`);
    },
    {
      onError(error, task) {
        out(`  the error of ${task.name}: ${String(error)}`);
      },
    },
  );
}
