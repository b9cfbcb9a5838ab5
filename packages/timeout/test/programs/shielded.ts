/** Only its shield keeps this process alive, until its time is up. */
import { CancelScope } from "@selvage/scope";
import { shield } from "@selvage/timeout";

const parent = new CancelScope();
parent.cancel();
const value = await shield(50, ({ scope }) => scope.race(new Promise(() => {})), { parent });
console.log("ended", value);
