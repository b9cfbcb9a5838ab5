import { describe, expect, it } from "vitest";
import { bundledSize } from "../src/size.js";

const budgets = [
  { packages: ["scope", "task-group"], budget: 6000 },
  { packages: ["scope", "supervisor"], budget: 7000 },
  { packages: ["scope", "exception-group", "task-group", "supervisor", "timeout"], budget: 9500 },
];

describe("the size of a user's bundle, minified and gzipped", () => {
  it.each(budgets)("keeps to its budget with $packages (D5)", async ({ packages, budget }) => {
    const size = await bundledSize(packages.map((name) => `@selvage/${name}`));
    console.log(`${packages.join(" + ")}: ${size} of ${budget} bytes`);
    expect(size).toBeLessThanOrEqual(budget);
  });
});
