import { BlockList } from 'node:net';

/** Of the ranges of a Service, which are asked for each datagram. */
const lists = new WeakMap<readonly string[], BlockList>();

/** Whether an IPv4 client is in one of the CIDRs; of none, everybody is. */
export function allowedBy(ranges: readonly string[], client: string): boolean {
  if (!ranges.length) return true;
  let list = lists.get(ranges);
  if (!list) lists.set(ranges, (list = listOf(ranges)));
  return list.check(client.replace(/^::ffff:/, ''), 'ipv4');
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), 'ipv4');
  }
  return list;
}
