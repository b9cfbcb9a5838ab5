/**
 * For finding out what a program is doing: what is live, for how long and where it was created, and what does not end. Nothing of it is
 * loaded unless it is imported.
 *
 * @packageDocumentation
 */
export { recordCreationSites } from "./creation-site.js";
export { describeTree, type DescribeTreeOptions } from "./describe-tree.js";
export { type ContainerSnapshot, snapshot, type Snapshot, type TaskSnapshot } from "./snapshot.js";
export { type StragglerOptions, watchStragglers } from "./stragglers.js";
