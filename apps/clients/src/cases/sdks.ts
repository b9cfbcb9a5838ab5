import Anthropic from "@anthropic-ai/sdk";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import OpenAI from "openai";
import type { Attempt, Case } from "../case.js";
import { iterate } from "../iterate.js";

const openaiSignal = { package: "openai", cancelledBy: "signal" } as const;
const anthropicSignal = { package: "@anthropic-ai/sdk", cancelledBy: "signal" } as const;
const s3Signal = { package: "@aws-sdk/client-s3", cancelledBy: "signal" } as const;

const options = { apiKey: "none", maxRetries: 0 };
const chat = { model: "m", messages: [{ role: "user" as const, content: "?" }] };
const message = { ...chat, max_tokens: 1 };
const object = { Bucket: "bucket", Key: "key" };

function openai(baseURL: string): OpenAI {
  return new OpenAI({ ...options, baseURL });
}

function anthropic(baseURL: string): Anthropic {
  return new Anthropic({ ...options, baseURL });
}

function s3(endpoint: string, { defer }: Attempt): S3Client {
  const credentials = { accessKeyId: "none", secretAccessKey: "none" };
  const client = new S3Client({ endpoint, credentials, region: "none", forcePathStyle: true, maxAttempts: 1 });
  defer(() => client.destroy());
  return client;
}

// Otherwise the AWS client warns on a version of Node whose support it will drop.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** The clients of OpenAI, Anthropic and S3. */
export const sdks: readonly Case[] = [
  {
    ...openaiSignal,
    name: "`chat.completions.create`",
    write: "await openai.chat.completions.create({ … }, { signal })",
    async start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return openai(servers.http.silent).chat.completions.create(chat, { signal });
    },
  },
  {
    ...openaiSignal,
    name: "`chat.completions.create`, the body stalls",
    write: "await openai.chat.completions.create({ … }, { signal })",
    async start({ signal, servers, underway }) {
      const client = openai(servers.http.stalled);
      const created = client.chat.completions.create(chat, { signal });
      await created.asResponse();
      underway();
      return created;
    },
  },
  {
    ...openaiSignal,
    remedy: "check",
    name: "`chat.completions.create`, `stream: true`",
    write:
      "for await (const chunk of await openai.chat.completions.create({ … }, { signal })) { … } scope.throwIfCancelled()",
    async start({ signal, servers, underway }) {
      const body = { ...chat, stream: true } as const;
      await iterate(await openai(servers.http.events).chat.completions.create(body, { signal }), underway);
    },
  },
  {
    ...anthropicSignal,
    name: "`messages.create`",
    write: "await anthropic.messages.create({ … }, { signal })",
    async start({ signal, servers, underway }) {
      servers.http.onNextRequest(underway);
      return anthropic(servers.http.silent).messages.create(message, { signal });
    },
  },
  {
    ...anthropicSignal,
    name: "`messages.create`, the body stalls",
    write: "await anthropic.messages.create({ … }, { signal })",
    async start({ signal, servers, underway }) {
      const client = anthropic(servers.http.stalled);
      const created = client.messages.create(message, { signal });
      await created.asResponse();
      underway();
      return created;
    },
  },
  {
    ...anthropicSignal,
    remedy: "check",
    name: "`messages.create`, `stream: true`",
    write:
      "for await (const event of await anthropic.messages.create({ … }, { signal })) { … } scope.throwIfCancelled()",
    async start({ signal, servers, underway }) {
      const body = { ...message, stream: true } as const;
      const stream = await anthropic(servers.http.events).messages.create(body, { signal });
      const iterator = stream[Symbol.asyncIterator]();
      const next = iterator.next();
      underway();
      return next;
    },
  },
  {
    ...anthropicSignal,
    name: "`messages.stream`",
    write: "await anthropic.messages.stream({ … }, { signal }).finalMessage()",
    start({ signal, servers, underway }) {
      const stream = anthropic(servers.http.events).messages.stream(message, { signal });
      stream.on("connect", underway);
      return stream.finalMessage();
    },
  },
  {
    ...s3Signal,
    name: "`send`, no response yet",
    write: "await s3.send(command, { abortSignal: signal })",
    start(attempt) {
      const { signal, servers, underway } = attempt;
      servers.http.onNextRequest(underway);
      return s3(servers.http.silent, attempt).send(new GetObjectCommand(object), { abortSignal: signal });
    },
  },
  {
    ...s3Signal,
    name: "`send`, the body stalls",
    write: "await (await s3.send(command, { abortSignal: signal })).Body.transformToString()",
    async start(attempt) {
      const { signal, servers, underway } = attempt;
      const client = s3(servers.http.stalled, attempt);
      const { Body } = await client.send(new GetObjectCommand(object), { abortSignal: signal });
      const reading = Body!.transformToString();
      underway();
      return reading;
    },
  },
];
