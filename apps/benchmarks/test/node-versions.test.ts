import { describe, expect, it } from "vitest";
import { findNode } from "../src/node-versions.js";

describe("findNode", () => {
  it("takes a path as it is", () => {
    expect(findNode("/opt/node/bin/node")).toBe("/opt/node/bin/node");
  });

  it("takes the Node that runs it for its own version", () => {
    expect(findNode(process.versions.node.split(".")[0]!)).toBe(process.execPath);
  });

  it("refuses a version that is not installed", () => {
    expect(() => findNode("19")).toThrow("run that, or give the path");
  });
});
