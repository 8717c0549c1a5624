import { elsewhere, parts, seen, type Decision } from './decision.ts';
import { observeService, type TrialService } from './observe-service.ts';

const api = (tried: string): Decision => elsewhere('the API and the controllers read it', tried);
const slices = (tried: string): Decision => elsewhere('the controller of endpoint slices reads it', tried);
const NO_ROUTE = 'nothing is routed';
const routed = (having: TrialService, without: TrialService = {}): Decision => ({
  process: 'works',
  simulated: NO_ROUTE,
  tried: seen(observeService, having, without),
});
const sticky = { sessionAffinity: 'ClientIP' as const };

/** The fields of ServiceSpec: what the service proxy of a node does with them. */
export const serviceFields: Readonly<Record<string, Decision>> = {
  'ServiceSpec.allocateLoadBalancerNodePorts': api('test/api/services.test.ts'),
  'ServiceSpec.clusterIP': routed({ clusterIP: '10.96.0.8' }),
  'ServiceSpec.clusterIPs': routed({ clusterIPs: ['10.96.0.8'] }),
  'ServiceSpec.externalIPs': routed({ externalIPs: ['198.51.100.1'] }),
  'ServiceSpec.externalName': elsewhere('DNS answers with it', 'test/addons/dns/records.test.ts'),
  'ServiceSpec.externalTrafficPolicy': routed({ externalTrafficPolicy: 'Local' }),
  'ServiceSpec.healthCheckNodePort': {
    process: 'works',
    simulated: NO_ROUTE,
    tried: 'test/nodes/network/proxy-health.test.ts',
  },
  'ServiceSpec.internalTrafficPolicy': routed({ internalTrafficPolicy: 'Local' }),
  'ServiceSpec.ipFamilies': api('test/api/services.test.ts'),
  'ServiceSpec.ipFamilyPolicy': api('test/api/services.test.ts'),
  'ServiceSpec.loadBalancerClass': api('test/addons/cloud/service.test.ts'),
  'ServiceSpec.loadBalancerIP': api('test/addons/cloud/service.test.ts'),
  'ServiceSpec.loadBalancerSourceRanges': routed({ loadBalancerSourceRanges: ['192.0.2.0/24'] }),
  'ServiceSpec.ports': parts,
  'ServiceSpec.publishNotReadyAddresses': routed({ publishNotReadyAddresses: true }),
  'ServiceSpec.selector': slices('test/reconcilers/services.test.ts'),
  'ServiceSpec.sessionAffinity': routed(sticky),
  'ServiceSpec.sessionAffinityConfig': parts,
  'SessionAffinityConfig.clientIP': parts,
  'ClientIPConfig.timeoutSeconds': routed(
    { ...sticky, sessionAffinityConfig: { clientIP: { timeoutSeconds: 7 } } },
    sticky,
  ),
  'ServiceSpec.trafficDistribution': elsewhere(
    'the controller of endpoint slices gives hints',
    'test/reconcilers/services.test.ts',
  ),
  'ServiceSpec.type': routed({ type: 'ClusterIP' }),
  'ServicePort.appProtocol': api('test/reconcilers/services.test.ts'),
  'ServicePort.name': routed({ port: { name: 'other' } }),
  'ServicePort.nodePort': routed({ port: { nodePort: 30080 } }),
  'ServicePort.port': routed({ port: { port: 81 } }),
  'ServicePort.protocol': routed({ port: { protocol: 'UDP' } }),
  'ServicePort.targetPort': slices('test/reconcilers/services.test.ts'),
};
