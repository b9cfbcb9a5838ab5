/** Prints the probe's results, on a runtime that may lack the globals that its command line names. */
for (const name of process.argv.slice(2)) Reflect.deleteProperty(globalThis, name);
const { probe } = await import("./probe.js");
console.log(JSON.stringify(await probe()));
