import type { End } from './ends.ts';
import { leadsToOne } from './forward.ts';

/** What the field of a relation says of it: what its kind has said, or what follows from its form. */
export function endText(end: End): string {
  const { description, relation, forward, declaring, to } = end;
  if (description !== undefined) return description;
  const others = forward ? to.map(({ kind }) => kind).join(' or ') || 'object' : declaring.kind;
  switch (relation.form) {
    case 'selector':
      return forward ? `What its selector takes: ${others}.` : `What selects it: ${others}.`;
    case 'owner':
      return forward ? `What owns it: ${others}.` : `What it owns: ${others}.`;
    default:
      if (!forward) return `What refers to it: ${others}.`;
      return leadsToOne(end) ? `The ${others} that it names.` : `What it names: ${others}.`;
  }
}
