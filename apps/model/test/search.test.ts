import { describe, expect, it } from "vitest";
import { search } from "../src/search.js";

/** Another one can be given, to look elsewhere; `pnpm model` looks for longer. */
const seed = Number(process.env["MODEL_SEED"] ?? 20);

describe("search", () => {
  it.each(["distinct", "colliding"] as const)(
    `finds no program with %s times that the model and the packages disagree about, under seed ${seed}`,
    async (times) => {
      const { failure, agreed } = await search({ runs: 600, seed, times });
      const replay = `pnpm model --seed ${seed} --times ${times} --path ${failure?.path}`;
      expect(failure, failure && `${failure.message}\n\n${failure.code}\nReplay it: ${replay}`).toBeUndefined();
      expect(agreed).toBeGreaterThan(570);
    },
  );
});
