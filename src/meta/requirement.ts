/** Of a label selector. */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One of a label selector's: what the label `key` must be. */
export interface Requirement {
  key: string;
  operator: LabelOperator;
  values: readonly string[];
}
