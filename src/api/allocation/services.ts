import type { ServiceSpec } from '../../../schema/types.ts';
import type { Holdings, Registry } from '../../kinds/kind.ts';
import { needsHealthCheck } from '../../kinds/strategies/core/service-validation.ts';
import { canonicalAddress } from '../../meta/address.ts';
import { invalid, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { internalError, invalidObject, serverTimeout } from '../../meta/status.ts';
import type { Key, Outcome, Store, Stored, Write } from '../../store/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import type { Allocating, Allocation } from './allocation.ts';
import { isUnchangedPreferDualStack, setIpFamilies } from './ip-families.ts';
import { NodePorts, setPorts, updatePorts } from './node-ports.ts';
import { addressKey, addressRecord, holderOf, portKey, portRecord, type Holder } from './records.ts';
import type { ServiceRanges } from './service-ranges.ts';
import { joinClusterIps, needsNodePorts, takeOver } from './service-needs.ts';

const SERVICE = { group: '', kind: 'Service' };
const NONE = 'None';
/** Attempts of a delete whose reservations change under it. */
const MAX_ATTEMPTS = 5;

/**
 * Gives Services their addresses and node ports. The store's records are the truth; `taken` is only what writes under
 * way in this process have chosen.
 */
export class ServiceAllocation {
  private taken = new Set<string>();
  /** of a bundle: what its steps have chosen, taken until all of it is written */
  private held: Set<string> | undefined;

  constructor(
    private readonly store: Store,
    private readonly registry: Registry,
    private readonly clock: Clock,
    readonly ranges: ServiceRanges,
    private readonly ports: readonly [number, number],
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * The same for a bundle, whose writes go to `store` first: nobody else is given what it has chosen, until `letGo` is
   * called after the end.
   */
  within(store: Store): { services: ServiceAllocation; letGo(): void } {
    const services = new ServiceAllocation(store, this.registry, this.clock, this.ranges, this.ports, this.random);
    services.taken = this.taken;
    const held = (services.held = new Set<string>());
    return {
      services,
      letGo: () => {
        for (const one of held) this.taken.delete(one);
        held.clear();
      },
    };
  }

  /** Fills in a Service's addresses and ports. Throws 422 for those that are not to be had, 500 where none is left. */
  allocate(op: Allocating, holds: Holdings, service: KubeObject, old: KubeObject | undefined): Allocation {
    const spec = (service['spec'] ??= {}) as ServiceSpec;
    const before = old?.['spec'] as ServiceSpec | undefined;
    if (before) takeOver(spec, before);
    joinClusterIps(spec, before);
    const chosen = new Set<string>();
    try {
      this.refuse(service, setIpFamilies(spec, before));
      this.refuse(service, this.fillIps(spec, before, chosen, op.dryRun));
      this.refuse(service, this.fillPorts(spec, before, chosen, op.dryRun));
    } catch (error) {
      this.giveBack(chosen);
      throw error;
    }
    return this.allocation(op, holds, service, old, chosen);
  }

  /** Deletes an object; its reservations go with it, and what its kind takes along. */
  async commitDelete(op: Allocating, holds: Holdings, write: Write, stored: Stored): Promise<Outcome> {
    const holder = `${stored.namespace}/${stored.name}`;
    const object = stored.object;
    for (let attempt = 1; ; attempt++) {
      const others = [
        ...this.releases(op, holder, holds.addresses(object), holds.nodePorts(object)),
        ...this.takenAlong(op, stored),
      ];
      const done = await this.commitWith(write, others);
      if (done || attempt === MAX_ATTEMPTS) return done ?? this.store.commit(write);
    }
  }

  private refuse(service: KubeObject, errors: FieldError[]): void {
    if (errors.length) throw invalidObject(SERVICE, service.metadata.name, errors);
  }

  private allocation(
    op: Allocating,
    holds: Holdings,
    service: KubeObject,
    old: KubeObject | undefined,
    chosen: Set<string>,
  ): Allocation {
    const { by } = op;
    const before = { ips: old ? holds.addresses(old) : [], ports: old ? holds.nodePorts(old) : [] };
    return {
      commit: async (write) => {
        const holder: Holder = { namespace: op.target.namespace, name: service.metadata.name };
        const [ips, ports] = [holds.addresses(service), holds.nodePorts(service)];
        const creates = [
          ...ips
            .filter((ip) => !before.ips.includes(ip))
            .map((ip) => addressRecord(this.registry, ip, holder, by, this.clock.now())),
          ...ports.filter((port) => !before.ports.includes(port)).map((port) => portRecord(port, holder, by)),
        ];
        const who = `${holder.namespace}/${holder.name}`;
        const gone = this.releases(
          op,
          who,
          before.ips.filter((ip) => !ips.includes(ip)),
          before.ports.filter((port) => !ports.includes(port)),
        );
        const done = await this.commitWith(write, [...creates, ...gone]);
        // another process took it between our look and our write
        if (!done) throw serverTimeout({ group: '', resource: 'services' }, write.type, 1);
        return done;
      },
      release: () => this.giveBack(chosen),
    };
  }

  private giveBack(chosen: ReadonlySet<string>): void {
    if (this.held) return;
    for (const one of chosen) this.taken.delete(one);
  }

  /** Undefined: a reservation is not as expected; the caller looks again. */
  private async commitWith(write: Write, reservations: Write[]): Promise<Outcome | undefined> {
    if (reservations.length === 0) return this.store.commit(write);
    const done = await this.store.commitAll([write, ...reservations]);
    if (done.ok) return { ok: true, stored: done.stored[0]! };
    return done.index === 0 ? done.outcome : (await this.store.fresh(), undefined);
  }

  private releases(op: Allocating, holder: string, ips: string[], ports: number[]): Write[] {
    return [...ips.map(addressKey), ...ports.map(portKey)].flatMap((key): Write[] => {
      const record = this.store.get(key);
      return record && holderOf(record) === holder
        ? [{ ...key, by: op.by, type: 'delete', expect: record.revision }]
        : [];
    });
  }

  private takenAlong(op: Allocating, { namespace, name }: Stored): Write[] {
    const resource = op.target.kind.storage.strategy.takesAlong;
    const other = resource ? this.store.get({ resource, namespace, name }) : undefined;
    if (!resource || !other || other.object.metadata.finalizers?.length) return [];
    return [{ resource, namespace, name, by: op.by, type: 'delete', expect: other.revision }];
  }

  private isFree(key: Key): boolean {
    const one = `${key.resource}/${key.name}`;
    return (!this.taken.has(one) || this.held?.has(one) === true) && !this.store.get(key);
  }

  private take(key: Key, chosen: Set<string>): void {
    const one = `${key.resource}/${key.name}`;
    this.taken.add(one);
    this.held?.add(one);
    chosen.add(one);
  }

  /** Addresses come with the Service, or when it is no alias any more; after that they stay. */
  private fillIps(spec: ServiceSpec, old: ServiceSpec | undefined, chosen: Set<string>, dryRun: boolean): FieldError[] {
    if (spec.type === 'ExternalName' || spec.clusterIPs?.[0] === NONE) return [];
    if (old && (old.type !== 'ExternalName' || isUnchangedPreferDualStack(spec, old))) return [];
    const ips = [...(spec.clusterIPs ?? [])];
    for (const i of (spec.ipFamilies ?? []).keys()) {
      const asked = ips[i];
      const why = asked ? this.reserve(asked, chosen, dryRun) : undefined;
      if (why) return [invalid('spec.clusterIPs', spec.clusterIPs, `failed to allocate IP ${asked}: ${why}`)];
      ips[i] = asked || this.draw(chosen, dryRun);
    }
    spec.clusterIPs = ips;
    if (ips[0]) spec.clusterIP = ips[0];
    return [];
  }

  /** Why an address is not to be had; a dry run does not look at who has it. */
  private reserve(asked: string, chosen: Set<string>, dryRun: boolean): string | undefined {
    const ip = canonicalAddress(asked);
    const range = this.ranges.rangeOf(ip);
    if (dryRun) {
      // the dry run asks some range, not the one that the address would be of
      const some = range ?? this.ranges.ready()[0] ?? this.ranges.configured;
      return some.contains(ip)
        ? undefined
        : `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${some.cidr}`;
    }
    if (!range) return 'the provided network does not match the current range';
    if (!this.isFree(addressKey(ip))) return 'provided IP is already allocated';
    this.take(addressKey(ip), chosen);
    return undefined;
  }

  /** A dry run takes none, and answers with the range's first address. */
  private draw(chosen: Set<string>, dryRun: boolean): string {
    for (const range of this.ranges.ready()) {
      if (dryRun) return range.network;
      const ip = range.pick((one) => this.isFree(addressKey(one)), this.random);
      if (!ip) continue;
      this.take(addressKey(ip), chosen);
      return ip;
    }
    throw internalError('failed to allocate a serviceIP: range is full');
  }

  private fillPorts(
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
    chosen: Set<string>,
    dryRun: boolean,
  ): FieldError[] {
    const ports = new NodePorts(
      this.ports,
      dryRun,
      (port) => this.isFree(portKey(port)),
      (port) => this.take(portKey(port), chosen),
      this.random,
    );
    const wrong = needsNodePorts(spec) ? (old ? updatePorts(spec, old, ports) : setPorts(spec, ports)) : undefined;
    if (wrong) return [wrong];
    if (!needsHealthCheck(spec) || (old && needsHealthCheck(old))) return [];
    const asked = spec.healthCheckNodePort;
    if (!asked) {
      spec.healthCheckNodePort = ports.next('HealthCheck NodePort 0');
      return [];
    }
    const why = ports.allocate(asked);
    if (why) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
    return [];
  }
}
