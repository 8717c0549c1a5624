import { elsewhere, parts, type Decision } from './decision.ts';

const api = (tried: string): Decision => elsewhere('the API and the controllers read it', tried);
const slices = (tried: string): Decision => elsewhere('the controller of endpoint slices reads it', tried);
const routed = (tried: string): Decision => ({ process: 'works', simulated: 'nothing is routed', tried });
const TABLE = 'test/nodes/network/nftables/nftables-proxy.test.ts';
const HEALTH = 'test/nodes/network/proxy-health.test.ts';
const BINDINGS = 'test/nodes/network/service-bindings.test.ts';

/** The fields of ServiceSpec: what the service proxy of a node does with them. */
export const serviceFields: Readonly<Record<string, Decision>> = {
  'ServiceSpec.allocateLoadBalancerNodePorts': api('test/api/services.test.ts'),
  'ServiceSpec.clusterIP': routed(BINDINGS),
  'ServiceSpec.clusterIPs': routed(BINDINGS),
  'ServiceSpec.externalIPs': routed(BINDINGS),
  'ServiceSpec.externalName': elsewhere('DNS answers with it', 'test/addons/dns/records.test.ts'),
  'ServiceSpec.externalTrafficPolicy': routed(TABLE),
  'ServiceSpec.healthCheckNodePort': routed(HEALTH),
  'ServiceSpec.internalTrafficPolicy': routed(TABLE),
  'ServiceSpec.ipFamilies': api('test/api/services.test.ts'),
  'ServiceSpec.ipFamilyPolicy': api('test/api/services.test.ts'),
  'ServiceSpec.loadBalancerClass': api('test/addons/cloud/service.test.ts'),
  'ServiceSpec.loadBalancerIP': api('test/addons/cloud/service.test.ts'),
  'ServiceSpec.loadBalancerSourceRanges': routed(TABLE),
  'ServiceSpec.ports': parts,
  'ServiceSpec.publishNotReadyAddresses': slices('test/reconcilers/services.test.ts'),
  'ServiceSpec.selector': slices('test/reconcilers/services.test.ts'),
  'ServiceSpec.sessionAffinity': routed(TABLE),
  'ServiceSpec.sessionAffinityConfig': parts,
  'SessionAffinityConfig.clientIP': parts,
  'ClientIPConfig.timeoutSeconds': routed(TABLE),
  'ServiceSpec.trafficDistribution': elsewhere(
    'the controller of endpoint slices gives hints',
    'test/reconcilers/services.test.ts',
  ),
  'ServiceSpec.type': routed(BINDINGS),
  'ServicePort.appProtocol': api('test/reconcilers/services.test.ts'),
  'ServicePort.name': routed(BINDINGS),
  'ServicePort.nodePort': routed(BINDINGS),
  'ServicePort.port': routed(BINDINGS),
  'ServicePort.protocol': routed(BINDINGS),
  'ServicePort.targetPort': slices('test/reconcilers/services.test.ts'),
};
