import { BlockList } from 'node:net';

/** Whether an IPv4 client is in one of the CIDRs; of none, everybody is. */
export function allowedBy(ranges: readonly string[], client: string): boolean {
  if (!ranges.length) return true;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), 'ipv4');
  }
  return list.check(client.replace(/^::ffff:/, ''), 'ipv4');
}
