import { describeTree, watchStragglers } from "@selvage/scope/debug";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * An upload is cancelled and does not end at once: one of its tasks does not check its scope, and is slow.
 *
 * Look at: what the waiting code can find out. An AbortController does not know its listeners. A watch names each
 * task that has not ended some time after it was cancelled, and where it was created. `describeTree` prints
 * everything that is live, at any time. Both print the function, the file and the line; only the function is shown
 * here.
 */
export const program: Program = {
  name: "stragglers",
  description: "watchStragglers names cancelled tasks that do not end, and where they were created",
  async run(stage) {
    await withAbortController(stage);
    await withWatch(stage);
  },
};

async function withAbortController({ out, clock }: Stage): Promise<void> {
  out("AbortController");
  const controller = new AbortController();
  const timers = new NativeTimers(clock, controller.signal);
  const library = new NativeTimers(clock); // It gets no signal.
  const upload = Promise.allSettled([send(timers), send(timers), shrinkPicture(library)]);
  controller.abort();
  const patience = library.sleep(500).then(() => "it has not ended, and the reason is unknown");
  out(`  half a second later: ${await Promise.race([upload.then(() => "it has ended"), patience])}`);
  await upload;
}

async function withWatch({ out, clock }: Stage): Promise<void> {
  out("watchStragglers");
  using _watch = watchStragglers({
    after: 500,
    report: (text) => {
      print(text, out);
    },
  });
  await TaskGroup.run(
    (group) => {
      startUpload(group, new NativeTimers(clock));
      print(describeTree(group.scope), out);
      group.cancel("the window was closed");
    },
    { clock, name: "upload" },
  );
  out("  it has ended");
}

function startUpload(group: TaskGroup, library: Sleeper): void {
  for (const page of ["page 1", "page 2"]) group.createTask(send, { name: page });
  group.createTask(() => shrinkPicture(library), { name: "picture" });
}

async function send(where: Sleeper): Promise<void> {
  await where.sleep(60_000);
}

/** Calls a library that cannot be cancelled. */
async function shrinkPicture(library: Sleeper): Promise<void> {
  await library.sleep(800);
}

/** Prints each line without the file of the creation site. */
function print(text: string, out: (line: string) => void): void {
  for (const line of text.split("\n")) out(`  ${line.replace(/ \(.*\)$/, "")}`);
}
