import { elsewhere, parts, type Decision } from './decision.ts';

const API = elsewhere('the API and the controllers read it');
const routed = (tried: string): Decision => ({ process: 'works', simulated: 'nothing is routed', tried });
const TABLE = 'test/nodes/network/nftables/nftables-proxy.test.ts';
const HEALTH = 'test/nodes/network/proxy-health.test.ts';
const BINDINGS = 'test/nodes/network/service-bindings.test.ts';

/** The fields of ServiceSpec: what the service proxy of a node does with them. */
export const serviceFields: Readonly<Record<string, Decision>> = {
  'ServiceSpec.allocateLoadBalancerNodePorts': API,
  'ServiceSpec.clusterIP': routed(BINDINGS),
  'ServiceSpec.clusterIPs': routed(BINDINGS),
  'ServiceSpec.externalIPs': routed(BINDINGS),
  'ServiceSpec.externalName': elsewhere('DNS answers with it'),
  'ServiceSpec.externalTrafficPolicy': routed(TABLE),
  'ServiceSpec.healthCheckNodePort': routed(HEALTH),
  'ServiceSpec.internalTrafficPolicy': routed(TABLE),
  'ServiceSpec.ipFamilies': API,
  'ServiceSpec.ipFamilyPolicy': API,
  'ServiceSpec.loadBalancerClass': API,
  'ServiceSpec.loadBalancerIP': API,
  'ServiceSpec.loadBalancerSourceRanges': routed(TABLE),
  'ServiceSpec.ports': parts,
  'ServiceSpec.publishNotReadyAddresses': elsewhere('the controller of endpoint slices reads it'),
  'ServiceSpec.selector': elsewhere('the controller of endpoint slices reads it'),
  'ServiceSpec.sessionAffinity': routed(TABLE),
  'ServiceSpec.sessionAffinityConfig': parts,
  'SessionAffinityConfig.clientIP': parts,
  'ClientIPConfig.timeoutSeconds': routed(TABLE),
  'ServiceSpec.trafficDistribution': elsewhere('the controller of endpoint slices gives hints'),
  'ServiceSpec.type': routed(BINDINGS),
  'ServicePort.appProtocol': API,
  'ServicePort.name': routed(BINDINGS),
  'ServicePort.nodePort': routed(BINDINGS),
  'ServicePort.port': routed(BINDINGS),
  'ServicePort.protocol': routed(BINDINGS),
  'ServicePort.targetPort': elsewhere('the controller of endpoint slices reads it'),
};
