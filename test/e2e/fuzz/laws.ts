import { gunzipSync } from 'node:zlib';
import { parseDocument } from 'yaml';
import { decodeProtobuf } from '../../../src/kinds/protobuf/envelope.ts';
import type { FuzzRequest } from './requests.ts';
import type { FuzzAnswer } from './wire.ts';

type Any = any;

/** 5xx that kube-apiserver gives too: what a client did, and the words of the answer. */
const SERVER_ERRORS: readonly [about: string, status: number, message: RegExp][] = [
  ['a revision that is not there yet', 504, /^Timeout: Too large resource version/],
  ['a watch from what is no revision', 500, /^resourceVersion: Invalid value/],
  ['an update from what is no revision', 500, /^strconv\.ParseUint: parsing /],
  ['a create with a resourceVersion', 500, /^resourceVersion should not be set on objects to be created$/],
  [
    'an apply of what the schema does not have',
    500,
    /^failed to (create typed (patch|live) object|convert new object)/,
  ],
  ['an apply with wrong field owners', 500, /^failed to (create manager|decode managed fields)|managedFields/],
  [
    'a strategic merge patch whose lists do not fit',
    500,
    /does not contain declared merge key|element types are not identical|^expected a (\[\]|map\[string\])interface|^The order in patch list|^unknown patch type/,
  ],
  ['a body in a coding that Go does not read either', 501, /Unsupported transfer encoding/],
  ['a version of HTTP that there is not', 505, /unsupported protocol version/],
  ['an object that etcd would not take', 500, /^etcdserver: request is too large$/],
  ['a component that is none', 500, /^Component not found: /],
  ['a binding without a target', 500, /^(target\.\w+: |\[target)/],
  ['a health check while the machine is too busy to ask the database', 500, /\[-\]etcd failed: reason withheld/],
  [
    'a stream to a node or service that does not answer',
    500,
    /dial tcp|no preferred addresses found|no endpoints|address not allowed|unable to upgrade|error trying to reach/,
  ],
  [
    'a proxied service without endpoints',
    503,
    /no endpoints available|error trying to reach|the server is currently unable/,
  ],
];

/** Answers of the HTTP layer itself, which have no body in Go's server either. */
const WITHOUT_BODY = new Set([417, 431]);

const JSON_TYPES = /^application\/(json|graphql-response\+json|jwk-set\+json|problem\+json)/;

/** What is wrong with an answer; undefined when nothing is. */
export function broken(request: FuzzRequest, answer: FuzzAnswer): string | undefined {
  if (request.wire === 'raw') return answer.status >= 500 ? rawServerError(answer) : undefined;
  if (answer.headers['content-encoding'] === 'gzip' && !answer.cut && answer.body.length)
    return broken(request, unzipped(answer));
  const { status, headers, body, cut } = answer;
  if (status < 200) return `status ${status}`;
  const type = String(headers['content-type'] ?? '');
  if (request.method === 'HEAD' || status === 304 || status === 204 || status === 301)
    return body.length ? `a body of ${body.length} bytes where there must be none` : undefined;
  // what was cut may not have come to its message
  if (cut) return status >= 500 && body.length ? serverError(answer, messageWithin(body)) : undefined;
  if (WITHOUT_BODY.has(status) || (status === 406 && request.path.startsWith('/openapi/'))) return undefined;
  // who asks is looked at before GraphQL is
  if (
    request.path.startsWith('/graph') &&
    !type.startsWith('application/vnd.kubernetes') &&
    !type.startsWith('application/yaml')
  )
    return graphql(answer, type);
  if (JSON_TYPES.test(type)) return json(request, answer);
  if (type.startsWith('application/yaml')) return yaml(answer);
  if (type.startsWith('application/vnd.kubernetes.protobuf')) return protobuf(request, answer, type);
  if (
    type.startsWith('text/plain') ||
    type.startsWith('text/html') ||
    type.startsWith('application/com.github.proto-openapi')
  )
    return status >= 500 ? serverError(answer, body.toString()) : undefined;
  // what is behind a proxy says what it likes
  if (/\/proxy([/?]|$)/.test(request.path) && status < 500) return undefined;
  return `media type ${JSON.stringify(type)}`;
}

const unzipped = (answer: FuzzAnswer): FuzzAnswer => ({
  ...answer,
  body: gunzipSync(answer.body),
  headers: { ...answer.headers, 'content-encoding': undefined },
});
const messageWithin = (body: Buffer): string => /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(body.toString())?.[1] ?? '';

function serverError({ status }: FuzzAnswer, message: string): string | undefined {
  return SERVER_ERRORS.some(([, code, words]) => code === status && words.test(message))
    ? undefined
    : `${status}: ${message}`;
}

/** Of bytes in any form: the words somewhere within. */
function rawServerError({ status, body }: FuzzAnswer): string | undefined {
  const text = body.toString('latin1');
  const known = SERVER_ERRORS.some(
    ([, code, words]) => code === status && new RegExp(words.source.replaceAll('^', '').replaceAll('$', '')).test(text),
  );
  return known ? undefined : text.slice(0, 500);
}

function graphql({ status, body }: FuzzAnswer, type: string): string | undefined {
  if (status >= 500) return `${status}: ${body.toString().slice(0, 300)}`;
  // no path, method or media type of GraphQL
  if (!JSON_TYPES.test(type))
    return type.startsWith('text/') || [404, 405, 406, 415].includes(status)
      ? undefined
      : `${status} with media type ${JSON.stringify(type)}`;
  const value = parsed(body);
  const answers = Array.isArray(value) ? value : [value];
  const fine = (a: Any) =>
    typeof a === 'object' && a !== null && (Array.isArray(a.errors) || 'data' in a || a.kind === 'Status');
  const internal = answers
    .flatMap((a) => (a?.errors ?? []) as Any[])
    .find((e) => e.extensions?.code >= 500 && !SERVER_ERRORS.some(([, , words]) => words.test(e.message)));
  if (internal) return `GraphQL: ${JSON.stringify(internal)}`;
  return answers.every(fine) ? undefined : `no GraphQL answer: ${body.toString().slice(0, 300)}`;
}

function parsed(body: Buffer): Any {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function json(request: FuzzRequest, answer: FuzzAnswer): string | undefined {
  const text = answer.body.toString();
  // a watch that has ended is lines; any other answer is one document
  if (/[?&]watch\b|\/watch\//.test(request.path) && answer.status === 200) {
    const lines = text.split('\n').filter(Boolean);
    if (lines.every((line) => typeof parsed(Buffer.from(line))?.type === 'string')) return undefined;
  }
  const value = parsed(answer.body);
  if (value === undefined) return `no JSON: ${text.slice(0, 200)}`;
  return object(answer, value);
}

function yaml(answer: FuzzAnswer): string | undefined {
  const document = parseDocument(answer.body.toString(), { logLevel: 'silent', version: '1.1' });
  const [error] = document.errors;
  return error ? `no YAML: ${error.message}` : object(answer, document.toJS());
}

function protobuf(request: FuzzRequest, answer: FuzzAnswer, type: string): string | undefined {
  if (type.includes('stream=watch')) return undefined;
  try {
    return object(answer, decodeProtobuf(answer.body).object);
  } catch (error) {
    return `no protobuf: ${request.path}: ${(error as Error).message}`;
  }
}

function object(answer: FuzzAnswer, value: Any): string | undefined {
  const { status } = answer;
  if (typeof value !== 'object' || value === null) return `an answer that is no object: ${JSON.stringify(value)}`;
  if (status < 400) return undefined;
  const { kind, apiVersion, status: outcome, code, message, metadata } = value;
  if (
    kind !== 'Status' ||
    apiVersion !== 'v1' ||
    outcome !== 'Failure' ||
    typeof message !== 'string' ||
    typeof metadata !== 'object'
  )
    return `${status} without a Status: ${JSON.stringify(value).slice(0, 300)}`;
  if (code !== status) return `a Status of ${code} answered as ${status}`;
  return status >= 500 ? serverError(answer, message) : undefined;
}
