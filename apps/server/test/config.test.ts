import { describe, expect, it } from "vitest";
import { readConfig } from "../src/config.js";

describe("readConfig", () => {
  it("has a default for everything", () => {
    expect(readConfig({})).toMatchObject({ host: "127.0.0.1", port: 3000, databaseUrl: undefined, grace: 10_000 });
  });

  it("reads numbers, and takes an empty variable for a missing one", () => {
    expect(readConfig({ PORT: "0", GRACE_MS: "5", LEASE_MS: "", DATABASE_URL: "" })).toMatchObject({
      port: 0,
      grace: 5,
      lease: 60_000,
      databaseUrl: undefined,
    });
  });

  it.each(["ten", "-1", "1.5", "0"])("refuses IN_FLIGHT=%s", (value) => {
    expect(() => readConfig({ IN_FLIGHT: value })).toThrow(
      new RangeError(`IN_FLIGHT must be an integer of at least 1, got "${value}".`),
    );
  });
});
