import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** Links that are made on the machine and lead nowhere but to containers of it. */
const INNER = /^(ku7s|docker|br-|cni|veth|virbr|cali|flannel|lxc|podman)/;

/**
 * The IPv4 address by which others know this machine: that of the link which has the default route, as kubelets choose
 * it; without such a route, any that is not this machine's own matter; without any, 127.0.0.1.
 * @param interfaces by name, as Node tells them @param routes text of /proc/net/route
 */
export function nodeAddress(interfaces = networkInterfaces(), routes = readRoutes()): string {
  const addressOf = (link: string): string | undefined =>
    interfaces[link]?.find(({ family, address }) => family === 'IPv4' && isUsable(address))?.address;
  const outer = Object.keys(interfaces).filter((link) => !INNER.test(link));
  return [...defaultLinks(routes), ...outer].map(addressOf).find((address) => address !== undefined) ?? '127.0.0.1';
}

/** An address that an EndpointSlice takes. */
const isUsable = (address: string): boolean => !/^(127|169\.254|0)\./.test(address);

/** Links with a default route, the best one first. @param routes text of /proc/net/route */
export function defaultLinks(routes = readRoutes()): string[] {
  const found = routes
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .map(([link = '', , , , , , metric]) => ({ link, metric: Number(metric) }));
  return found.toSorted((a, b) => a.metric - b.metric).map(({ link }) => link);
}

function readRoutes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}
