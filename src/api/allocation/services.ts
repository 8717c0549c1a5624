import type { Registry } from '../../kinds/kind.ts';
import { invalid, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { internalError, invalidObject, serverTimeout } from '../../meta/status.ts';
import type { Outcome, Store, Stored, Write } from '../../store/contract.ts';
import type { Clock } from '../clock.ts';
import { authorOf, type Operation } from '../write/operation.ts';
import type { Allocation } from './allocation.ts';
import type { IpRange } from './ip-range.ts';
import { addressKey, addressRecord, holderOf, portKey, portRecord, type Holder } from './records.ts';
import { setIpFamilies } from './ip-families.ts';
import { heldAddresses, heldPorts, needsClusterIp, needsHealthPort, needsNodePorts, takeOver } from './service-needs.ts';

const SERVICE = { group: '', kind: 'Service' };
/** Attempts of a delete whose reservations change under it. */
const MAX_ATTEMPTS = 5;

/**
 * Gives Services their addresses and node ports. The store's records are the truth; `taken` is only what writes under
 * way in this process have chosen.
 */
export class ServiceAllocation {
  private readonly taken = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly registry: Registry,
    private readonly clock: Clock,
    readonly range: IpRange,
    private readonly ports: readonly [number, number],
    private readonly random: () => number = Math.random,
  ) {}

  /** Fills in a Service's addresses and ports. Throws 422 for those that are not to be had. */
  allocate(op: Operation, service: KubeObject, old: KubeObject | undefined): Allocation | undefined {
    service['spec'] ??= {};
    const { spec } = service;
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    if (old) takeOver(service, old);
    const before = { ips: heldAddresses(old), ports: heldPorts(old) };
    const chosen = new Set<string>();
    const holder: Holder = { namespace: op.target.namespace, name: service.metadata.name };
    const errors = [...setIpFamilies(service), ...this.fillIp(service, before.ips, chosen), ...this.fillPorts(service, before.ports, chosen)];
    if (errors.length) {
      for (const one of chosen) this.taken.delete(one);
      throw invalidObject(SERVICE, service.metadata.name, errors);
    }
    return this.allocation(op, service, before, holder, chosen);
  }

  /** Deletes an object; a Service's reservations go with it. */
  async commitDelete(op: Operation, write: Write, stored: Stored): Promise<Outcome> {
    if (stored.resource !== 'services') return this.store.commit(write);
    const holder = `${stored.namespace}/${stored.name}`;
    const service = stored.object as unknown as KubeObject;
    for (let attempt = 1; ; attempt++) {
      const done = await this.commitWith(write, this.releases(op, holder, heldAddresses(service), heldPorts(service)));
      if (done || attempt === MAX_ATTEMPTS) return done ?? this.store.commit(write);
    }
  }

  private allocation(op: Operation, service: KubeObject, before: { ips: string[]; ports: number[] }, holder: Holder, chosen: Set<string>): Allocation {
    const by = authorOf(op);
    return {
      commit: async (write) => {
        const [ips, ports] = [heldAddresses(service), heldPorts(service)];
        const creates = [
          ...ips.filter((ip) => !before.ips.includes(ip)).map((ip) => addressRecord(this.registry, ip, holder, by, this.clock.now())),
          ...ports.filter((port) => !before.ports.includes(port)).map((port) => portRecord(port, holder, by)),
        ];
        const who = `${holder.namespace}/${holder.name}`;
        const gone = this.releases(op, who, before.ips.filter((ip) => !ips.includes(ip)), before.ports.filter((port) => !ports.includes(port)));
        const done = await this.commitWith(write, [...creates, ...gone]);
        // another process took it between our look and our write
        if (!done) throw serverTimeout({ group: '', resource: 'services' }, write.type, 1);
        return done;
      },
      keep() {},
      release: () => {
        for (const one of chosen) this.taken.delete(one);
      },
    };
  }

  /** Undefined: a reservation is not as expected; the caller looks again. */
  private async commitWith(write: Write, reservations: Write[]): Promise<Outcome | undefined> {
    if (reservations.length === 0) return this.store.commit(write);
    const done = await this.store.commitAll([write, ...reservations]);
    if (done.ok) return { ok: true, stored: done.stored[0] };
    return done.index === 0 ? done.outcome : (await this.store.fresh(), undefined);
  }

  private releases(op: Operation, holder: string, ips: string[], ports: number[]): Write[] {
    return [...ips.map(addressKey), ...ports.map(portKey)].flatMap((key): Write[] => {
      const record = this.store.get(key);
      return record && holderOf(record) === holder ? [{ ...key, by: authorOf(op), type: 'delete', expect: record.revision }] : [];
    });
  }

  private isFree(key: { resource: string; namespace: string; name: string }): boolean {
    return !this.taken.has(`${key.resource}/${key.name}`) && !this.store.get(key);
  }

  private take(key: { resource: string; name: string }, chosen: Set<string>): void {
    const one = `${key.resource}/${key.name}`;
    this.taken.add(one);
    chosen.add(one);
  }

  private fillIp(service: KubeObject, before: string[], chosen: Set<string>): FieldError[] {
    const { spec } = service;
    if (!needsClusterIp(service)) return [];
    const asked = heldAddresses(service)[0];
    if (asked) {
      if (before.includes(asked)) return [];
      const refuse = (why: string) => [invalid('spec.clusterIPs', spec.clusterIPs, `failed to allocate IP ${asked}: ${why}`)];
      if (!this.range.contains(asked)) {
        return refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${this.range.cidr}`);
      }
      if (!this.isFree(addressKey(asked))) return refuse('provided IP is already allocated');
      this.take(addressKey(asked), chosen);
      return [];
    }
    const ip = this.range.pick((one) => this.isFree(addressKey(one)), this.random);
    if (!ip) throw internalError('failed to allocate a serviceIP: range is full');
    this.take(addressKey(ip), chosen);
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
    return [];
  }

  private fillPorts(service: KubeObject, before: number[], chosen: Set<string>): FieldError[] {
    const { spec } = service;
    const errors: FieldError[] = [];
    const own = new Set<number>();
    const askFor = (port: number, field: string): void => {
      if (before.includes(port) || own.has(port)) return;
      const [from, to] = this.ports;
      if (port < from || port > to) {
        errors.push(invalid(field, port, `provided port is not in the valid range. The range of valid ports is ${from}-${to}`));
      } else if (!this.isFree(portKey(port))) errors.push(invalid(field, port, 'provided port is already allocated'));
      else {
        own.add(port);
        this.take(portKey(port), chosen);
      }
    };
    if (needsNodePorts(service)) {
      const ports = (spec.ports ?? []) as { port: number; protocol?: string; nodePort?: number }[];
      ports.forEach((p, i) => p.nodePort && askFor(p.nodePort, `spec.ports[${i}].nodePort`));
      for (const port of ports) {
        // TCP and UDP of one number are one node port
        port.nodePort ||= ports.find((p) => p !== port && p.port === port.port && p.protocol !== port.protocol && p.nodePort)?.nodePort ?? this.pickPort(chosen);
      }
    }
    if (needsHealthPort(service)) {
      if (spec.healthCheckNodePort) askFor(spec.healthCheckNodePort, 'spec.healthCheckNodePort');
      else spec.healthCheckNodePort = this.pickPort(chosen);
    }
    return errors;
  }

  private pickPort(chosen: Set<string>): number {
    const [from, to] = this.ports;
    const count = to - from + 1;
    const start = Math.floor(this.random() * count);
    for (let i = 0; i < count; i++) {
      const port = from + ((start + i) % count);
      if (!this.isFree(portKey(port))) continue;
      this.take(portKey(port), chosen);
      return port;
    }
    throw internalError('failed to allocate a nodePort: range is full');
  }
}
