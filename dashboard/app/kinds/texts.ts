/** Texts of what many kinds have. */

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

const OPERATORS: Readonly<Record<string, string>> = { In: 'in', NotIn: 'notin' };

/** A selector as kubectl writes it; one without conditions chooses all. */
export function selectorText(selector: LabelSelector | undefined, all = 'all'): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const conditions = [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${OPERATORS[operator] ?? operator} (${values.join(', ')})`;
    }),
  ];
  return conditions.join(', ') || all;
}

/** Several of a list, one after the other. */
export const joined = (values: readonly unknown[] | undefined): string => (values ?? []).map(String).join(', ');

/** What is there, and nothing for what is not. */
export const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

/** Amounts by their names: `cpu=2, memory=1Gi`. */
export const amounts = (of: Record<string, unknown> | undefined): string =>
  Object.entries(of ?? {})
    .map(([name, amount]) => `${name}=${String(amount)}`)
    .join(', ');
