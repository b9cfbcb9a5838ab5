import { describe, expect, it } from "vitest";
import { search, SUBJECTS } from "../src/search.js";

/** Another seed can be given; `pnpm model` searches for longer. */
const seed = Number(process.env["MODEL_SEED"] ?? 20);

describe("search", () => {
  it.each(SUBJECTS)(
    `finds nothing that the model and the packages disagree about, under seed ${seed}: %s`,
    async (of) => {
      const { failure, agreed } = await search({ of, runs: 600, seed });
      const replay = `pnpm model --seed ${seed} --of ${of} --path ${failure?.path}`;
      expect(failure, failure && `${failure.message}\n\n${failure.code}\nReplay it: ${replay}`).toBeUndefined();
      expect(agreed).toBeGreaterThan(570);
    },
  );
});
