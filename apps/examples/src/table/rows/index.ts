import type { Row } from "../row.js";
import { abortController } from "./by-hand.js";
import { cancelScope } from "./cancel-scope.js";
import { promiseAll, promiseAllSettled, promiseAny, promiseRace } from "./promises.js";
import { supervisor } from "./supervisor.js";
import { taskGroup } from "./task-group.js";
import { moveOnAfterRow, timeoutRow } from "./timeouts.js";
import { timerRace } from "./timer-race.js";

/** The rows of the table: first the primitives of this project, then the platform's functions. */
export const rows: readonly Row[] = [
  taskGroup,
  supervisor,
  cancelScope,
  timeoutRow,
  moveOnAfterRow,
  promiseAll,
  promiseAllSettled,
  promiseRace,
  promiseAny,
  abortController,
  timerRace,
];
