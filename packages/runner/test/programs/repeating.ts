/** Runs two mains; the first keeps its value although it is cancelled. */
import { Runner } from "@selvage/runner";

const runner = new Runner();
for (const number of [1, 2]) {
  await runner.run(async (scope) => {
    console.log(`started ${number}, cancelled: ${scope.cancelled}`);
    try {
      await scope.sleep(Infinity);
    } catch (error) {
      if (number === 2) throw error;
    }
  });
  console.log(`ended ${number}`);
}
