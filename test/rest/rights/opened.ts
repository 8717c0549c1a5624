import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import type { Asking, Showing } from './asking.ts';

/** How something that was open ended: with which code in its last event, and how its connection was closed. */
export interface Ending {
  code?: number | undefined;
  reason?: string | undefined;
  closed?: number | undefined;
}
/** Something that is open. */
export interface Opened {
  ended: Promise<Ending>;
  close(): void;
}
export type Open = (server: Asking, showing: Showing) => Promise<Opened>;

interface StatusLike {
  code?: number;
  reason?: string;
}
const WATCH = '/api/v1/namespaces/a/configmaps?watch=true';
const POD = '/api/v1/namespaces/a/pods/p';
const COMMAND = `container=c&stdout=true&command=sh&command=-c&command=${encodeURIComponent('echo a; sleep 600')}`;
export const SUBSCRIPTION = 'subscription { objectsWatch(resource: "configmaps", namespace: "a") }';
const KEY = { 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };

/** All of a stream, whether it is ended or cut. */
async function allOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks);
}
const ofLastLine = (text: string): Ending => {
  const line = text.trimEnd().split('\n').at(-1);
  const { type, object } = JSON.parse(line || '{}') as { type?: string; object?: StatusLike };
  return type === 'ERROR' ? { code: object?.code, reason: object?.reason } : {};
};

const plainWatch: Open = async (server, showing) => {
  const answer = await server.get(WATCH, showing);
  return { ended: allOf(answer).then((all) => ofLastLine(all.toString())), close: () => answer.destroy() };
};

const http2Watch: Open = async (server, { headers, client }) => {
  const session = connect(`https://127.0.0.1:${server.port}`, { ca: server.ca, ...client });
  session.on('error', () => undefined);
  const stream = session.request({ [constants.HTTP2_HEADER_PATH]: WATCH, ...headers });
  await once(stream, 'response');
  return { ended: allOf(stream).then((all) => ofLastLine(all.toString())), close: () => session.destroy() };
};

function webSocket(server: Asking, path: string, protocols: string[], showing: Showing): WebSocket {
  const { headers, ca, key, cert } = server.options(path, showing);
  const options = { headers, ca, ...(key ? { key, cert } : {}) };
  return new WebSocket(`wss://127.0.0.1:${server.port}${path}`, protocols, options as never);
}
/** Messages, and the code with which the socket was closed. */
async function messagesOf(socket: WebSocket): Promise<{ messages: Buffer[]; closed: number }> {
  const messages: Buffer[] = [];
  socket.on('message', (data: Buffer) => messages.push(data));
  const [closed] = (await once(socket, 'close')) as [number];
  return { messages, closed };
}

const socketWatch: Open = async (server, showing) => {
  const socket = webSocket(server, WATCH, [], showing);
  const ended = messagesOf(socket).then(({ messages, closed }) => ({
    ...ofLastLine(messages.at(-1)?.toString() ?? ''),
    closed,
  }));
  await once(socket, 'open');
  return { ended, close: () => socket.terminate() };
};

interface GraphQLMessage {
  type: string;
  payload?: { errors?: { extensions: StatusLike }[] };
}
/** @param params of connection_init */
export const graphqlSocket =
  (params: (showing: Showing) => object, shown: (showing: Showing) => Showing): Open =>
  async (server, showing) => {
    const socket = webSocket(server, '/graphql', ['graphql-transport-ws'], shown(showing));
    let [last, closed]: [StatusLike | undefined, number | undefined] = [undefined, undefined];
    let first: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (first = resolve));
    const ended = new Promise<Ending>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const { type, payload } = JSON.parse(data.toString()) as GraphQLMessage;
        if (type === 'next') last = payload?.errors?.[0]?.extensions;
        first();
        // a 401 is the end of the connection too
        if (type === 'complete' && last?.code === 403) resolve({ code: last.code, reason: last.reason });
      });
      socket.once('close', (code) => {
        closed = code;
        resolve({ code: last?.code, reason: last?.reason, closed });
        first();
      });
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: params(showing) }));
    await begun;
    let next: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (next = resolve));
    first = next;
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: SUBSCRIPTION } }));
    await answered;
    return { ended, close: () => socket.terminate() };
  };

const eventStream: Open = async (server, showing) => {
  const path = `/graphql?query=${encodeURIComponent(SUBSCRIPTION)}`;
  const answer = await server.get(path, showing, { headers: { accept: 'text/event-stream' } });
  const ended = allOf(answer).then((all): Ending => {
    const [last, complete] = all.toString().trimEnd().split('\n\n').slice(-2);
    if (!complete?.startsWith('event: complete')) return {};
    const data = /^data: (.*)$/m.exec(last ?? '')?.[1] ?? '{}';
    const { errors } = JSON.parse(data) as { errors?: { extensions: StatusLike }[] };
    return { code: errors?.[0]?.extensions.code, reason: errors?.[0]?.extensions.reason };
  });
  await once(answer, 'data');
  return { ended, close: () => answer.destroy() };
};

const channels =
  (subresource: string, protocol: string): Open =>
  async (server, showing) => {
    const socket = webSocket(server, `${POD}/${subresource}?${COMMAND}`, [protocol], showing);
    const ended = messagesOf(socket).then(({ messages, closed }): Ending => {
      const last = messages.at(-1) ?? Buffer.alloc(0);
      const base64 = protocol.includes('base64');
      if (last[0] !== (base64 ? 0x33 : 3)) return { closed };
      const text = base64 ? Buffer.from(last.subarray(1).toString(), 'base64') : last.subarray(1);
      const { code, reason } = JSON.parse(text.toString()) as StatusLike;
      return { code, reason, closed };
    });
    await once(socket, 'message');
    return { ended, close: () => socket.terminate() };
  };

const spdy: Open = async (server, showing) => {
  const headers = { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
  const [socket, head] = await server.upgrade(`${POD}/exec?${COMMAND}`, showing, headers);
  const ended = allOf(socket).then((rest): Ending => {
    let frames = Buffer.concat([head, rest]);
    let last: Ending = {};
    for (; frames.length; frames = frames.subarray(8 + frames.readUIntBE(5, 3))) {
      const [stream, isLast] = [frames.readUInt32BE(0), (frames[4] ?? 0) === 1];
      const { code, reason } =
        stream === 1 && isLast
          ? (JSON.parse(frames.subarray(8, 8 + frames.readUIntBE(5, 3)).toString()) as StatusLike)
          : {};
      last = { code, reason };
    }
    return last;
  });
  return { ended, close: () => socket.destroy() };
};

/** Where nothing is said but by the end of it. */
const switched =
  (path: string, headers: Record<string, string>): Open =>
  async (server, showing) => {
    const [socket] = await server.upgrade(path, showing, headers);
    return { ended: allOf(socket).then(() => ({})), close: () => socket.destroy() };
  };
const streamed =
  (path: string): Open =>
  async (server, showing) => {
    const answer = await server.get(path, showing);
    const ended = allOf(answer).then((): Ending => ({}));
    await once(answer, 'data');
    return { ended, close: () => answer.destroy() };
  };

const same = (showing: Showing): Showing => showing;

/** Whatever stays open, and whether its last event says why it ended. */
export const opens: [string, Open, { says: boolean }][] = [
  ['a watch over HTTP/1.1', plainWatch, { says: true }],
  ['a watch over HTTP/2', http2Watch, { says: true }],
  ['a watch over a web socket', socketWatch, { says: true }],
  ['a subscription over a web socket', graphqlSocket(() => ({}), same), { says: true }],
  ['a subscription as an event stream', eventStream, { says: true }],
  ['exec over a web socket', channels('exec', 'v5.channel.k8s.io'), { says: true }],
  ['exec over a web socket in base64', channels('exec', 'v4.base64.channel.k8s.io'), { says: true }],
  ['exec over SPDY', spdy, { says: true }],
  ['attach', channels('attach', 'v4.channel.k8s.io'), { says: true }],
  ['port-forward', switched(`${POD}/portforward?ports=80`, { upgrade: 'SPDY/3.1' }), { says: false }],
  ['a followed log', streamed(`${POD}/log?follow=true`), { says: false }],
  ['a proxied answer', streamed(`${POD}/proxy/x`), { says: false }],
  ['a proxied web socket', switched(`${POD}/proxy/x`, { upgrade: 'websocket', ...KEY }), { says: false }],
  [
    'a watch of another API server',
    streamed('/apis/things.example.com/v1/namespaces/a/things?watch=true'),
    { says: false },
  ],
];
