import type { StageEvent } from "./pipeline-event.js";
import { type Channel, channels, inputOf, type Stage, stages } from "./plan.js";
import type { PipelineRecording } from "./record.js";

/** What a stage does for some time. */
export interface Span {
  /** `room`: it has an item, and waits until the next channel accepts it. This is back-pressure. `items`: it waits for an item. */
  readonly kind: "working" | "room" | "items";
  /** The item that it has; `undefined` if it waits for one. */
  readonly item: number | undefined;
  readonly from: number;
  readonly to: number;
}

/** The lane of a stage. */
export interface StageLane {
  readonly stage: Stage;
  /** One after another. */
  readonly spans: readonly Span[];
  readonly end: number;
  readonly how: "returned" | "failed" | "stopped";
}

/** An item in the buffer of a channel. */
interface Stay {
  readonly item: number;
  readonly from: number;
  /** When it was received; `Infinity` if it never was. */
  readonly to: number;
  /** Its line in the drawing. A line is free again when its item has left. */
  readonly line: number;
}

/** The lane of a channel. */
export interface BufferLane {
  readonly channel: Channel;
  readonly stays: readonly Stay[];
  /** How many items were in it at most. */
  readonly most: number;
}

/** What is drawn of a recording. */
export interface Picture {
  readonly stages: readonly StageLane[];
  readonly buffers: readonly BufferLane[];
  /** When the last stage ended each item, in order. */
  readonly written: readonly { readonly at: number; readonly item: number }[];
}

/** Makes the picture of a recording. */
export function pictureOf({ events }: PipelineRecording): Picture {
  const own = (stage: Stage): StageEvent[] =>
    events.filter((event): event is StageEvent => event.kind !== "back" && event.stage === stage);
  const last = stages.at(-1)!;
  return {
    stages: stages.map((stage) => laneOf(stage, own(stage))),
    buffers: channels.map((channel, i) => bufferOf(channel, own(stages[i]!), own(stages[i + 1]!))),
    written: own(last).flatMap((event) => (event.kind === "ends" ? [{ at: event.at, item: event.item }] : [])),
  };
}

function laneOf(stage: Stage, events: readonly StageEvent[]): StageLane {
  const spans: Span[] = [];
  let item: number | undefined;
  let begun: Omit<Span, "to"> | undefined;
  const begin = (next: Omit<Span, "to"> | undefined, at: number): void => {
    if (begun !== undefined && at > begun.from) spans.push({ ...begun, to: at });
    begun = next;
  };
  for (const event of events) {
    const { at } = event;
    if (event.kind === "begins") begin({ kind: "working", item: (item = event.item), from: at }, at);
    else if (event.kind !== "waits") begin(undefined, at);
    else if (event.channel === inputOf(stage)) begin({ kind: "items", item: undefined, from: at }, at);
    else begin({ kind: "room", item, from: at }, at);
  }
  const end = events.at(-1);
  if (end?.kind !== "over") throw new Error(`expected stage "${stage}" to have ended`);
  return { stage, spans, end: end.at, how: end.how };
}

function bufferOf(channel: Channel, sender: readonly StageEvent[], receiver: readonly StageEvent[]): BufferLane {
  const received = new Map(receiver.flatMap((event) => (event.kind === "begins" ? [[event.item, event.at]] : [])));
  const stays: Stay[] = [];
  let most = 0;
  for (const { item, at: from } of sentBy(sender, channel)) {
    const to = received.get(item) ?? Infinity;
    if (to === from) continue; // from hand to hand
    const present = new Set(stays.filter((stay) => stay.to > from).map(({ line }) => line));
    let line = 0;
    while (present.has(line)) line++;
    most = Math.max(most, present.size + 1);
    stays.push({ item, from, to, line });
  }
  return { channel, stays, most };
}

/**
 * The items that a stage has sent, and when. A send that waited has succeeded if the stage goes on. If the stage is over at once, it has succeeded only
 * if the stage has returned.
 */
function sentBy(events: readonly StageEvent[], channel: Channel): { readonly item: number; readonly at: number }[] {
  return events.flatMap((event, i) => {
    if (event.kind !== "ends") return [];
    const next = events[i + 1];
    const hasWaited = next?.kind === "waits" && next.channel === channel;
    const sent = hasWaited ? events[i + 2] : event;
    const after = hasWaited ? events[i + 3] : next;
    const hasFailed = after?.kind === "over" && after.how !== "returned";
    return sent === undefined || hasFailed ? [] : [{ item: event.item, at: sent.at }];
  });
}

/** Where everything is at one time. */
export interface Moment {
  readonly stages: readonly StageMoment[];
  /** The items in each buffer, the oldest first. */
  readonly buffers: readonly (readonly number[])[];
  /** How many items are written. */
  readonly written: number;
}

/** What a stage does at one time. */
export interface StageMoment {
  readonly stage: Stage;
  /** `idle`: it has not begun, or is between two things. */
  readonly doing: Span["kind"] | "idle" | StageLane["how"];
  readonly item: number | undefined;
}

/** Where everything is at `time`, after the events of that time. */
export function momentOf({ stages, buffers, written }: Picture, time: number): Moment {
  return {
    stages: stages.map(({ stage, spans, end, how }) => {
      if (time >= end) return { stage, doing: how, item: undefined };
      const span = spans.find(({ from, to }) => from <= time && time < to);
      return { stage, doing: span?.kind ?? "idle", item: span?.item };
    }),
    buffers: buffers.map(({ stays }) =>
      stays.filter(({ from, to }) => from <= time && time < to).map(({ item }) => item),
    ),
    written: written.filter(({ at }) => at <= time).length,
  };
}

/** How long a stage has waited in all. */
export function waitedFor(lane: StageLane, kind: "room" | "items"): number {
  return lane.spans.filter((span) => span.kind === kind).reduce((sum, { from, to }) => sum + to - from, 0);
}
