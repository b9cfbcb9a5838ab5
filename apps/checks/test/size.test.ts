import { describe, expect, it } from "vitest";
import { type Budget, budgets, measure } from "../src/bundled-size.js";

describe("what the packages add to a bundle, minified and gzipped", () => {
  it.each(budgets.map((budget): [string, Budget] => [budget.packages.join(" + "), budget]))(
    "stays within its budget: %s (D5)",
    async (_, budget) => {
      const { all, usual } = await measure(budget);
      expect(all).toBeLessThanOrEqual(budget.all);
      expect(usual).toBeLessThanOrEqual(budget.usual[1]);
      if (budget.isOnlyName !== true) expect(usual).toBeLessThan(all); // unused names are tree-shaken
    },
  );
});
