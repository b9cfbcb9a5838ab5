import { execa } from "execa";

const controller = new AbortController();
setTimeout(() => controller.abort(), 100);

// A shell that starts another process, as most build scripts do.
const script = "(sleep 1; echo the child still runs) & wait";
try {
  await execa("sh", ["-c", script], {
    cancelSignal: controller.signal,
    stdout: "inherit",
  });
} catch {
  console.log("cancelled");
}
