import type { Target } from '../contract.ts';
import { Slice } from '../fairness/turns.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { Views } from './view.ts';
import { ask } from './webhooks/ask.ts';
import type { Call } from './webhooks/audit.ts';
import { webhooksOf, type Configured } from './webhooks/configured.ts';
import { matchedBy } from './webhooks/matched.ts';
import { mutate } from './webhooks/mutate.ts';
import { outcomeOf } from './webhooks/outcome.ts';
import { roundsOf } from './rounds.ts';

const GROUP = 'admissionregistration.k8s.io';
const MUTATING = `mutatingwebhookconfigurations.${GROUP}` as const;
const VALIDATING = `validatingwebhookconfigurations.${GROUP}` as const;
/** What could forbid its own removal is not asked about. */
const handles = ({ kind }: Target): boolean => kind.group !== GROUP;

/** Runs a call to its end. Throws what the client is told where it is not to go on; undefined for a failure that is no matter. */
async function settled<T>(request: AdmissionRequest, call: Call, run: () => Promise<T>): Promise<T | undefined> {
  const began = performance.now();
  try {
    const value = await run();
    outcomeOf(request, call, performance.now() - began, undefined);
    return value;
  } catch (error) {
    const told = outcomeOf(request, call, performance.now() - began, error);
    if (told !== undefined) throw told as Error;
    return undefined;
  }
}

const idOf = ({ configuration, webhook }: Configured, index: number): string =>
  `${configuration}/${webhook.name}/${index}`;

async function askToChange(request: AdmissionRequest, webhooks: readonly Configured[]): Promise<void> {
  const { rounds, reinvocation } = roundsOf(request, mutatingAdmissionWebhook.name);
  const { begun } = reinvocation;
  rounds.begin(reinvocation, request.object);
  const views = new Views(request);
  const slice = new Slice();
  for (const [index, configured] of webhooks.entries()) {
    if (slice.over) await slice.next();
    const id = idOf(configured, index);
    const matched = await matchedBy(configured.webhook, request, views, true);
    if (!matched || (begun && !rounds.isAskedAgain(id))) continue;
    const call: Call = { ...configured, matched, mutating: true, round: begun ? 1 : 0, index };
    if (await settled(request, call, () => mutate(call, request, views))) {
      rounds.changed();
      reinvocation.needed = true;
    }
    if (configured.webhook.reinvocationPolicy === 'IfNeeded') rounds.wasAsked(id);
  }
  if (!begun) rounds.end(request.object);
}

async function askToAllow(request: AdmissionRequest, webhooks: readonly Configured[]): Promise<void> {
  const views = new Views(request);
  const slice = new Slice();
  const calls: Call[] = [];
  for (const configured of webhooks) {
    if (slice.over) await slice.next();
    const matched = await matchedBy(configured.webhook, request, views, false);
    if (matched) calls.push({ ...configured, matched, mutating: false, round: 0, index: calls.length });
  }
  const refused: unknown[] = [];
  await Promise.all(
    calls.map(async (call) => {
      const view = await views.of(call.matched);
      await settled(request, call, () => ask(call, request, view)).catch((error: unknown) => refused.push(error));
    }),
  );
  if (refused.length) throw refused[0] as Error;
}

/** Programs outside that may change what is written, one after the other. */
export const mutatingAdmissionWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  handles,
  // at once where there are none: a promise would be a turn of the microtasks for every write
  admit(request) {
    const webhooks = webhooksOf(request.store, MUTATING);
    return webhooks.length ? askToChange(request, webhooks) : undefined;
  },
};

/** Programs outside that may refuse a write: all at once; the first that refuses is told. */
export const validatingAdmissionWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  handles,
  validate(request) {
    const webhooks = webhooksOf(request.store, VALIDATING);
    return webhooks.length ? askToAllow(request, webhooks) : undefined;
  },
};
