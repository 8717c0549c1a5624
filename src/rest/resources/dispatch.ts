import type { Answer } from '../../api/contract.ts';
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../../api/patch-body.ts';
import { encodeAnswer } from '../encoding/object.ts';
import { encodeList } from '../encoding/list.ts';
import type { Exchange } from '../exchange.ts';
import {
  ALL_FORMATS,
  checkConsumes,
  checkProduces,
  CUSTOM_FORMATS,
  MEDIA_TYPES,
  negotiate,
  wantsPretty,
  type Format,
  type Media,
} from '../negotiation/negotiate.ts';
import { requestEntityTooLarge } from '../../meta/status.ts';
import { readRequestBody } from '../../rules/http/request-body.ts';
import { send, sendStream } from '../respond.ts';
import { includeObjectOf } from '../table/table.ts';
import { serveWatch, type WatchServing } from '../watching/serve.ts';
import { deleteOptionsOfBody } from './delete-body.ts';
import { deleteOptionsOfQuery, listOptions, patchOptions, writeOptions } from './query.ts';
import type { Resolved } from './resolve.ts';

const PRODUCES = ALL_FORMATS.map((f) => MEDIA_TYPES[f]);
const LIST_PRODUCES = [...PRODUCES, `${MEDIA_TYPES.json};stream=watch`, `${MEDIA_TYPES.protobuf};stream=watch`];

const PATCHES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];

/** Calls the API for one request and sends what it answers. */
export async function dispatch(serving: WatchServing, exchange: Exchange, { target, verb }: Resolved): Promise<void> {
  const { api, now } = serving;
  const { query } = exchange;
  const { custom } = target.kind;
  if (target.kind.deprecation) exchange.warn(target.kind.deprecation);
  const accept = exchange.header('accept');
  if (!custom && verb === 'patch') checkConsumes(exchange.header('content-type'), PATCHES);
  if (!custom) checkProduces(accept, verb === 'list' || verb === 'watch' ? LIST_PRODUCES : PRODUCES);
  const formats: readonly Format[] = custom ? CUSTOM_FORMATS : ALL_FORMATS;
  const pretty = wantsPretty(query, exchange.header('user-agent'));
  // what is asked and answered at once is nothing that is listed
  const tables = verb !== 'create' || target.kind.storage.persisted || target.subresource !== '';
  const media = negotiate(accept, formats, pretty, { transforms: true, tables });
  if (verb === 'watch') return serveWatch(serving, exchange, target, media);
  const reply = (answer: Answer) => sendAnswer(exchange, answer, media, now());
  switch (verb) {
    case 'get':
      return reply(await api.get(exchange, target, { resourceVersion: query.get('resourceVersion') ?? undefined }));
    case 'list': {
      const list = await api.list(exchange, target, listOptions(query));
      const { size, pieces } = encodeList(list, media, includeOf(exchange, media), now());
      return sendStream(exchange, MEDIA_TYPES[media.format], size, pieces);
    }
    case 'create': {
      const options = writeOptions(query);
      return reply(await api.create(exchange, target, await bodyOf(serving, exchange), options));
    }
    case 'update': {
      const options = writeOptions(query);
      return reply(await api.update(exchange, target, await bodyOf(serving, exchange), options));
    }
    case 'patch': {
      const options = patchOptions(query);
      const type = exchange.header('content-type').split(';', 1)[0]!.trim();
      return reply(await api.patch(exchange, target, type, { bytes: await readBody(serving, exchange) }, options));
    }
    case 'delete':
      return reply(await api.delete(exchange, target, await deleteOptions(serving, exchange)));
    default: {
      const options = await deleteOptions(serving, exchange);
      const list = await api.deleteCollection(exchange, target, listOptions(query), options);
      const { size, pieces } = encodeList(list, media, includeOf(exchange, media), now());
      return sendStream(exchange, MEDIA_TYPES[media.format], size, pieces);
    }
  }
}

const includeOf = (exchange: Exchange, media: Media) =>
  media.as?.kind === 'Table' ? includeObjectOf(exchange.query) : 'Metadata';

const sendAnswer = (exchange: Exchange, answer: Answer, media: Media, now: number): Promise<void> =>
  send(exchange, answer.code, MEDIA_TYPES[media.format], encodeAnswer(answer, media, includeOf(exchange, media), now));

const readBody = ({ api }: WatchServing, { req, user }: Exchange): Promise<Buffer> =>
  readRequestBody(req, {
    user: user.name,
    onTheWay: api.bodies,
    tooLarge: (limit) => requestEntityTooLarge(`Request entity too large: limit is ${limit}`),
  });

const bodyOf = async (serving: WatchServing, exchange: Exchange) => ({
  bytes: await readBody(serving, exchange),
  contentType: exchange.header('content-type'),
});

async function deleteOptions(serving: WatchServing, exchange: Exchange) {
  const fromBody = deleteOptionsOfBody(await readBody(serving, exchange), exchange.header('content-type'));
  return fromBody ?? deleteOptionsOfQuery(exchange.query);
}
