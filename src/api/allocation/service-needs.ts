import type { ServiceSpec } from '../../../schema/types.ts';
import { needsHealthCheck } from '../../kinds/strategies/core/service-validation.ts';

/** Whether a Service of this type has an address of the cluster's range. */
const needsClusterIp = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';
export const needsNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';
/** Whether ports that ask for no node port get one. */
export const drawsNodePorts = ({ type, allocateLoadBalancerNodePorts: draws }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && draws !== false);

/**
 * What an update leaves out and the old Service has, as long as its type still wants it: addresses and node ports.
 * Source: patchAllocatedValues of the Service's REST storage.
 */
export function takeOver(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(spec) && needsClusterIp(old)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP && old.clusterIPs)
      spec.clusterIPs = [...old.clusterIPs];
  }
  if (needsNodePorts(spec) && needsNodePorts(old)) takeOverPorts(spec, old);
  if (needsHealthCheck(spec) && needsHealthCheck(old)) spec.healthCheckNodePort ||= old.healthCheckNodePort ?? 0;
}

/** Ports are known by their names; a node port that another one has taken is not given twice. */
function takeOverPorts(spec: ServiceSpec, old: ServiceSpec): void {
  const now = new Set((spec.ports ?? []).map((port) => port.nodePort ?? 0));
  const used = new Set(
    (old.ports ?? []).map((port) => port.nodePort ?? 0).filter((port) => port !== 0 && now.has(port)),
  );
  const byName = new Map((old.ports ?? []).map((port) => [port.name ?? '', port.nodePort ?? 0]));
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? '') ?? 0;
    if (port.nodePort || !before || used.has(before)) continue;
    port.nodePort = before;
    used.add(before);
  }
}

/** clusterIP and clusterIPs[0] are one value, whichever of them the client knows. Source: normalizeClusterIPs. */
export function joinClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const [ip, before] = [spec.clusterIP ?? '', old.clusterIP ?? ''];
  if (ip === before) {
    // an old client, which does not know the list
    if (old.clusterIPs?.length && !spec.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs];
    return;
  }
  const sameList = (spec.clusterIPs ?? []).join() === (old.clusterIPs ?? []).join();
  if (!sameList) return;
  if (before && !ip) delete spec.clusterIPs;
  else spec.clusterIPs = [ip];
}
