import { capacities, countOf, type Plan, stages, timeOf } from "./plan.js";
import { pipelinePresets } from "./presets.js";

/** Writes a plan as the query of a link. */
export function pipelineQueryOf({ items, capacity, takes, failsAt }: Plan): string {
  const query = new URLSearchParams({ items: String(items), capacity: String(capacity) });
  for (const stage of stages) query.set(stage, String(takes[stage]));
  if (failsAt !== undefined) query.set("fails", String(failsAt));
  return query.toString();
}

/**
 * Reads the query of a link: a whole plan, or `preset=<id>`. A part that is missing or invalid is taken from the preset, or from the first preset; so any
 * text is accepted.
 */
export function planOf(text: string): Plan {
  const query = new URLSearchParams(text);
  const { plan } = pipelinePresets.find(({ id }) => id === query.get("preset")) ?? pipelinePresets[0];
  const items = countOf(query.get("items")) ?? plan.items;
  const capacity = query.get("capacity") ?? "";
  const isOwn = query.has("items"); // then a failure is not taken from a preset
  const failsAt = countOf(query.get("fails")) ?? (isOwn ? undefined : plan.failsAt);
  return {
    items,
    capacity: capacities.find((known) => String(known) === capacity) ?? plan.capacity,
    takes: {
      read: timeOf(query.get("read")) ?? plan.takes.read,
      transform: timeOf(query.get("transform")) ?? plan.takes.transform,
      write: timeOf(query.get("write")) ?? plan.takes.write,
    },
    failsAt: failsAt === undefined ? undefined : Math.min(failsAt, items),
  };
}
