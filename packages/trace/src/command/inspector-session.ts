import type { CancelScope } from "@selvage/scope";
import { openWebSocket, type WebSocketConnection } from "./web-socket.js";

/** An object in the process, or a value of it. */
export interface RemoteObject {
  readonly value?: unknown;
  readonly objectId?: string;
  readonly description?: string;
}

/** The result of code that ran in the process. */
interface Evaluated {
  readonly result: RemoteObject;
  readonly exceptionDetails?: { readonly text: string; readonly exception?: RemoteObject };
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to the inspector of a process, which speaks the Chrome DevTools Protocol. */
export class InspectorSession {
  readonly #pending = new Map<number, Pending>();
  readonly #scripts = new Map<string, string>();
  readonly #scope: CancelScope;
  #socket: WebSocketConnection | undefined;
  #latest = 0;
  #isClosed = false;

  /** @param scope - Bounds the calls of which nothing else is said. */
  constructor(scope: CancelScope) {
    this.#scope = scope;
  }

  /** Connects. `scope` bounds the wait for that. */
  async open(url: URL, scope: CancelScope): Promise<void> {
    this.#socket = await openWebSocket(url, scope, {
      message: (text) => this.#receive(JSON.parse(text) as Reply),
      closed: () => this.#closed(),
    });
  }

  /** The URLs of all scripts by their ids, from the call of `Debugger.enable` on. */
  get scripts(): ReadonlyMap<string, string> {
    return this.#scripts;
  }

  /** Calls a method of the protocol. `scope` bounds the wait; by default it is that of the session. */
  call<R>(method: string, params: object = {}, scope: CancelScope = this.#scope): Promise<R> {
    if (this.#isClosed) return Promise.reject(closedError());
    const id = ++this.#latest;
    const reply = new Promise<R>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#socket!.send(JSON.stringify({ id, method, params }));
    return scope.race(reply).finally(() => this.#pending.delete(id));
  }

  /** Evaluates an expression in the process, and returns its value. */
  async evaluate(expression: string, scope?: CancelScope): Promise<unknown> {
    const params = { expression, returnByValue: true };
    return outcome(await this.call<Evaluated>("Runtime.evaluate", params, scope)).value;
  }

  /** Evaluates an expression, and returns a reference to the object. */
  async reference(expression: string): Promise<string> {
    return outcome(await this.call<Evaluated>("Runtime.evaluate", { expression })).objectId!;
  }

  /** Calls a function of the process's own, given as source, with an object as `this`. */
  async callOn(
    objectId: string,
    source: string,
    args: readonly unknown[],
    returnByValue: boolean,
  ): Promise<RemoteObject> {
    const callArguments = args.map((value) => ({ value }));
    const params = { objectId, functionDeclaration: source, arguments: callArguments, returnByValue };
    return outcome(await this.call<Evaluated>("Runtime.callFunctionOn", params));
  }

  close(): void {
    this.#socket?.close();
  }

  #receive({ id, method, params, result, error }: Reply): void {
    if (method === "Debugger.scriptParsed") {
      const { scriptId, url } = params as { readonly scriptId: string; readonly url: string };
      this.#scripts.set(scriptId, url);
    }
    const pending = this.#pending.get(id ?? 0);
    if (pending === undefined) return;
    if (error === undefined) pending.resolve(result as never);
    else pending.reject(new Error(error.message));
  }

  #closed(): void {
    this.#isClosed = true;
    for (const { reject } of this.#pending.values()) reject(closedError());
  }
}

function closedError(): Error {
  return new Error("The process has closed its inspector, or has ended.");
}

/** Returns what code has returned. @throws {Error} If it has thrown. */
function outcome({ result, exceptionDetails }: Evaluated): RemoteObject {
  if (exceptionDetails === undefined) return result;
  const { text, exception } = exceptionDetails;
  const [line = text] = (exception?.description ?? text).split("\n", 1);
  throw new Error(line);
}
