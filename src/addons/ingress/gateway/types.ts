import type { LabelSelector } from '../../../../schema/types.ts';
import type { ObjectMeta } from '../../../meta/object.ts';

/** The parts of gateway.networking.k8s.io/v1 that this add-on reads and writes; their definitions are the user's. */
export const GROUP = 'gateway.networking.k8s.io';
/** What a GatewayClass names as its controller when its Gateways are this add-on's. */
export const CONTROLLER = 'ku7s.io/gateway-controller';

export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  observedGeneration?: number;
  lastTransitionTime: string;
}
interface Custom<Spec, Status> {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status;
}

export type GatewayClass = Custom<
  { controllerName: string },
  { conditions?: Condition[]; supportedFeatures?: { name: string }[] }
>;

export interface Listener {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  tls?: { mode?: string; certificateRefs?: Reference[] };
  allowedRoutes?: {
    namespaces?: { from?: 'All' | 'Same' | 'Selector' | 'None'; selector?: LabelSelector };
    kinds?: { group?: string; kind: string }[];
  };
}
export interface ListenerStatus {
  name: string;
  attachedRoutes: number;
  supportedKinds: { group: string; kind: string }[];
  conditions: Condition[];
}
export type Gateway = Custom<
  { gatewayClassName: string; listeners: Listener[] },
  { addresses?: { type: string; value: string }[]; conditions?: Condition[]; listeners?: ListenerStatus[] }
>;

/** Of a Secret, a Service or another object, in the namespace of who refers to it unless it is said. */
export interface Reference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
}
export interface ParentReference extends Reference {
  sectionName?: string;
  port?: number;
}
export interface BackendReference extends Reference {
  port?: number;
  weight?: number;
  filters?: Filter[];
}
interface Matched {
  type?: 'Exact' | 'PathPrefix' | 'RegularExpression';
  value?: string;
}
interface Named extends Matched {
  name: string;
}
export interface Match {
  /** of HTTP a path; of gRPC none */
  path?: Matched;
  headers?: Named[];
  queryParams?: Named[];
  /** of HTTP the method; of gRPC service and method */
  method?: string | { type?: 'Exact' | 'RegularExpression'; service?: string; method?: string };
}
export interface PathModifier {
  type: 'ReplaceFullPath' | 'ReplacePrefixMatch';
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}
export interface HeaderFilter {
  set?: { name: string; value: string }[];
  add?: { name: string; value: string }[];
  remove?: string[];
}
export interface Filter {
  type: string;
  requestHeaderModifier?: HeaderFilter;
  responseHeaderModifier?: HeaderFilter;
  requestRedirect?: { scheme?: string; hostname?: string; port?: number; path?: PathModifier; statusCode?: number };
  urlRewrite?: { hostname?: string; path?: PathModifier };
  requestMirror?: {
    backendRef: BackendReference;
    percent?: number;
    fraction?: { numerator: number; denominator?: number };
  };
}
export interface RouteRule {
  matches?: Match[];
  filters?: Filter[];
  backendRefs?: BackendReference[];
  timeouts?: { request?: string; backendRequest?: string };
}
export interface ParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}
/** HTTPRoute or GRPCRoute. */
export type GatewayRoute = Custom<
  { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: RouteRule[] },
  { parents: ParentStatus[] }
>;
export type RouteKind = 'HTTPRoute' | 'GRPCRoute';

export type ReferenceGrant = Custom<
  {
    from: { group: string; kind: string; namespace: string }[];
    to: { group: string; kind: string; name?: string }[];
  },
  never
>;

export const RESOURCES = {
  classes: `gatewayclasses.${GROUP}`,
  gateways: `gateways.${GROUP}`,
  HTTPRoute: `httproutes.${GROUP}`,
  GRPCRoute: `grpcroutes.${GROUP}`,
  grants: `referencegrants.${GROUP}`,
} as const;
