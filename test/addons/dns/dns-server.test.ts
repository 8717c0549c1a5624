import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { decode, encode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { DnsServer } from '../../../src/addons/dns/dns-server.ts';
import { GivenInformers } from '../../support/given-informers.ts';
import { answersOver, service, slice } from './support.ts';

describe('the server', () => {
  it('does not answer an address that may not ask', async () => {
    const asked: string[] = [];
    const mayAsk = (address: string): boolean => asked.push(address) > 1;
    const dns = new DnsServer(answersOver(new GivenInformers()), mayAsk);
    const port = await dns.listen('127.0.0.1');
    const refused = connect(port, '127.0.0.1');
    await new Promise((closed) => refused.once('close', closed));
    const socket = createSocket('udp4');
    const answer = new Promise((resolve) => socket.once('message', resolve));
    socket.send(encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'cluster.local' }] }), port, '127.0.0.1');
    await answer;
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1']);
    socket.close();
    dns.close();
  });

  describe('over TCP', () => {
    const informers = new GivenInformers();
    const ports = Array.from({ length: 60 }, (_, n) => ({ name: `p${n}`, port: 1000 + n, protocol: 'TCP' }));
    informers.put('services', service('many', { clusterIP: 'None', ports }));
    const addresses = Array.from({ length: 60 }, (_, n) => ({ ip: `10.1.0.${n}` }));
    informers.put('endpointslices.discovery.k8s.io', { ...slice('many', 1, addresses), ports } as never);
    informers.put('namespaces', { metadata: { name: 'default' } });
    const question = encode({
      type: 'query',
      id: 1,
      questions: [{ type: 'SRV', name: 'many.default.svc.cluster.local' }],
    });
    const asked = Buffer.concat([Buffer.from([0, question.length]), question]);
    const opened = async (): Promise<{ dns: DnsServer; socket: Socket }> => {
      const dns = new DnsServer(answersOver(informers), () => true);
      return { dns, socket: connect(await dns.listen('127.0.0.1'), '127.0.0.1') };
    };

    it('says as much as an answer has room for, and that it is not all', async () => {
      const { dns, socket } = await opened();
      socket.write(asked);
      let got = Buffer.alloc(0);
      for await (const chunk of socket) {
        got = Buffer.concat([got, chunk as Buffer]);
        if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) break;
      }
      const answer = decode(got.subarray(2));
      expect(answer.flag_tc).toBe(true);
      expect(answer.answers!.length).toBeGreaterThan(500);
      dns.close();
    });

    it('reads no further where answers are not taken', async () => {
      const { dns, socket } = await opened();
      socket.pause();
      const many = Buffer.concat(Array.from({ length: 1000 }, () => asked));
      // 64 KB of answer for each 48 bytes: long before that much is taken from the client, nothing is.
      const MUCH = 16 * 1024 * 1024;
      let taken = 0;
      await new Promise<void>((stuck) => {
        const more = (): void => {
          const timer = setTimeout(stuck, 1000);
          socket.write(many, () => {
            clearTimeout(timer);
            taken += many.length;
            if (taken < MUCH) more();
            else stuck();
          });
        };
        more();
      });
      expect(taken).toBeLessThan(MUCH);
      socket.destroy();
      dns.close();
    });
  });
});
