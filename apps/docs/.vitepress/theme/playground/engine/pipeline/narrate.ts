import { outcomeTitle } from "../narrate.js";
import { type Moment, momentOf, type Picture, pictureOf, type StageMoment, waitedFor } from "./picture.js";
import { channels, type Plan } from "./plan.js";
import type { PipelineRecording } from "./record.js";

/** Describes what a stage does. */
export function describeStage({ stage, doing, item }: StageMoment): string {
  switch (doing) {
    case "working":
      return `${stage} works on ${item!}`;
    case "room":
      return `${stage} has ${item!}, and waits for room`;
    case "items":
      return `${stage} waits for an item`;
    case "idle":
      return `${stage} is idle`;
    case "returned":
      return `${stage} has returned`;
    case "failed":
      return `${stage} has failed`;
    case "stopped":
      return `${stage} has stopped, cancelled`;
  }
}

/** Describes what is in a buffer. */
function describeBuffer(i: number, items: readonly number[]): string {
  return items.length === 0 ? `${channels[i]!} is empty` : `${channels[i]!} holds ${items.join(", ")}`;
}

/** Describes a moment in words, in the order of the pipeline. */
export function describeMoment({ stages, buffers, written }: Moment): string {
  const parts = stages.flatMap((stage, i) => {
    const buffer = buffers[i];
    return buffer === undefined ? [describeStage(stage)] : [describeStage(stage), describeBuffer(i, buffer)];
  });
  return `${parts.join(". ")}. ${written} written.`;
}

/** Describes a run in sentences. */
export function pipelineSummary({ items }: Plan, recording: PipelineRecording): string {
  const picture = pictureOf(recording);
  const { outcome } = recording;
  const how = outcome.ok ? "" : `, ${outcomeTitle(outcome)}`;
  return [
    `The caller has control back after ${outcome.at} ms${how}.`,
    `${picture.written.length} of ${items} items are written.`,
    ...sentencesOf(picture),
  ].join(" ");
}

function sentencesOf({ stages, buffers }: Picture): string[] {
  const waits = stages.flatMap((lane) =>
    (["room", "items"] as const).flatMap((kind) => {
      const ms = waitedFor(lane, kind);
      return ms === 0 ? [] : [`${lane.stage} waited ${ms} ms for ${kind}.`];
    }),
  );
  return [
    ...waits,
    ...buffers.map(({ channel, most }) => `${channel} held ${most === 0 ? "nothing" : `at most ${most}`}.`),
  ];
}

/** The moments at which something changes, in order. */
export function momentsOf(recording: PipelineRecording): { readonly at: number; readonly moment: Moment }[] {
  const picture = pictureOf(recording);
  const times = [...new Set(recording.events.map(({ at }) => at))].sort((a, b) => a - b);
  return times.map((at) => ({ at, moment: momentOf(picture, at) }));
}
