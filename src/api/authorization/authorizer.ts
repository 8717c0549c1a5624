import type { Store } from '../../store/contract.ts';
import type { StatusError } from '../../meta/status.ts';
import { annotateDecision } from '../audit/decision.ts';
import type { Attributes, RequestContext, Target, User } from '../contract.ts';
import { attributesOf, forbiddenError, isResourceRequest } from './attributes.ts';
import { NodeAuthorizer, nodeNameOf } from './node-authorizer.ts';
import { Rbac, subjectsOf, userSubject, type Decision, type Lessened } from './rbac.ts';

export const MASTERS = 'system:masters';
const NODES: Lessened = new Set(['g:system:nodes']);
const ALLOWED: Decision = { allowed: true, reason: '' };

/** Privileged group, then nodes, then RBAC; the first that allows decides. */
export class Authorizer {
  readonly rbac: Rbac;
  private readonly nodes: NodeAuthorizer;

  constructor(
    store: Store,
    private readonly enabled: boolean,
  ) {
    this.rbac = new Rbac(store);
    this.nodes = new NodeAuthorizer(store);
  }

  decide(user: User, attributes: Attributes): Decision {
    if (!this.enabled || user.groups.includes(MASTERS)) return ALLOWED;
    const node = nodeNameOf(user);
    let reason = '';
    if (node !== undefined && isResourceRequest(attributes)) {
      const decision = this.nodes.decide(node, attributes);
      if (decision.allowed) return decision;
      reason = decision.reason;
    }
    const rbac = this.rbac.decide(user, attributes);
    return rbac.allowed || !reason
      ? rbac
      : { allowed: false, reason: [reason, rbac.reason].filter(Boolean).join('\n') };
  }

  /** Throws 403 with the words of Kubernetes. */
  require(ctx: RequestContext, verb: string, target: Target): void {
    this.requireAttributes(ctx, attributesOf(verb, target));
  }

  /** The same for what is known already of the request. */
  requireAttributes({ user, audit }: RequestContext, attributes: Attributes): void {
    const decision = this.decide(user, attributes);
    annotateDecision(audit, decision);
    if (!decision.allowed) throw forbiddenError(user, attributes, decision.reason);
  }

  /** The 403 that a request is refused with; undefined where it is allowed. */
  refusal(user: User, attributes: Attributes): StatusError | undefined {
    const { allowed, reason } = this.decide(user, attributes);
    return allowed ? undefined : forbiddenError(user, attributes, reason);
  }

  /** Whose changes can take rights from a user: nobody's from who may everything. */
  dependsOn(user: User): string[] {
    return !this.enabled || user.groups.includes(MASTERS) ? [] : subjectsOf(user);
  }

  /** Another after each change of what bindings give the user; the same always for who may everything. */
  rightsVersion(user: User): string {
    return !this.enabled || user.groups.includes(MASTERS) ? '' : this.rbac.versionFor(user);
  }

  /** Calls back after each change by which what nodes' pods lead to may have become less. */
  onNodesLessened(listener: (subjects: Lessened) => void): void {
    this.nodes.graph.onLessened((node) =>
      listener(node === undefined ? NODES : new Set([userSubject(`system:node:${node}`)])),
    );
  }

  close(): void {
    this.rbac.close();
    this.nodes.close();
  }
}
