import type { CustomResourceDefinition, CustomResourceDefinitionNames as Names } from '../../../schema/types.ts';

/** What is known of one definition. */
interface Known {
  group: string;
  accepted: Names | undefined;
  /** not all the names that it wants are its own */
  waits: boolean;
}

/**
 * The names that definitions have, group by group: what each of a thousand is judged by, without a look at the others.
 */
export class GroupNames {
  private readonly known = new Map<string, Known>();
  private readonly groups = new Map<string, Map<string, Known>>();

  put({ metadata: { name = '' }, spec, status }: CustomResourceDefinition): void {
    const { group } = spec;
    const waits = status?.conditions?.find((c) => c.type === 'NamesAccepted')?.status !== 'True';
    const one = { group, accepted: status?.acceptedNames, waits };
    this.known.set(name, one);
    let members = this.groups.get(group);
    if (!members) this.groups.set(group, (members = new Map()));
    members.set(name, one);
  }

  /** Answers the definitions that may have what this one had. */
  remove(name: string): string[] {
    const members = this.membersWith(name);
    const group = this.known.get(name)?.group ?? '';
    this.known.delete(name);
    members.delete(name);
    if (members.size === 0) this.groups.delete(group);
    return [...members].flatMap(([other, { waits }]) => (waits ? other : []));
  }

  /** The names that others of a definition's group have. */
  others(name: string): Names[] {
    return [...this.membersWith(name)].flatMap(([other, { accepted }]) => (other !== name && accepted ? accepted : []));
  }

  private membersWith(name: string): Map<string, Known> {
    return this.groups.get(this.known.get(name)?.group ?? '') ?? new Map<string, Known>();
  }
}
