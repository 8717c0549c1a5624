import { expect, it } from 'vitest';
import { staleFlows, type Flow } from '../../../../src/nodes/network/nftables/udp-flows.ts';

const flows = (ip: string | undefined, ...endpoints: string[]): Map<string, Flow> =>
  new Map([[`${ip ?? ''}:53`, { ip, port: 53, endpoints: new Set(endpoints) }]]);
const PLACE = '-D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53';

it.each<[string, Map<string, Flow>, Map<string, Flow>, string[]]>([
  [
    'nothing while all stay',
    flows('10.96.0.10', '10.244.0.2:53'),
    flows('10.96.0.10', '10.244.0.2:53', '10.244.0.3:53'),
    [],
  ],
  [
    'who sent to an endpoint that is gone',
    flows('10.96.0.10', '10.244.0.2:53'),
    flows('10.96.0.10', '10.244.0.3:53'),
    [`${PLACE} --reply-src 10.244.0.2 --reply-port-src 53`],
  ],
  [
    'who sent to a Service that is gone',
    flows('10.96.0.10', '10.244.0.2:53'),
    new Map(),
    [`${PLACE} --reply-src 10.244.0.2 --reply-port-src 53`],
  ],
  ['who sent before there was an endpoint', flows('10.96.0.10'), flows('10.96.0.10', '10.244.0.2:53'), [PLACE]],
  [
    'who sent to a node port',
    flows(undefined, '10.244.0.2:5353'),
    flows(undefined),
    ['-D -p udp --orig-port-dst 53 --reply-src 10.244.0.2 --reply-port-src 5353'],
  ],
])('forgets %s', (_, before, after, wanted) => {
  expect(staleFlows(before, after).map((args) => args.join(' '))).toEqual(wanted);
});
