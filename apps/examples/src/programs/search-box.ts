import { EventEmitter } from "node:events";
import { CancelScope } from "@selvage/scope";
import { debounce, fromEvents, switchMap } from "@selvage/stream";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A user types into a search box, and pauses twice. The answer to a short text takes longer, because there is more to find.
 *
 * Look at: what is shown in the end. With a listener the old answer arrives last, and replaces the new one. `debounce` waits until the user has stopped
 * typing, and `switchMap` cancels the search for the old text before it begins the next one.
 */
export const program: Program = {
  name: "search-box",
  description: "a search box that shows an old answer, or cancels the old search",
  async run(stage) {
    await withListener(stage);
    await withSwitchMap(stage);
  },
};

async function withListener({ out, clock }: Stage): Promise<void> {
  out("a listener");
  const timers = new NativeTimers(clock);
  const input = new EventEmitter();
  const searches: Promise<void>[] = []; // Only so that this program can wait.
  input.on("input", (text: string) => {
    searches.push(
      search(text, timers, out).then((answer) => {
        out(`  shown: ${answer}`);
      }),
    );
  });
  await type(input, timers);
  await Promise.all(searches);
}

async function withSwitchMap({ out, clock }: Stage): Promise<void> {
  out("debounce and switchMap");
  const input = new EventEmitter();
  await CancelScope.run(
    async (scope) => {
      const texts = fromEvents<string>(scope, input, "input", { until: "close" });
      const answers = switchMap(debounce(texts, 50, { parent: scope }), (text, own) => search(text, own, out), {
        parent: scope,
      });
      const typing = type(input, scope);
      for await (const answer of answers) out(`  shown: ${answer}`);
      await typing;
    },
    { clock },
  );
}

/** Stands for the user. */
async function type(input: EventEmitter, where: Sleeper): Promise<void> {
  for (const text of ["s", "se"]) {
    input.emit("input", text);
    await where.sleep(20);
  }
  await where.sleep(100);
  input.emit("input", "selvage");
  await where.sleep(1_000);
  input.emit("close");
}

async function search(text: string, where: Sleeper, out: (line: string) => void): Promise<string> {
  out(`  search for ${text}`);
  let isDone = false;
  try {
    await where.sleep(1_000 / text.length);
    isDone = true;
    return `results for ${text}`;
  } finally {
    if (!isDone) out(`  search for ${text} cancelled`);
  }
}
