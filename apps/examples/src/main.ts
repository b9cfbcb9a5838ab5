import { start } from "./cli.js";
import { listing } from "./listing.js";

// The reader may close the pipe early: `start all | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await start(process.argv.slice(2), listing, {
  out: (line) => {
    console.log(line);
  },
  complain: (line) => {
    console.error(line);
  },
});
