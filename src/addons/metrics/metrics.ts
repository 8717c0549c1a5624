import type { Addon } from '../addon.ts';
import { AggregatedServer } from '../aggregated-server.ts';
import { KubeletCaller } from './kubelet-caller.ts';
import { ACCOUNT, apiService, manifests, SERVICE } from './manifests.ts';
import { MetricsApi } from './metrics-api.ts';
import { Readings } from './readings.ts';
import { roles } from './roles.ts';
import { RESOLUTION_MS, Scraper } from './scraper.ts';

/**
 * The metrics API (metrics.k8s.io), which `kubectl top` and autoscalers read: what nodes and containers use, as their
 * kubelets say it four times a minute.
 */
export const metrics: Addon = {
  name: 'metrics',
  account: ACCOUNT,
  manifests,
  roles,
  async serve({ client, informers, clock, log, certify }) {
    const nodes = informers.informer('nodes');
    const pods = informers.informer('pods');
    pods.addIndex('node', ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
    const certificate = await certify(SERVICE);
    await Promise.all([nodes.whenSynced(), pods.whenSynced()]);
    const readings = new Readings(RESOLUTION_MS);
    const kubelets = new KubeletCaller(client, clock);
    const scraper = new Scraper({ nodes, pods, kubelets, readings, clock, log });
    const server = new AggregatedServer(new MetricsApi({ nodes, pods, readings, clock }), certificate, log);
    const port = await server.listen();
    scraper.start();
    return {
      service: SERVICE,
      ports: [{ name: 'https', protocol: 'TCP', port }],
      manifests: [apiService(certificate.cert)],
      async stop() {
        scraper.stop();
        kubelets.close();
        await server.close();
      },
    };
  },
};
