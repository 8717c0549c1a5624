import type { Kind, Registry, StrategyContext } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { internalError, StatusError, toldErrors } from '../../meta/status.ts';
import { atOnce } from '../../meta/steps.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { judge } from './judge.ts';
import { Assembly } from './pieces.ts';
import type { FromThread, KindName, ToThread } from './thread.ts';

/** The thread's side: takes the messages of a ValidationThread, and answers each `judge`. */
export function validationServer(registry: Registry, answer: (message: FromThread) => void): (m: ToThread) => void {
  let opened: Extract<ToThread, { type: 'open' }> | undefined;
  let parts = new Map<string, Assembly>();
  const whole = (of: string): KubeObject | undefined => parts.get(of)?.whole as KubeObject | undefined;
  const verdict = (): FromThread => {
    const { kind: name, ctx, labels } = opened!;
    const warnings: string[] = [];
    const sent = whole('sent');
    const context: StrategyContext = {
      ...ctx,
      warn: (text) => warnings.push(text),
      namespaceLabels: () => labels,
      ...(sent && { sent }),
    };
    const { errors, advice } = atOnce(
      judge(kindOf(registry, name), { object: whole('object')!, old: whole('old') }, context),
    );
    return { verdict: { errors: toldErrors(errors), advice }, warnings };
  };
  return (message) => {
    if (message.type === 'open') {
      opened = message;
      parts = new Map();
    } else if (message.type === 'piece') {
      if (message.piece.begins && message.piece.at.length === 0) parts.set(message.of, new Assembly());
      parts.get(message.of)!.add(message.piece);
    } else {
      answer(attempt(verdict));
      parts = new Map();
    }
  };
}

function attempt(verdict: () => FromThread): FromThread {
  try {
    return verdict();
  } catch (error) {
    return { failure: (error instanceof StatusError ? error : internalError(errorMessage(error))).status };
  }
}

function kindOf(registry: Registry, { group, version, resource }: KindName): Kind {
  const kind = registry.byResource(group, version, resource);
  if (!kind) throw new Error(`no kind ${resource} of ${group}/${version}`);
  return kind;
}
