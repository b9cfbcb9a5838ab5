import { ExceptionGroup } from "@selvage/scope";
import fc from "fast-check";
import { CodedGroup } from "./outline.js";

/** Few enough that the same error is often in a group twice. */
const leaves: readonly unknown[] = [
  ...Array.from({ length: 4 }, (_, i) => new TypeError(`t${i}`)),
  ...Array.from({ length: 4 }, (_, i) => new RangeError(`r${i}`)),
  new Error("e"),
  "text",
  undefined,
];

function groupOf(member: fc.Arbitrary<unknown>): fc.Arbitrary<AggregateError | ExceptionGroup> {
  return fc
    .record({
      message: fc.constantFrom("f", "g", "h"),
      errors: fc.array(member, { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom("plain", "coded", "foreign"),
    })
    .map(({ message, errors, kind }) => {
      if (kind === "plain") return new ExceptionGroup(message, errors);
      return kind === "coded" ? new CodedGroup(message, errors, 7) : new AggregateError(errors, message);
    });
}

const tree = fc.letrec<{ member: unknown; group: AggregateError | ExceptionGroup }>((tie) => ({
  member: fc.oneof({ maxDepth: 5, depthSize: "small" }, fc.constantFrom(...leaves), tie("group")),
  group: groupOf(tie("member")),
}));

/** A group of groups and leaves, with duplicates, of all kinds of group. */
export const randomGroup: fc.Arbitrary<AggregateError | ExceptionGroup> = tree.group;
