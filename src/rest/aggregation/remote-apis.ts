import { goTransportError } from '../../api/webhooks/transport-error.ts';
import type { Api, RemotePlace, RemoteReader, RequestContext, User } from '../../api/contract.ts';
import { objectAs } from '../../api/object-as.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Status } from '../../meta/status.ts';
import { isStatusError, serviceUnavailable, StatusError } from '../../meta/status.ts';
import { formatTime } from '../../meta/time.ts';
import type { Answer } from '../../rules/http/answer-to.ts';
import type { Stored } from '../../store/contract.ts';
import { aggregatedResources, type AggregatedGroup, type AggregatedResource } from '../discovery/aggregated.ts';
import type { ApiGroup } from '../discovery/discovery.ts';
import type { RemoteGroup } from '../discovery/in-order.ts';
import { AVAILABLE, failedCheck, whyUnreachable, type Availability } from './availability.ts';
import type { FrontProxyAgents } from './front-proxy-agents.ts';
import { API_SERVICES, endpointOf, idOf, remoteOf, type RemoteSpec } from './locate.ts';
import { readRemote, type RemoteRequest } from './read-remote.ts';
import { readResources } from './read-resources.ts';
import { MAX_INDEX_BYTES, RemoteDocuments } from './remote-documents.ts';
import { RemoteTable } from './remote-table.ts';

/** How often it is looked whether an API server is to be asked again, and when it is: one that answered, one that did not. */
const LOOK_MS = 1000;
const GOOD_MS = 30_000;
const BAD_MS = 5000;
/** ms for the answer of a check, and of a read */
const CHECK_TIMEOUT_MS = 5000;
const READ_TIMEOUT_MS = 30_000;
const DOCUMENT_TIMEOUT_MS = 60_000;
/** Bytes of an answer that is kept whole: the metrics of a large cluster are some megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** As the aggregator asks by itself. */
const AGGREGATOR: User = { name: 'system:kube-aggregator', groups: ['system:masters'] };
/** As it asks what they say of what they serve. */
const READER: User = { name: 'system:aggregator', groups: [] };
const SYSTEM: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

interface Known {
  /** what it depends on, as it was at the check: the APIService, and whether it can be reached */
  seen: string;
  /** ms, at which it is checked again */
  due: number;
  /** what it serves; undefined until it has said so once */
  resources?: AggregatedResource[] | undefined;
  current: boolean;
}

/**
 * The API servers beside this one: asked now and then whether they answer, which becomes the Available condition of their
 * APIService, and what they serve, which becomes a part of discovery.
 */
export class RemoteApis implements RemoteReader {
  /** by `group/version`; as many as there are APIServices */
  private readonly known = new Map<string, Known>();
  private readonly checking = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private readonly table: RemoteTable;
  readonly documents: RemoteDocuments;

  constructor(
    private readonly api: Api,
    private readonly agents: FrontProxyAgents,
    private readonly now: () => number,
    private readonly log: (line: string) => void,
  ) {
    this.table = new RemoteTable(api);
    this.documents = new RemoteDocuments(
      (spec, path, ifNoneMatch, most) =>
        this.ask(spec, READER, { path, timeoutMs: DOCUMENT_TIMEOUT_MS, most, ifNoneMatch }),
      () => this.served(),
      now,
      log,
    );
  }

  /** Whether anything is served by others: where not, nothing is looked for. */
  get any(): boolean {
    return this.table.size > 0;
  }

  /** Versions of a group that other servers answer for, the preferred one first. */
  versions(group: string): string[] {
    return this.table.all().flatMap(({ spec }) => (spec.group === group ? [spec.version] : []));
  }

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.table.close();
  }

  /** Checks those whose time has come, or of which something has changed. */
  look(): void {
    const specs = this.table.all();
    if (specs.length === 0 && this.known.size === 0) return;
    const there = new Set(specs.map(({ spec }) => idOf(spec)));
    for (const id of this.known.keys()) if (!there.has(id)) this.known.delete(id);
    for (const { spec, stored } of specs) {
      const id = idOf(spec);
      const why = whyUnreachable(this.api, spec);
      const seen = `${JSON.stringify(spec)} ${why?.reason}`;
      const known = this.known.get(id);
      if (this.checking.has(id) || (known?.seen === seen && known.due > this.now())) continue;
      this.checking.add(id);
      this.check(spec, stored, seen, why)
        .catch((error: unknown) => this.log(`aggregation: ${id}: ${errorMessage(error)}`))
        .finally(() => this.checking.delete(id));
    }
    this.documents.look((id) => this.known.get(id)?.current === true);
  }

  /** Groups for /apis: those that only others serve. */
  groups(): RemoteGroup<ApiGroup>[] {
    return this.byGroup().flatMap(({ name, priority, specs }) => {
      const versions = specs.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
      const [preferredVersion] = versions;
      return preferredVersion ? [{ priority, group: { name, versions, preferredVersion } }] : [];
    });
  }

  /** The same for the aggregated document, with what each serves. */
  aggregated(): RemoteGroup<AggregatedGroup>[] {
    return this.byGroup().map(({ name, priority, specs }) => {
      const versions = specs.map((spec) => {
        const { resources = [], current = false } = this.known.get(idOf(spec)) ?? {};
        return {
          version: spec.version,
          resources,
          freshness: current ? ('Current' as const) : ('Stale' as const),
        };
      });
      return { priority, group: { metadata: { name }, versions } };
    });
  }

  /** Undefined where nobody beside this server serves the group. Rejects with the Status that is answered instead. */
  async read(
    user: User,
    { group, version, resource, namespace, name, subresource = '', query }: RemotePlace,
  ): Promise<unknown> {
    const spec = version
      ? remoteOf(this.api, group, version)
      : this.table.all().find((each) => each.spec.group === group)?.spec;
    if (!spec) return undefined;
    const parts = [
      'apis',
      group,
      spec.version,
      ...(namespace ? ['namespaces', namespace] : []),
      resource,
      name,
      subresource,
    ];
    const path = `/${parts
      .filter((part) => part !== '')
      .map(encodeURIComponent)
      .join('/')}`;
    const text = new URLSearchParams(query).toString();
    const { code, body } = await this.ask(spec, user, {
      path: text ? `${path}?${text}` : path,
      timeoutMs: READ_TIMEOUT_MS,
      most: MAX_BYTES,
    }).catch((error: unknown) => {
      throw isStatusError(error) ? error : serviceUnavailable(errorMessage(error));
    });
    const answer = parsed(body);
    if (code >= 200 && code < 300 && answer) return answer;
    const status: Partial<Status> | undefined = answer?.['kind'] === 'Status' ? answer : undefined;
    if (status?.message) throw new StatusError({ reason: '', ...status, message: status.message, code });
    throw serviceUnavailable(`${spec.service.name} answered ${code}`);
  }

  /** Those whose group and version this server has not itself. */
  private served(): RemoteSpec[] {
    const own = new Set(
      this.api.registry.groups().flatMap(({ group, versions }) => versions.map((version) => `${group}/${version}`)),
    );
    return this.table.all().flatMap(({ spec }) => (own.has(idOf(spec)) ? [] : spec));
  }

  private byGroup(): { name: string; priority: number; specs: RemoteSpec[] }[] {
    const groups = new Map<string, RemoteSpec[]>();
    for (const { spec } of this.table.all()) {
      // what has not been asked yet is not worth a client's warning that it is stale
      if (!this.known.has(idOf(spec)) || this.api.registry.groups().some(({ group }) => group === spec.group)) continue;
      groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
    }
    // the first has the highest priority of its group, and all of it have that
    return [...groups].map(([name, specs]) => ({ name, priority: specs[0]?.groupPriorityMinimum ?? 0, specs }));
  }

  private async check(spec: RemoteSpec, stored: Stored, seen: string, why: Availability | undefined): Promise<void> {
    const id = idOf(spec);
    let found = why ?? AVAILABLE;
    let { resources } = this.known.get(id) ?? {};
    if (!why) {
      const path = `/apis/${id}`;
      try {
        const { code, body } = await this.ask(spec, AGGREGATOR, {
          path,
          timeoutMs: CHECK_TIMEOUT_MS,
          most: MAX_INDEX_BYTES,
        });
        if (code < 200 || code > 299) found = failedCheck(`bad status from ${path}: ${code}`);
        else resources = aggregatedResources(readResources(parsed(body)?.['resources']), spec);
      } catch (error) {
        found = failedCheck(`failing or missing response from ${path}: ${goTransportError(error as Error)}`);
      }
    }
    const current = found === AVAILABLE;
    await this.write(stored, found);
    this.known.set(id, { seen, due: this.now() + (current ? GOOD_MS : BAD_MS), resources, current });
  }

  private async ask(spec: RemoteSpec, user: User, request: RemoteRequest): Promise<Answer> {
    const endpoint = endpointOf(this.api, spec);
    if (!endpoint) throw serviceUnavailable('service unavailable');
    const host = await this.api.locate(endpoint.host, endpoint.port);
    return readRemote(this.agents, spec, { host, port: endpoint.port }, user, request);
  }

  private async write(stored: Stored, found: Availability): Promise<void> {
    const object = objectAs(API_SERVICES, stored);
    const { status, metadata } = object;
    const conditions = status?.conditions ?? [];
    const before = conditions.find(({ type }) => type === 'Available');
    if (before?.status === found.status && before.reason === found.reason && before.message === found.message) return;
    const kind = this.api.registry.preferred(API_SERVICES);
    if (!kind) return;
    const since = before?.status === found.status ? before.lastTransitionTime : undefined;
    const condition = { type: 'Available', lastTransitionTime: since ?? formatTime(this.now()), ...found };
    const others = conditions.filter((each) => each !== before);
    const body = { ...object, status: { ...status, conditions: [...others, condition] } };
    const target = { kind, namespace: '', name: metadata.name, subresource: 'status' };
    await this.api
      .update(SYSTEM, target, { object: body }, {})
      .catch((error: unknown) => isStatusError(error, 'NotFound') || Promise.reject(error as Error));
  }
}

function parsed(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
