import { applySchemaDefaults } from '../../kinds/defaults.ts';
import { fromStorage, toStorage } from '../../kinds/encode.ts';
import { normalizeObject } from '../../kinds/normalize.ts';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { internalError } from '../../meta/status.ts';
import { convertObjects } from '../conversion/convert.ts';
import { hasWebhook } from '../conversion/stored-version.ts';
import type { Matched } from './matching/rules.ts';
import { bodyOf, type AdmissionRequest } from './plugin.ts';

/** The objects of a request as those see them who are asked about it in one version. */
export interface View {
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
}

type Whole = KubeObject | null;

/** By a conversion webhook, where a kind has one. Throws 500. */
async function converted(request: AdmissionRequest, object: KubeObject, apiVersion: string): Promise<KubeObject> {
  try {
    const [made] = await convertObjects(request, request.target.kind, [object], apiVersion);
    return made ?? object;
  } catch (error) {
    throw internalError((error as Error).message);
  }
}

const goForm = (body: Kind, { kind, apiVersion, ...rest }: KubeObject): KubeObject =>
  ({ kind, apiVersion, ...normalizeObject(body.schema, rest as KubeObject, false) }) as KubeObject;

function seenAs(request: AdmissionRequest, body: Kind, object: KubeObject | undefined): Whole | Promise<Whole> {
  if (!object) return null;
  if (request.shown) return request.shown.of(object);
  const own = bodyOf(request);
  if (body === own || !hasWebhook(request.target.kind)) {
    const whole = fromStorage(body, object);
    // what is not stored yet has what its author wrote: others are shown what Go would write
    return body.custom || body.convert || object === request.old ? whole : goForm(body, whole);
  }
  return converted(request, fromStorage(own, object), apiVersionOf(body));
}

/** What those who are asked about a request see of it: in each version it is made once, until it changes. */
export class Views {
  private readonly views = new Map<Kind, Promise<View>>();
  private readonly olds = new Map<Kind, Promise<Whole> | Whole>();

  constructor(private readonly request: AdmissionRequest) {}

  /** The same one for all who ask in one version. Throws 500 where a conversion webhook fails. */
  of({ body }: Matched): Promise<View> {
    let view = this.views.get(body);
    if (!view) this.views.set(body, (view = this.make(body)));
    return view;
  }

  private async make(body: Kind): Promise<View> {
    const { request, olds } = this;
    let old = olds.get(body);
    if (old === undefined) olds.set(body, (old = seenAs(request, body, request.old)));
    return { oldObject: await old, object: await seenAs(request, body, request.object) };
  }

  /** Puts what one of them made of the object in the place of the one that the pipeline holds. Changes `made`. */
  async take({ body }: Matched, made: KubeObject): Promise<void> {
    const { request } = this;
    this.views.clear();
    const object = request.object as KubeObject;
    if (request.shown) return request.shown.into(object, made);
    applySchemaDefaults(body.schema, made, body.custom);
    body.storage.strategy.defaults?.(made);
    const own = bodyOf(request);
    const back =
      body === own || !hasWebhook(request.target.kind)
        ? toStorage(body, made)
        : toStorage(own, await converted(request, made, apiVersionOf(own)));
    for (const key of Object.keys(object)) if (!(key in back)) delete object[key];
    Object.assign(object, back);
  }
}
