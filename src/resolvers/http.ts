import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { StatusError, badRequest, isStatusError } from '../meta/status.ts';
import type { Engine } from './engine.ts';
import { answer } from './answer.ts';
import { createEventStreams, type EventStreams } from './event-streams.ts';
import { tooLarge } from './limit-error.ts';
import { encodingOf } from './compression.ts';
import { joined, type JsonText } from './json-text.ts';
import { parseJson } from './parse-json.ts';
import type { Asked } from './schema/operations.ts';
import type { Caller, OutsideRequest, Runner } from './runner.ts';

/** ms that who may not read a subscription any more has to take the reason */
const LOST_MS = 500;
const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/**
 * GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/): queries by GET, all by POST, several in one
 * request as a list. Who takes an event stream is answered with one.
 * @param batch operations in one request
 */
export function createHttp(
  engine: Engine,
  runner: Runner,
  batch: number,
): (req: IncomingMessage, res: ServerResponse, caller: Caller) => Promise<void> {
  const stream = createEventStreams(engine);
  return async (req, res, { context, readOnly }) => {
    const accept = req.headers.accept ?? '*/*';
    const streams = accept.includes('text/event-stream');
    const caller: Caller = { context, readOnly, signal: closing(res, streams) };
    try {
      if (streams) {
        runner.countStream(caller);
        return await serveStream(stream, runner, { req, res, caller });
      }
      const type = mediaType(accept);
      const asked = await requestsOf(runner, req, caller);
      if (!Array.isArray(asked)) {
        const one = await checked(runner, req, asked, caller);
        return await runner.whenAdmitted([one], caller, async (budget) => {
          const text = await runner.execute(one, caller, budget);
          await answer(res, statusOf(text, type), type, text, encodingOf(req));
        });
      }
      if (asked.length === 0) throw badRequest('an empty list of operations');
      if (asked.length > batch) throw tooLarge('batch', batch, `more than ${batch} operations in one request`);
      const all: Asked<OutsideRequest>[] = [];
      for (const request of asked) all.push(await checked(runner, req, request, caller));
      await runner.whenAdmitted(all, caller, async (budget) => {
        const texts = await Promise.all(all.map((one) => runner.execute(one, caller, budget)));
        const text = joined(texts.flatMap((one, i) => [i ? ',' : '[', one]).concat(']'));
        await answer(res, 200, type, text, encodingOf(req));
      });
    } catch (error) {
      if (res.headersSent) return void res.destroy();
      const code = isStatusError(error) ? error.code : error instanceof GraphQLError ? unknownDocument(accept) : 500;
      const retry = isStatusError(error) ? error.status.details?.retryAfterSeconds : undefined;
      if (retry) res.setHeader('retry-after', String(retry));
      if (code === 405) res.setHeader('allow', req.method === 'GET' ? 'POST' : 'GET, POST');
      await answer(res, code, JSON_TYPE, engine.refused(error));
    }
  };
}

/** A result without data, as `statusOf` says of others. */
const unknownDocument = (accept: string): number => (accept.includes(RESPONSE_TYPE) ? 400 : 200);

/** Aborted when the client goes before its answer has been written; an event stream's also at its end. */
function closing(res: ServerResponse, stream: boolean): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (stream || !res.writableEnded) controller.abort();
  });
  return controller.signal;
}

function mediaType(accept: string): string {
  if (accept.includes(RESPONSE_TYPE)) return RESPONSE_TYPE;
  if (/\*\/\*|application\/(\*|json)/.test(accept)) return JSON_TYPE;
  throw new StatusError({
    message: `only ${JSON_TYPE} and ${RESPONSE_TYPE} are produced`,
    reason: 'NotAcceptable',
    code: 406,
  });
}

/** What the request's body or query says, as JSON: not checked yet. */
async function requestsOf(runner: Runner, req: IncomingMessage, caller: Caller): Promise<unknown> {
  if (req.method === 'POST') return parseJson('the body', await runner.bodyOf(req, caller));
  if (req.method !== 'GET') throw methodNotAllowed('GraphQL has GET and POST only');
  const { searchParams } = new URL(req.url ?? '/', 'https://localhost');
  const json = (name: string): unknown =>
    searchParams.has(name) ? parseJson(name, searchParams.get(name) ?? '') : undefined;
  const operationName = searchParams.get('operationName');
  return {
    query: searchParams.get('query'),
    documentId: searchParams.get('documentId'),
    operationName,
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

async function serveStream(
  stream: EventStreams,
  runner: Runner,
  { req, res, caller }: { req: IncomingMessage; res: ServerResponse; caller: Caller },
): Promise<void> {
  const asked = await checked(runner, req, await requestsOf(runner, req, caller), caller);
  const bytes = Number(req.headers['content-length'] ?? 0) || asked.request.query.length;
  const close = runner.openOperation(asked, caller, bytes);
  const { budget, results } = await runner.results(asked, caller);
  results.whenLost(() => setTimeout(() => res.destroy(), LOST_MS).unref());
  try {
    await stream(res, results);
  } finally {
    budget.close();
    close();
  }
}

async function checked(
  runner: Runner,
  { method }: IncomingMessage,
  request: unknown,
  caller: Caller,
): Promise<Asked<OutsideRequest>> {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw badRequest('an operation must be an object');
  const { query, documentId, variables, operationName, extensions } = request as Record<string, unknown>;
  if (!isObjectOrAbsent(variables)) throw badRequest('variables must be an object');
  if (!isObjectOrAbsent(extensions)) throw badRequest('extensions must be an object');
  if (typeof (operationName ?? '') !== 'string') throw badRequest('operationName must be text');
  const asked = await runner.ask({ query, documentId, variables, operationName, extensions } as OutsideRequest, caller);
  if (method === 'GET' && asked.operation?.writes) throw methodNotAllowed('what writes needs POST');
  return asked;
}

const isObjectOrAbsent = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && !Array.isArray(value));

const methodNotAllowed = (message: string): StatusError =>
  new StatusError({ message, reason: 'MethodNotAllowed', code: 405 });

/** By the draft: a result without data is the first error's code, unless the client knows only application/json. */
function statusOf(text: JsonText, type: string): number {
  if (type === JSON_TYPE || typeof text !== 'string' || !text.startsWith('{"errors"')) return 200;
  const { errors } = JSON.parse(text) as { errors: { extensions?: { code?: unknown } }[] };
  const code = errors[0]?.extensions?.code;
  return typeof code === 'number' ? code : 400;
}
