import type { ResourceAttributes } from '../../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../../api/contract.ts';

/** ms between two looks at whether rights have changed */
export const LOOK_MS = 500;
/** Decisions that are remembered: what is decided again after them is recorded again. */
const MAX_KNOWN = 5_000;

type Decision = ReturnType<Api['authorize']>;

/**
 * The rights by which one document's relations are read, again and again. Each edge is decided on anew whenever it is
 * read, and told to the audit log once, as a watch is.
 */
export class EdgeRights {
  private readonly known = new Map<string, { attributes: ResourceAttributes; allowed: boolean }>();
  private version: string;

  constructor(
    private readonly api: Api,
    private readonly request: RequestContext,
  ) {
    this.version = api.rightsVersion(request.user);
  }

  readonly decide = (attributes: ResourceAttributes): Decision => {
    const { api, request, known } = this;
    const key = JSON.stringify(attributes);
    const before = known.get(key);
    const decision = before ? api.authorize(request.user, attributes) : api.authorizeRead(request, attributes);
    if (before) return decision;
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, { attributes, allowed: decision.allowed });
    return decision;
  };

  /** Whether the caller may read something that it could not when this was asked last, or the other way round. */
  get haveChanged(): boolean {
    const { api, request } = this;
    const version = api.rightsVersion(request.user);
    let changed = version !== this.version;
    this.version = version;
    // what a node may read follows its pods, of which the version knows nothing
    if (request.user.groups.includes('system:nodes'))
      for (const one of this.known.values()) {
        const { allowed } = api.authorize(request.user, one.attributes);
        changed ||= allowed !== one.allowed;
        one.allowed = allowed;
      }
    return changed;
  }
}
