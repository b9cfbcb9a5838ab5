const [name] = process.argv.slice(2);
if (name === undefined || name === "--list") {
  console.log("No programs yet.");
} else {
  console.error(`Unknown program "${name}". "start --list" lists the programs.`);
  process.exitCode = 2;
}
