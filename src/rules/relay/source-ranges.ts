import { BlockList } from 'node:net';

/** By the ranges of a Service, which are asked for each datagram. */
const lists = new WeakMap<readonly string[], BlockList>();

function listOf(ranges: readonly string[]): BlockList {
  const known = lists.get(ranges);
  if (known) return known;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), 'ipv4');
  }
  lists.set(ranges, list);
  return list;
}

/** Whether an IPv4 client is in one of the CIDRs; of none, everybody is. */
export function allowedBy(ranges: readonly string[], client: string): boolean {
  if (!ranges.length) return true;
  const list = listOf(ranges);
  return list.check(client.replace(/^::ffff:/, ''), 'ipv4');
}
