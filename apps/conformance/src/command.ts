import { spawn } from "node:child_process";

/** How a command is started. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take, in milliseconds, before it is killed. */
  readonly timeLimit: number;
  /** Called with each line of standard output; the signal that it returns is sent to the process. */
  readonly onLine?: (line: string) => NodeJS.Signals | undefined;
}

/** How a command ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Only the path to programs: a run must not depend on the rest of this machine's environment. */
export const bareEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  NO_COLOR: "1",
};

/** Runs a command to its end, however it ends; rejects only if it cannot be started. */
export function run(command: string, args: readonly string[], options: CommandOptions): Promise<Ending> {
  const { cwd, env = bareEnvironment, timeLimit, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let seen = 0;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeLimit);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      for (let end = stdout.indexOf("\n", seen); end !== -1; end = stdout.indexOf("\n", seen)) {
        const signal = onLine?.(stdout.slice(seen, end));
        seen = end + 1;
        if (signal !== undefined) child.kill(signal);
      }
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr, timedOut });
    });
  });
}

/** Runs a command that must succeed; returns its output, or throws an error with all of it. */
export async function runWell(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, signal, stdout, stderr, timedOut } = await run(command, args, options);
  if (code === 0) return stdout;
  const how = timedOut ? `did not end within ${options.timeLimit} ms` : `ended with ${signal ?? String(code)}`;
  throw new Error(`${[command, ...args].join(" ")} ${how}\n${stdout}${stderr}`);
}
