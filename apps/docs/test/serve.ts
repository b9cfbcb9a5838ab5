import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "vitepress";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the built site, such as "http://localhost:41873". */
    readonly site: string;
  }
}

/** Serves the built site as `pnpm run docs` does, on a free port, to all tests. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const { server } = (await serve({ port: 0 })) as unknown as { readonly server: Server };
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  provide("site", `http://localhost:${(server.address() as AddressInfo).port}`);
  return () => {
    server.closeAllConnections();
    server.close();
  };
}
