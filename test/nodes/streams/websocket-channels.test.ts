import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { exitStatus, SUCCEEDED } from '../../../src/nodes/streams/command-channels.ts';
import { COMMAND_PROTOCOLS, parseSize, WebSocketChannels } from '../../../src/nodes/streams/websocket-channels.ts';
import type { WebSocketConnection } from '../../../src/nodes/streams/websocket.ts';

/** The server's end of a socket, as far as channels use it. */
class Socket extends EventEmitter implements Pick<WebSocketConnection, 'send' | 'close' | 'pause' | 'resume'> {
  readonly sent: string[] = [];
  send(data: Buffer, text = false): boolean {
    this.sent.push(`${text ? 'text ' : ''}${data.toString('latin1')}`);
    return true;
  }
  close(): void {
    this.sent.push('closed');
  }
  pause(): void {
    this.sent.push('paused');
  }
  resume(): void {
    this.sent.push('resumed');
  }
}

const open = (protocol: string) => {
  const socket = new Socket();
  return { socket, channels: new WebSocketChannels(socket, protocol) };
};
const base64 = (text: string) => Buffer.from(text).toString('base64');
const plain = COMMAND_PROTOCOLS.filter((each) => !each.includes('base64'));
const coded = COMMAND_PROTOCOLS.filter((each) => each.includes('base64'));

describe('channels', () => {
  it.each(plain)('of %s are named by the first byte', (protocol) => {
    const { socket, channels } = open(protocol);
    const heard: string[] = [];
    channels.onInput(
      (chunk) => heard.push(chunk.toString()),
      () => heard.push('end'),
    );
    channels.onResize((columns, rows) => heard.push(`${columns}×${rows}`));
    channels.write('stdout', Buffer.from('out'));
    channels.write('stderr', Buffer.from('err'));
    socket.emit('message', Buffer.from('\0in'));
    socket.emit('message', Buffer.from('\x04{"Width":80,"Height":24}'));
    socket.emit('close');
    expect(socket.sent).toEqual(['\x01', '\x01out', '\x02err']);
    expect(heard).toEqual(['in', '80×24', 'end']);
  });

  it.each(coded)('of %s are named by the first digit', (protocol) => {
    const { socket, channels } = open(protocol);
    const heard: string[] = [];
    channels.onInput(
      (chunk) => heard.push(chunk.toString()),
      () => undefined,
    );
    channels.write('stderr', Buffer.from('err'));
    socket.emit('message', Buffer.from(`0${base64('in')}`));
    expect(socket.sent).toEqual(['text 1', `text 2${base64('err')}`]);
    expect(heard).toEqual(['in']);
  });

  it('end the input when the client says so (v5)', () => {
    const { socket, channels } = open('v5.channel.k8s.io');
    let ends = 0;
    channels.onInput(
      () => undefined,
      () => ends++,
    );
    socket.emit('message', Buffer.from([255, 1]));
    expect(ends).toBe(0);
    socket.emit('message', Buffer.from([255, 0]));
    expect(ends).toBe(1);
  });

  const failed = exitStatus(7);
  it.each([
    ['v5.channel.k8s.io', SUCCEEDED, [`\x03${JSON.stringify(SUCCEEDED)}`, 'closed']],
    ['v4.channel.k8s.io', failed, [`\x03${JSON.stringify(failed)}`, 'closed']],
    ['channel.k8s.io', SUCCEEDED, ['closed']],
    ['channel.k8s.io', failed, [`\x03${failed.message}`, 'closed']],
    ['v4.base64.channel.k8s.io', failed, [`text 3${base64(JSON.stringify(failed))}`, 'closed']],
  ])('of %s tell how it ended: %j', (protocol, status, expected) => {
    const { socket, channels } = open(protocol);
    channels.finish(status);
    expect(socket.sent.slice(1)).toEqual(expected);
  });
});

it.each([
  ['{"Width":80,"Height":24}', { columns: 80, rows: 24 }],
  ['', undefined],
  ['{', undefined],
])('the size %j', (text, size) => {
  expect(parseSize(Buffer.from(text))).toEqual(size);
});
