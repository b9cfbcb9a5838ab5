import type { Program } from "../program.js";
import { program as ambient } from "./ambient.js";
import { program as asCompleted } from "./as-completed.js";
import { program as backgroundSpawn } from "./background-spawn.js";
import { program as cancelByHand } from "./cancel-by-hand.js";
import { program as commands } from "./commands.js";
import { program as crawler } from "./crawler.js";
import { program as doneCallbacks } from "./done-callbacks.js";
import { program as drain } from "./drain.js";
import { program as fanOut } from "./fan-out.js";
import { program as fetch150 } from "./fetch-150.js";
import { program as firstWins } from "./first-wins.js";
import { program as flights } from "./flights.js";
import { program as gatherReturnExceptions } from "./gather-return-exceptions.js";
import { program as gather } from "./gather.js";
import { program as helloIshWorld } from "./hello-ish-world.js";
import { program as map } from "./map.js";
import { program as pipeline } from "./pipeline.js";
import { program as racesFound } from "./races-found.js";
import { program as ready } from "./ready.js";
import { program as remainingTasks } from "./remaining-tasks.js";
import { program as restarts } from "./restarts.js";
import { program as retries } from "./retries.js";
import { program as run } from "./run.js";
import { program as scheduler } from "./scheduler.js";
import { program as searchBox } from "./search-box.js";
import { program as semaphores } from "./semaphores.js";
import { program as server } from "./server.js";
import { program as stragglers } from "./stragglers.js";
import { program as taskGroupCancels } from "./task-group-cancels.js";
import { program as taskGroupExcept } from "./task-group-except.js";
import { program as taskStates } from "./task-states.js";
import { program as timeouts } from "./timeouts.js";
import { program as tracing } from "./tracing.js";
import { program as trace } from "./trace.js";

/** The programs, in the recommended reading order. */
export const programs: readonly Program[] = [
  gather,
  gatherReturnExceptions,
  taskGroupExcept,
  remainingTasks,
  cancelByHand,
  taskGroupCancels,
  helloIshWorld,
  taskStates,
  fetch150,
  doneCallbacks,
  backgroundSpawn,
  commands,
  timeouts,
  server,
  map,
  firstWins,
  restarts,
  retries,
  asCompleted,
  ready,
  stragglers,
  racesFound,
  ambient,
  run,
  drain,
  flights,
  semaphores,
  pipeline,
  fanOut,
  searchBox,
  crawler,
  scheduler,
  tracing,
  trace,
];
