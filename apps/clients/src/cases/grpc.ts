import { type Client, credentials, makeGenericClientConstructor, Server, ServerCredentials } from "@grpc/grpc-js";
import { promisify } from "node:util";
import type { Attempt, Case } from "../case.js";

const asIs = (bytes: Buffer): Buffer => bytes;
const service = {
  call: {
    path: "/selvage.Silent/call",
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
};

/** A client of a service that does not answer. */
async function silentService({ underway, defer }: Attempt): Promise<Client> {
  const server = new Server();
  server.addService(service, { call: underway });
  const port = await promisify(server.bindAsync.bind(server))("127.0.0.1:0", ServerCredentials.createInsecure());
  defer(() => server.forceShutdown());
  const client = new (makeGenericClientConstructor(service, "Silent"))(
    `127.0.0.1:${port}`,
    credentials.createInsecure(),
  );
  defer(() => client.close());
  return client;
}

/** gRPC. */
export const grpc: readonly Case[] = [
  {
    package: "@grpc/grpc-js",
    cancelledBy: "onCancel",
    remedy: "settle",
    name: "a unary call",
    write: "scope.onCancel(() => call.cancel()); await scope.settle(promise)",
    async start(attempt) {
      const client = await silentService(attempt);
      const { path, requestSerialize, responseDeserialize } = service.call;
      return new Promise((resolve, reject) => {
        const request = Buffer.from("?");
        const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) => {
          if (error) reject(error);
          else resolve(answer);
        });
        attempt.scope.onCancel(() => call.cancel());
      });
    },
  },
];
