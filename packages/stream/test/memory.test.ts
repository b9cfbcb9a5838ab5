import { runProgram } from "@selvage/test-support/run-program";
import { expect, it } from "vitest";

it("streams keep nothing of what was read, keep the order, and read no further ahead than limit and buffer (I5, I6, I8)", async () => {
  const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
  expect(end).toMatchObject({ code: 0, stderr: "" });
  const { kept, ahead, outOfOrder } = JSON.parse(end.stdout) as {
    kept: Record<string, number>;
    ahead: [number, number];
    outOfOrder: number;
  };
  expect(outOfOrder).toBe(0);
  expect(ahead[0]).toBeLessThanOrEqual(8 + 4 + 1); // limit + buffer, and the item that is being read
  expect(ahead[1]).toBeLessThanOrEqual(1 + 16 + 8 + 4); // the channel, its sender, and limit + buffer
  for (const [what, bytes] of Object.entries(kept)) expect(bytes, what).toBeLessThan(4); // an item is 200 bytes
});
