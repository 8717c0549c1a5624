import type { Client } from '../../client/contract.ts';
import { unlessGone } from '../../control/conflict.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { NAMESPACE, type Addon } from '../addon.ts';
import { AggregatedServer } from '../aggregated-server.ts';
import { Reach } from '../reach.ts';
import { CustomMetricsApi } from './custom-metrics-api.ts';
import { fetchMetrics } from './fetch-metrics.ts';
import { ACCOUNT, apiServices, manifests, RULES, SERVICE } from './manifests.ts';
import { monitoredTargets } from './monitors.ts';
import { PodScraper } from './pod-scraper.ts';
import { roles } from './roles.ts';
import { parseRules, type Rule } from './rules.ts';
import { Samples } from './samples.ts';

/**
 * The custom and the external metrics API, which autoscalers read: of what pods say of themselves in the format of
 * Prometheus, four times a minute.
 */
export const customMetrics: Addon = {
  name: 'custom-metrics',
  account: ACCOUNT,
  manifests,
  roles,
  async serve({ client, informers, machine, clock, log, certify }) {
    const pods = informers.informer('pods');
    const services = informers.informer('services');
    const slices = informers.informer('endpointslices.discovery.k8s.io');
    const serviceCIDRs = informers.informer('servicecidrs.networking.k8s.io');
    const reach = new Reach({ machine, slices, serviceCIDRs, pods: () => pods });
    const slicesOf = reach.slicesOf.bind(reach);
    const certificate = await certify(SERVICE);
    await Promise.all([pods, services, slices, serviceCIDRs].map((informer) => informer.whenSynced()));
    const samples = new Samples();
    const kinds = new Kinds(client);
    const rules = rulesReader(client);
    const scraper = new PodScraper({
      pods,
      samples,
      async readRules() {
        await kinds.read();
        return rules();
      },
      monitored: () => monitoredTargets({ client, pods, services, slicesOf }),
      allowed: (address, port) => reach.allowed(address, port),
      fetch: fetchMetrics,
      clock,
      log,
    });
    const api = new CustomMetricsApi({ samples, pods, kindOf: (resource) => kinds.of(resource) });
    const server = new AggregatedServer(api, certificate, log);
    const port = await server.listen();
    scraper.start();
    return {
      service: SERVICE,
      ports: [{ name: 'https', protocol: 'TCP', port }],
      manifests: apiServices(certificate.cert),
      async stop() {
        scraper.stop();
        await server.close();
      },
    };
  },
};

/** The rules of the ConfigMap, where they have changed since; what is wrong with them is thrown, and the old ones go on. */
function rulesReader(client: Client): () => Promise<readonly Rule[] | undefined> {
  let last: string | undefined;
  return async () => {
    const found = await unlessGone(client.get('configmaps', NAMESPACE, RULES));
    const text = found?.data?.['rules.yaml'] ?? '';
    if (text === last) return undefined;
    const rules = parseRules(text);
    last = text;
    return rules;
  };
}

/** Which kind a resource has. */
class Kinds {
  private known = new Map<string, { kind: string; apiVersion: string }>();

  constructor(private readonly client: Client) {}

  async read(): Promise<void> {
    const all = await this.client.resources();
    this.known = new Map(
      all.map(({ resource, group, version, kind }) => [
        resource,
        { kind, apiVersion: apiVersionOf({ group, version }) },
      ]),
    );
  }

  of(resource: string): { kind: string; apiVersion: string } | undefined {
    return this.known.get(resource);
  }
}
